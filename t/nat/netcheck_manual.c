/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The manual of netcheck has a row for each field of the report, with its type, what it says and
 * when it is null, in the same order, and no other rows. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat/netcheck_report.h"
#include "tap.h"

#define PAGE_MAX (64 * 1024)
static char page[PAGE_MAX];

static size_t count_rows(const char *from)
{
    size_t count = 0;
    for (const char *at = from; (at = strstr(at, "\n.It Va ")); at++)
        count++;
    return count;
}

TAP_MAIN
{
    FILE *file = fopen(TAP_SOURCE "/man/wzp-netcheck.1", "r");
    if (!file)
        bail("no manual");
    size_t length = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    ok(length > 1000 && length < sizeof page - 1, "the manual was read");
    const char *at = strstr(page, "\n.Sh FIELDS\n");
    if (!at)
        bail("the manual has no section FIELDS");
    is_int(count_rows(at), wzp_netcheck_field_count, "as many rows as fields");
    for (size_t i = 0; i < wzp_netcheck_field_count; i++) {
        const struct wzp_netcheck_field *f = &wzp_netcheck_fields[i];
        char row[512];
        int n = snprintf(row, sizeof row, "\n.It Va %s Pq %s\n%c%s.\n", f->name, f->type,
                         toupper((unsigned char)f->meaning[0]), f->meaning + 1);
        if (f->null_when && f->null_when[0])
            snprintf(row + n, sizeof row - (size_t)n, "Null: %s.\n", f->null_when);
        const char *found = strstr(at, row);
        ok(found, "the row of %s says what the code says", f->name);
        at = found ? found : at;
    }
    at = strstr(page, "\n.Sh VERDICTS\n");
    if (!at)
        bail("the manual has no section VERDICTS");
    for (size_t i = 0; i < wzp_netcheck_verdict_count; i++) {
        const struct wzp_netcheck_verdict *v = &wzp_netcheck_verdicts[i];
        char row[512];
        snprintf(row, sizeof row, "\n.It %s\n%s\n", v->word, v->sentence);
        const char *found = strstr(at, row);
        ok(found, "the verdict %s is there with its sentence", v->word);
        at = found ? found : at;
    }
    ok(!strncmp(strstr(at + 1, "\n.") + 1, ".El", 3), "and no others");
}
