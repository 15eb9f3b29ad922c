/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Plain calls, Certificate. */
#include "crypto/pins.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"

#define FIELDS_MAX 6
/* The longest lines format writes: all fields with their blanks and ends. */
#define RELAY_LINE_MAX (6 + WZP_PIN_NAME_MAX + 65 + WZP_FINGERPRINT_TEXT_MAX + 21 + 21)
#define PEER_LINE_MAX (5 + WZP_FINGERPRINT_TEXT_MAX + 65 + 4 + 21)

/* A field of a line, not 0-terminated. */
struct field {
    const char *text;
    size_t length;
};

void wzp_pins_init(struct wzp_pins *p)
{
    memset(p, 0, sizeof *p);
}

void wzp_pins_fini(struct wzp_pins *p)
{
    wzp_free(p->relays);
    wzp_free(p->peers);
    memset(p, 0, sizeof *p);
}

/* Lower-cases a relay's name into out (WZP_PIN_NAME_MAX). WZP_E_ARGUMENT when a line could not hold
 * it. */
static int copy_name(char *out, const char *name, size_t length)
{
    if (length == 0 || length >= WZP_PIN_NAME_MAX)
        return WZP_E_ARGUMENT;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c == 0x7f)
            return WZP_E_ARGUMENT;
        out[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    out[length] = 0;
    return 0;
}

static struct wzp_relay_pin *find_relay(const struct wzp_pins *p, const char *name)
{
    for (size_t i = 0; i < p->relay_count; i++)
        if (strcmp(p->relays[i].relay, name) == 0)
            return &p->relays[i];
    return NULL;
}

static struct wzp_peer_pin *find_peer(const struct wzp_pins *p, const uint8_t fingerprint[16])
{
    for (size_t i = 0; i < p->peer_count; i++)
        if (memcmp(p->peers[i].fingerprint, fingerprint, WZP_FINGERPRINT_SIZE) == 0)
            return &p->peers[i];
    return NULL;
}

/* Room for one more element; doubles, up to WZP_PINS_MAX. */
static int reserve(void **items, size_t *capacity, size_t count, size_t item_size)
{
    if (count < *capacity)
        return 0;
    if (count >= WZP_PINS_MAX)
        return WZP_E_LIMIT;
    size_t wanted = *capacity == 0 ? 8 : *capacity * 2;
    void *grown = wzp_realloc(*items, wanted * item_size);
    if (!grown)
        return WZP_E_MEMORY;
    *items = grown;
    *capacity = wanted;
    return 0;
}

static int add_relay(struct wzp_pins *p, const struct wzp_relay_pin *pin)
{
    void *items = p->relays;
    int result = reserve(&items, &p->relay_capacity, p->relay_count, sizeof *pin);
    p->relays = items;
    if (result < 0)
        return result;
    p->relays[p->relay_count++] = *pin;
    return 0;
}

static int add_peer(struct wzp_pins *p, const struct wzp_peer_pin *pin)
{
    void *items = p->peers;
    int result = reserve(&items, &p->peer_capacity, p->peer_count, sizeof *pin);
    p->peers = items;
    if (result < 0)
        return result;
    p->peers[p->peer_count++] = *pin;
    return 0;
}

static bool field_is(const struct field *f, const char *word)
{
    return f->length == strlen(word) && memcmp(f->text, word, f->length) == 0;
}

