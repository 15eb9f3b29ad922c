/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every metric stands in the manual page with the help text of its row. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "relay/metrics.h"
#include "tap.h"

TAP_MAIN
{
    char *page = tap_read_file(tap_source_path("man/wzp-relay.8"), NULL);
    const char *name, *help;
    size_t count = 0;

    for (; (name = wzp_relay_metric_name(count, &help)) != NULL; count++) {
        char entry[512];

        snprintf(entry, sizeof entry, "\n.It Ic %s\n%s.\n", name, help);
        ok(strstr(page, entry) != NULL, "wzp-relay.8 explains %s", name);
    }
    ok(count > 20, "%zu rows", count);
    free(page);
}
