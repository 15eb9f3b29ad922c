/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Texts that a peer or a relay names: candidates, hints, relays. One a line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nat/candidate.h"
#include "nat/predict.h"
#include "nat/role.h"
#include "nat/scope.h"

#define LINES_MAX 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[16384];
    const char *lines[LINES_MAX];
    size_t count = 0;
    if (size >= sizeof text)
        size = sizeof text - 1;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    for (char *at = text; count < LINES_MAX && at; count++) {
        lines[count] = at;
        at = strchr(at, '\n');
        if (at)
            *at++ = '\0';
    }
    struct wzp_candidate_list list;
    struct wzp_candidate_texts texts = {.hosts = lines, .host_count = count, .reflexive = lines[0]};
    wzp_candidate_list_read(&list, &texts, NULL);
    for (size_t i = 0; i < list.count; i++) {
        enum wzp_scope scope = wzp_scope_of(&list.items[i].addr);
        if (scope == WZP_SCOPE_LOOPBACK || scope == WZP_SCOPE_MULTICAST ||
            scope == WZP_SCOPE_BROADCAST || wzp_addr_port(&list.items[i].addr) == 0)
            abort();
    }
    struct wzp_nat_hint hint, again;
    char written[WZP_PREDICT_HINT_MAX];
    for (size_t i = 0; i < count; i++) {
        if (wzp_nat_hint_parse(&hint, lines[i], strlen(lines[i])) < 0)
            continue;
        wzp_nat_hint_format(written, &hint);
        if (wzp_nat_hint_parse(&again, written, strlen(written)) < 0 ||
            memcmp(&hint, &again, sizeof hint))
            abort();
        if (list.count)
            wzp_predict_candidates(&list, &hint, &list.items[0].addr, NULL);
    }
    if (list.count > WZP_CANDIDATES_MAX)
        abort();
    if (count >= 2 && wzp_role_choose(lines[0], lines[1]) != WZP_ROLE_NONE &&
        wzp_role_choose(lines[0], lines[1]) == wzp_role_choose(lines[1], lines[0]))
        abort();
    return 0;
}
