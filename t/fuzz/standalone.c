/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Runs one fuzz harness over its corpus (t/fuzz/corpus/NAME/) as a TAP test, without a fuzzer: each
 * input as it is, cut at every length up to a limit, and with single bytes changed; fewer of these,
 * evenly spread, when all would take longer than WZP_FUZZ_SECONDS (2, of CPU time). An argument is
 * a file to run instead: that is how a crash is looked at. */
#include "tap.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CUTS_MAX 512 /* and as many changes */
#define LEAST 32     /* cuts, and changes */
#define SAMPLE 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exact size, so that a sanitizer sees the first byte read beyond it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);

    if (!copy)
        bail("no memory");
    if (size)
        memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* How many cuts, and as many changes, fit into that time. */
static size_t affordable(const uint8_t *data, size_t size, double ms)
{
    double began = cpu_ms();

    for (size_t i = 0; i < SAMPLE; i++)
        run(data, size);
    double each = (cpu_ms() - began) / SAMPLE;
    double fits = each > 0 ? ms / each / 2 : CUTS_MAX;
    return fits > CUTS_MAX ? CUTS_MAX : fits < LEAST ? LEAST : (size_t)fits;
}

static void run_variants(uint8_t *data, size_t size, double ms)
{
    static const uint8_t values[] = {0x00, 0xff, 0x7f, 0x80};
    size_t most = affordable(data, size, ms);
    size_t step = size / most + 1;

    for (size_t cut = 0; cut < size; cut += step)
        run(data, cut);
    step = size * sizeof values / most + 1;
    for (size_t change = 0; change < size * sizeof values; change += step) {
        size_t at = change / sizeof values;
        uint8_t kept = data[at];

        data[at] = values[change % sizeof values];
        run(data, size);
        data[at] = kept;
    }
}

static int run_file(const char *path)
{
    size_t size = 0;
    uint8_t *data = tap_read_file(path, &size);

    run(data, size);
    free(data);
    return 0;
}

int main(int count, char **arguments)
{
    const char *slash = strrchr(arguments[0], '/');
    char name[256];
    char folder[512];
    struct dirent **entries = NULL;
    int entry_count;
    const char *seconds = getenv("WZP_FUZZ_SECONDS");
    double ms = (seconds ? strtod(seconds, NULL) : 2) * 1e3;

    tap_begin();
    if (count > 1)
        return run_file(arguments[1]);
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : arguments[0]);
    name[strcspn(name, ".")] = '\0';
    snprintf(folder, sizeof folder, "t/fuzz/corpus/%s", name);
    run(NULL, 0);
    ok(true, "%s survives an empty input", name);
    entry_count = scandir(tap_source_path(folder), &entries, NULL, alphasort);
    ok(entry_count > 2, "%s is there and not empty", folder);
    for (int i = 0; i < entry_count; i++) {
        if (entries[i]->d_name[0] != '.') {
            char path[1024];
            size_t size = 0;
            uint8_t *data;

            snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            data = tap_read_file(tap_source_path(path), &size);
            run(data, size);
            run_variants(data, size, ms / entry_count);
            free(data);
            ok(true, "%s survives %s (%zu bytes), cut and changed", name, entries[i]->d_name, size);
        }
        free(entries[i]);
    }
    free(entries);
    return tap_done();
}
