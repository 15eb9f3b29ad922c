/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every example message of the specification, read and written again byte for byte. Source:
 * wzp-protocol(7), Messages. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tap.h"
#include "wire/signal.h"

static bool seen[WZP_SIGNAL_COUNT];

static void check_line(const char *line, size_t length)
{
    struct wzp_signal signal;
    struct wzp_error err = {0};
    char *text = NULL;
    size_t text_length = 0;
    int result = wzp_signal_parse(&signal, line, length, &err);
    if (!is_int(result, 0, "reads %.40s", line)) {
        note("%s", err.text);
        return;
    }
    seen[signal.type] = true;
    const char *name = wzp_signal_type_name(signal.type);
    ok(strncmp(line + (line[0] == '{' ? 2 : 1), name, strlen(name)) == 0, "its type is %s", name);
    if (is_int(wzp_signal_write(&text, &text_length, &signal), 0, "writes %s", name))
        is_bytes(text, text_length, line, length, "%s: the same bytes", name);
    const char *id = strstr(line, "\"call_id\":\"");
    bool is_told =
        id && signal.type != WZP_SIGNAL_FEDERATED_SIGNAL_FORWARD; /* that is the inner's */
    const char *said = wzp_signal_call_id(&signal);
    ok(is_told ? said && strncmp(id + 11, said, strlen(said)) == 0 : !said,
       "%s: the call that it is about", name);
    wzp_free(text);
    wzp_signal_fini(&signal);
}

TAP_MAIN
{
    size_t length = 0;
    wzp_signal_use_allocator();
    char *all = tap_read_file(tap_source_path("t/vectors/signals.txt"), &length);
    unsigned count = 0;
    for (char *line = all, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (line[0] == '#')
            continue;
        check_line(line, (size_t)(end - line));
        count++;
    }
    free(all);
    is_int(count, 40, "all lines were there");
    for (unsigned i = 0; i < WZP_SIGNAL_COUNT; i++)
        if (i < WZP_SIGNAL_WZP_PEER_AUTH && !tap_oom_mode()) /* from there on they are ours */
            ok(seen[i], "an example for %s", wzp_signal_type_name((enum wzp_signal_type)i));
}