/* Seconds: decimal digits, no sign, no overflow. */
static bool field_number(uint64_t *out, const struct field *f)
{
    uint64_t value = 0;
    if (f->length == 0 || f->length > 20)
        return false;
    for (size_t i = 0; i < f->length; i++) {
        unsigned digit = (unsigned)(f->text[i] - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* `word`, or "-" for no. */
static bool field_flag(bool *out, const struct field *f, const char *word)
{
    *out = field_is(f, word);
    return *out || field_is(f, "-");
}

/* When a person compared the code: seconds, "verified" when that is not known, or "-". */
static bool field_verified(struct wzp_peer_pin *pin, const struct field *f)
{
    if (field_flag(&pin->verified, f, "verified"))
        return true;
    pin->verified = field_number(&pin->verified_at, f);
    return pin->verified;
}

static int parse_relay(struct wzp_pins *p, const struct field *f)
{
    struct wzp_relay_pin pin;
    memset(&pin, 0, sizeof pin);
    pin.has_identity = !field_is(&f[3], "-");
    if (copy_name(pin.relay, f[1].text, f[1].length) < 0 ||
        wzp_hex_decode(pin.certificate, 32, f[2].text, f[2].length) < 0 ||
        (pin.has_identity && wzp_fingerprint_parse(pin.identity, f[3].text, f[3].length) < 0) ||
        !field_number(&pin.first_seen, &f[4]) || !field_number(&pin.last_seen, &f[5]) ||
        find_relay(p, pin.relay))
        return WZP_E_SYNTAX;
    return add_relay(p, &pin);
}

static bool key_fits(const uint8_t fingerprint[16], const uint8_t key[32])
{
    uint8_t of_key[WZP_FINGERPRINT_SIZE];
    wzp_fingerprint_of_key(of_key, key);
    return memcmp(of_key, fingerprint, sizeof of_key) == 0;
}

static int parse_peer(struct wzp_pins *p, const struct field *f)
{
    struct wzp_peer_pin pin;
    memset(&pin, 0, sizeof pin);
    pin.has_key = !field_is(&f[2], "-");
    if (wzp_fingerprint_parse(pin.fingerprint, f[1].text, f[1].length) < 0 ||
        (pin.has_key && wzp_hex_decode(pin.key, 32, f[2].text, f[2].length) < 0) ||
        (pin.has_key && !key_fits(pin.fingerprint, pin.key)) ||
        !field_flag(&pin.used_e2e, &f[3], "e2e") || !field_verified(&pin, &f[4]) ||
        find_peer(p, pin.fingerprint))
        return WZP_E_SYNTAX;
    return add_peer(p, &pin);
}

/* Splits a line at blanks. The number of fields, FIELDS_MAX + 1 when there are more. */
static size_t split(struct field f[FIELDS_MAX], const char *line, size_t length)
{
    size_t count = 0, i = 0;
    for (;;) {
        while (i < length && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r'))
            i++;
        if (i == length)
            return count;
        if (count == FIELDS_MAX)
            return FIELDS_MAX + 1;
        f[count].text = line + i;
        while (i < length && line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            i++;
        f[count].length = (size_t)(line + i - f[count].text);
        count++;
    }
}

static int parse_line(struct wzp_pins *p, const char *line, size_t length)
{
    struct field f[FIELDS_MAX];
    size_t count = split(f, line, length);
    if (count == 0 || f[0].text[0] == '#')
        return 0;
    if (count == 6 && field_is(&f[0], "relay"))
        return parse_relay(p, f);
    if (count == 5 && field_is(&f[0], "peer"))
        return parse_peer(p, f);
    return WZP_E_SYNTAX;
}

int wzp_pins_parse(struct wzp_pins *p, const char *text, size_t length, struct wzp_error *err)
{
    const char *end = text + length;
    for (unsigned long number = 1; text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t line = !stop ? (size_t)(end - text) : (size_t)(stop - text);
        int result = parse_line(p, text, line);
        if (result < 0) {
            wzp_pins_fini(p);
            return wzp_error_set(err, result, "known relays, line %lu: %s", number,
                                 wzp_strerror(result));
        }
        text += line + (stop ? 1 : 0);
    }
    return 0;
}

/* Appends one pin's line at *end. */
static void format_relay(char **end, const struct wzp_relay_pin *pin)
{
    char certificate[65], identity[WZP_FINGERPRINT_TEXT_MAX] = "-";
    wzp_hex_encode(certificate, pin->certificate, 32);
    if (pin->has_identity)
        wzp_fingerprint_format(identity, pin->identity);
    *end += snprintf(*end, RELAY_LINE_MAX + 1, "relay %s %s %s %" PRIu64 " %" PRIu64 "\n",
                     pin->relay, certificate, identity, pin->first_seen, pin->last_seen);
}

static void format_peer(char **end, const struct wzp_peer_pin *pin)
{
    char fingerprint[WZP_FINGERPRINT_TEXT_MAX], key[65] = "-", when[21] = "verified";
    wzp_fingerprint_format(fingerprint, pin->fingerprint);
    if (pin->verified_at)
        snprintf(when, sizeof when, "%" PRIu64, pin->verified_at);
    if (pin->has_key)
        wzp_hex_encode(key, pin->key, 32);
    *end += snprintf(*end, PEER_LINE_MAX + 1, "peer %s %s %s %s\n", fingerprint, key,
                     pin->used_e2e ? "e2e" : "-", pin->verified ? when : "-");
}

int wzp_pins_format(char **out, size_t *length, const struct wzp_pins *p)
{
    static const char head[] =
        "# relay NAME SHA256-OF-CERTIFICATE IDENTITY|- FIRST-SEEN LAST-SEEN\n"
        "# peer FINGERPRINT KEY|- e2e|- VERIFIED-AT|verified|-\n";
    char *text = wzp_alloc(sizeof head + p->relay_count * RELAY_LINE_MAX +
                           p->peer_count * PEER_LINE_MAX + 1);
    if (!text)
        return WZP_E_MEMORY;
    memcpy(text, head, sizeof head);
    char *end = text + sizeof head - 1;
    for (size_t i = 0; i < p->relay_count; i++)
        format_relay(&end, &p->relays[i]);
    for (size_t i = 0; i < p->peer_count; i++)
        format_peer(&end, &p->peers[i]);
    *out = text;
    *length = (size_t)(end - text);
    return 0;
}

static int judge_relay(struct wzp_relay_pin *pin, const uint8_t certificate[32],
                       const uint8_t *identity)
{
    bool same_identity =
        identity && pin->has_identity && memcmp(pin->identity, identity, WZP_FINGERPRINT_SIZE) == 0;
    if (memcmp(pin->certificate, certificate, 32) != 0) {
        if (!same_identity)
            return WZP_PIN_MISMATCH;
        memcpy(pin->certificate, certificate, 32);
        return WZP_PIN_UPDATED;
    }
    if (identity && !same_identity) {
        /* Whoever holds only the TLS key must not become the identity that later vouches for
         * another certificate. */
        if (pin->has_identity)
            return WZP_PIN_MISMATCH;
        pin->has_identity = true;
        memcpy(pin->identity, identity, WZP_FINGERPRINT_SIZE);
    }
    return WZP_PIN_MATCH;
}

int wzp_pins_check_relay(struct wzp_pins *p, const char *relay, const uint8_t certificate[32],
                         const uint8_t *identity, uint64_t now)
{
    char name[WZP_PIN_NAME_MAX];
    if (copy_name(name, relay, strnlen(relay, WZP_PIN_NAME_MAX)) < 0)
        return WZP_E_ARGUMENT;
    struct wzp_relay_pin *known = find_relay(p, name);
    if (known) {
        int verdict = judge_relay(known, certificate, identity);
        if (verdict != WZP_PIN_MISMATCH) {
            if (now > known->last_seen)
                known->last_seen = now;
            p->changed = true;
        }
        return verdict;
    }
    struct wzp_relay_pin pin;
    memset(&pin, 0, sizeof pin);
    memcpy(pin.relay, name, sizeof name);
    memcpy(pin.certificate, certificate, 32);
    if (identity) {
        pin.has_identity = true;
        memcpy(pin.identity, identity, WZP_FINGERPRINT_SIZE);
    }
    pin.first_seen = pin.last_seen = now;
    int result = add_relay(p, &pin);
    if (result < 0)
        return result;
    p->changed = true;
    return WZP_PIN_NEW;
}

bool wzp_pins_forget_relay(struct wzp_pins *p, const char *relay)
{
    char name[WZP_PIN_NAME_MAX];
    if (copy_name(name, relay, strnlen(relay, WZP_PIN_NAME_MAX)) < 0)
        return false;
    struct wzp_relay_pin *pin = find_relay(p, name);
    if (!pin)
        return false;
    size_t behind = (size_t)(p->relays + p->relay_count - (pin + 1));
    memmove(pin, pin + 1, behind * sizeof *pin);
    p->relay_count--;
    p->changed = true;
    return true;
}

const struct wzp_peer_pin *wzp_pins_peer(const struct wzp_pins *p, const uint8_t fingerprint[16])
{
    return find_peer(p, fingerprint);
}

int wzp_pins_note_peer(struct wzp_pins *p, const uint8_t fingerprint[16], const uint8_t *key,
                       bool used_e2e, bool verified)
{
    if (key && !key_fits(fingerprint, key))
        return WZP_E_CRYPTO;
    struct wzp_peer_pin *pin = find_peer(p, fingerprint);
    if (!pin) {
        struct wzp_peer_pin fresh;
        memset(&fresh, 0, sizeof fresh);
        memcpy(fresh.fingerprint, fingerprint, WZP_FINGERPRINT_SIZE);
        int result = add_peer(p, &fresh);
        if (result < 0)
            return result;
        pin = &p->peers[p->peer_count - 1];
        p->changed = true;
    }
    if (key && !pin->has_key) {
        pin->has_key = true;
        memcpy(pin->key, key, 32);
        p->changed = true;
    }
    if ((used_e2e && !pin->used_e2e) || (verified && !pin->verified)) {
        pin->used_e2e = pin->used_e2e || used_e2e;
        pin->verified = pin->verified || verified;
        p->changed = true;
    }
    return 0;
}

int wzp_pins_verify_peer(struct wzp_pins *p, const uint8_t fingerprint[16], const uint8_t *key,
                         uint64_t now)
{
    int result = wzp_pins_note_peer(p, fingerprint, key, false, true);
    if (result)
        return result;
    struct wzp_peer_pin *pin = find_peer(p, fingerprint);
    if (now > pin->verified_at) {
        pin->verified_at = now;
        p->changed = true;
    }
    return 0;
}

bool wzp_pins_forget_peer(struct wzp_pins *p, const uint8_t fingerprint[16])
{
    struct wzp_peer_pin *pin = find_peer(p, fingerprint);
    if (!pin)
        return false;
    size_t behind = (size_t)(p->peers + p->peer_count - (pin + 1));
    memmove(pin, pin + 1, behind * sizeof *pin);
    p->peer_count--;
    p->changed = true;
    return true;
}
