/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The TLS key log: programs compiled with WZP_DEBUG_KEYS hand it out, all others do not. keylog.t
 * compiles this test the other way round. */
#include <ctype.h>
#include <string.h>

#include "lib_link.h"
#include "tap.h"

static unsigned lines, well_formed;
static char labels[1024];

/* "LABEL <64 hex digits> <64 or 96 hex digits>" */
static bool is_well_formed(const char *line, size_t length)
{
    size_t word = 0, digits[3] = {0};
    for (size_t i = 0; i < length; i++) {
        if (line[i] == ' ' && ++word == 3)
            return false;
        if (line[i] != ' ' && word > 0 && !isxdigit((unsigned char)line[i]))
            return false;
        digits[word] += line[i] != ' ';
    }
    return word == 2 && digits[0] > 0 && digits[1] == 64 && (digits[2] == 64 || digits[2] == 96);
}

static void keys(void *owner, const char *line, size_t length)
{
    (void)owner;
    lines++;
    well_formed += is_well_formed(line, length);
    strncat(labels, line, strcspn(line, " ") + 1);
}

TAP_MAIN
{
    struct net net;
    struct node client, server;
    net_init(&net, 97);
    net_keys = keys;
    net_pair(&net, &client, &server, "room");
#ifdef WZP_DEBUG_KEYS
    ok(lines >= 8, "a debug build hands out the secrets of both sides: %u lines", lines);
    is_int(well_formed, lines, "each as the NSS key log has it");
    ok(strstr(labels, "CLIENT_HANDSHAKE_TRAFFIC_SECRET ") &&
           strstr(labels, "SERVER_TRAFFIC_SECRET_0 "),
       "with the labels that readers know");
#else
    is_int(lines, 0, "a release build hands out no secret");
    is_int(well_formed, 0, "whatever the owner asked for");
#endif
    net_fini(&net);
}
