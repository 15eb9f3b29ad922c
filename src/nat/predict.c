/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/predict.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define PREFIX "x-nat=1:"
#define SPREAD_MAX ((WZP_PREDICT_MAX - 1) / 2)

/* Inserts a port; keeps out sorted and without duplicates. */
static size_t insert(uint16_t *out, size_t count, uint16_t port)
{
    size_t at = 0;
    while (at < count && out[at] < port)
        at++;
    if (port == 0 || (at < count && out[at] == port))
        return count;
    memmove(out + at + 1, out + at, (count - at) * sizeof *out);
    out[at] = port;
    return count + 1;
}

size_t wzp_predict_ports(uint16_t *out, uint16_t last, int delta, unsigned offset, unsigned spread)
{
    size_t count = 0;
    if (spread > SPREAD_MAX)
        spread = SPREAD_MAX;
    int64_t middle = last + (int64_t)delta * ((int64_t)offset + 1);
    for (int step = -(int)spread; step <= (int)spread; step++)
        count = insert(out, count, (uint16_t)(middle + (int64_t)delta * step));
    return count;
}

void wzp_nat_hint_from(struct wzp_nat_hint *out, const struct wzp_nat_behaviour *behaviour,
                       bool birthday)
{
    memset(out, 0, sizeof *out);
    out->known = behaviour->mapping != WZP_NAT_MAPPING_UNKNOWN;
    out->mapping = behaviour->mapping;
    out->allocation = behaviour->allocation;
    out->delta = behaviour->delta;
    out->last_port = behaviour->last_port;
    out->birthday = birthday;
}

const char *wzp_nat_hint_format(char *out, const struct wzp_nat_hint *hint)
{
    snprintf(out, WZP_PREDICT_HINT_MAX, PREFIX "%s:%s:%d:%u:%d",
             wzp_nat_mapping_name(hint->mapping), wzp_nat_allocation_name(hint->allocation),
             hint->delta, (unsigned)hint->last_port, hint->birthday);
    return out;
}

/* The next field up to ':' or the end, as text in `word`; false when it is empty or too long. */
static bool take_word(const char **at, const char *end, char *word, size_t capacity)
{
    size_t length = 0;
    while (*at + length < end && (*at)[length] != ':')
        length++;
    if (length == 0 || length >= capacity)
        return false;
    memcpy(word, *at, length);
    word[length] = '\0';
    *at += length;
    if (*at < end)
        (*at)++;
    return true;
}

/* A whole number within the limits. */
static bool take_number(const char **at, const char *end, long least, long most, long *out)
{
    char word[8];
    if (!take_word(at, end, word, sizeof word))
        return false;
    bool negative = word[0] == '-';
    const char *digit = word + negative;
    long value = 0;
    if (!*digit)
        return false;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9')
            return false;
        value = value * 10 + (*digit - '0');
    }
    *out = negative ? -value : value;
    return *out >= least && *out <= most;
}

int wzp_nat_hint_parse(struct wzp_nat_hint *out, const char *text, size_t length)
{
    const char *at = text + sizeof PREFIX - 1, *end = text + length;
    char mapping[24], allocation[16];
    long delta, port, birthday;
    memset(out, 0, sizeof *out);
    if (length < sizeof PREFIX || memcmp(text, PREFIX, sizeof PREFIX - 1) ||
        !take_word(&at, end, mapping, sizeof mapping) ||
        !take_word(&at, end, allocation, sizeof allocation) ||
        !take_number(&at, end, -32768, 32767, &delta) || !take_number(&at, end, 0, 65535, &port) ||
        !take_number(&at, end, 0, 1, &birthday) || at != end || end[-1] == ':')
        return WZP_E_SYNTAX;
    int found = 0;
    for (unsigned i = 0; i <= WZP_NAT_MAPPING_PORT_DEPENDENT; i++) {
        if (strcmp(mapping, wzp_nat_mapping_name((enum wzp_nat_mapping)i)) == 0) {
            out->mapping = (enum wzp_nat_mapping)i;
            found++;
        }
        if (strcmp(allocation, wzp_nat_allocation_name((enum wzp_nat_allocation)i)) == 0) {
            out->allocation = (enum wzp_nat_allocation)i;
            found++;
        }
    }
    if (found != 2) {
        memset(out, 0, sizeof *out);
        return WZP_E_SYNTAX;
    }
    out->known = out->mapping != WZP_NAT_MAPPING_UNKNOWN;
    out->delta = (int)delta;
    out->last_port = (uint16_t)port;
    out->birthday = birthday == 1;
    return 0;
}

bool wzp_nat_hint_find(struct wzp_nat_hint *out, const char *const *hosts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (wzp_nat_hint_parse(out, hosts[i], strlen(hosts[i])) == 0)
            return true;
    memset(out, 0, sizeof *out);
    return false;
}

bool wzp_nat_hint_is_hard(const struct wzp_nat_hint *hint)
{
    return hint->mapping == WZP_NAT_MAPPING_ADDRESS_DEPENDENT ||
           hint->mapping == WZP_NAT_MAPPING_PORT_DEPENDENT;
}

bool wzp_nat_hint_steps(const struct wzp_nat_hint *hint)
{
    return wzp_nat_hint_is_hard(hint) && hint->allocation == WZP_NAT_ALLOCATION_SEQUENTIAL &&
           hint->delta != 0 && hint->last_port != 0;
}

size_t wzp_predict_candidates(struct wzp_candidate_list *list, const struct wzp_nat_hint *hint,
                              const struct wzp_addr *reflexive,
                              const struct wzp_candidate_filter *filter)
{
    uint16_t ports[WZP_PREDICT_MAX];
    size_t added = 0;
    if (!wzp_nat_hint_steps(hint) || wzp_addr_is_none(reflexive))
        return 0;
    /* How many steps the NAT took since the hint was made (for the relay, STUN servers, us) is not
     * known: the guess begins right after the last port and covers eight steps on. */
    size_t count = wzp_predict_ports(ports, hint->last_port, hint->delta, WZP_PREDICT_SPREAD,
                                     WZP_PREDICT_SPREAD);
    for (size_t i = 0; i < count; i++) {
        struct wzp_addr guess = *reflexive;
        wzp_addr_set_port(&guess, ports[i]);
        added += wzp_candidate_add(list, WZP_CANDIDATE_PREDICTED, &guess, filter) == 0;
    }
    return added;
}

size_t wzp_predict_pair(struct wzp_candidate_list *list, const struct wzp_nat_hint *hint,
                        const struct wzp_addr *reflexive, bool in_order,
                        const struct wzp_candidate_filter *filter)
{
    size_t added = 0;
    if (!wzp_nat_hint_steps(hint) || wzp_addr_is_none(reflexive))
        return 0;
    for (int i = 0; i < WZP_PREDICT_PAIR; i++) {
        int half = WZP_PREDICT_PAIR / 2;
        int ahead = in_order ? i : i < half ? 2 * i : 2 * (i - half) + 1;
        struct wzp_addr guess = *reflexive;
        uint16_t port = (uint16_t)(hint->last_port + (int64_t)hint->delta * (ahead + 1));
        wzp_addr_set_port(&guess, port);
        added += port != 0 && wzp_candidate_add(list, WZP_CANDIDATE_PREDICTED, &guess, filter) == 0;
    }
    return added;
}
