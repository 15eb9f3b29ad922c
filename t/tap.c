/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tap.h"

#include <ftw.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sweep.h"

#ifndef TAP_SOURCE
#define TAP_SOURCE "."
#endif

#define PATH_ROOM 4096

static int checks;
static int failures;
static long oom;
static uint64_t *counted; /* where tap_sweep reads the number of allocations */
static bool allow_live;
static char temporary_folder[PATH_ROOM];

void tap_begin(void)
{
    const char *text = getenv("WZP_OOM");
    const char *sweep = getenv("WZP_SWEEP");

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (text)
        oom = strtol(text, NULL, 10);
    else if (sweep)
        oom = tap_sweep(strtol(sweep, NULL, 10), &counted);
    wzp_alloc_fail_after(oom);
}

bool tap_oom_mode(void)
{
    return oom > 0;
}

void tap_allow_live(void)
{
    allow_live = true;
}

void tap_keep_others_out(void)
{
    const struct sched_param low = {.sched_priority = 1};

    if (sched_setscheduler(0, SCHED_RR, &low) < 0)
        (void)setpriority(PRIO_PROCESS, 0, -15);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static void remove_temporary_folder(void)
{
    if (temporary_folder[0])
        nftw(temporary_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    temporary_folder[0] = '\0';
}

int tap_done(void)
{
    long live;
    uint64_t calls = wzp_alloc_calls();

    wzp_alloc_fail_after(0);
    live = wzp_alloc_live();
    remove_temporary_folder();
    if (counted)
        *counted = calls;
    if (oom > 0) {
        /* The number tells the runner when n is beyond the last allocation. */
        printf("1..%d\n# allocations %ju\n", checks, (uintmax_t)calls);
        if (live != 0 && !allow_live) {
            printf("# leaked %ld allocations when allocation %ld failed\n", live, oom);
            return TAP_EXIT_LEAK;
        }
        return 0;
    }
    if (!allow_live)
        is_int(live, 0, "every allocation was freed");
    printf("1..%d\n", checks);
    if (failures)
        printf("# %d of %d checks failed\n", failures, checks);
    return failures ? 1 : 0;
}

/* '#' starts a directive, and a line end would start a new line of TAP. */
static void print_text(const char *text)
{
    for (; *text; text++) {
        if (*text == '#' || *text == '\\')
            putchar('\\');
        putchar((unsigned char)*text < 0x20 ? ' ' : *text);
    }
}

__attribute__((format(printf, 4, 0))) static void report(bool passed, const char *file, int line,
                                                         const char *format, va_list arguments)
{
    char text[1024];

    vsnprintf(text, sizeof text, format, arguments);
    printf("%sok %d - ", passed ? "" : "not ", ++checks);
    print_text(text);
    putchar('\n');
    if (!passed) {
        failures++;
        /* On stderr, like all that explains a failure: prove shows it without being asked. */
        fprintf(stderr, "#   failed: %s\n#   at %s:%d\n", text, file, line);
    }
}

#define REPORT(passed)                                                                             \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, format);                                                               \
        report(passed, file, line, format, arguments);                                             \
        va_end(arguments);                                                                         \
    } while (0)

bool tap_ok(bool condition, const char *text, const char *file, int line, const char *format, ...)
{
    REPORT(condition);
    if (!condition)
        fprintf(stderr, "#   not true: %s\n", text);
    return condition;
}

bool tap_is_int(intmax_t got, intmax_t want, const char *file, int line, const char *format, ...)
{
    bool passed = got == want;

    REPORT(passed);
    if (!passed)
        fprintf(stderr, "#   got %jd (0x%jx), want %jd (0x%jx)\n", got, (uintmax_t)got, want,
                (uintmax_t)want);
    return passed;
}

bool tap_is_near(double got, double want, double tolerance, const char *file, int line,
                 const char *format, ...)
{
    /* Written so that a NaN fails. */
    bool passed = fabs(got - want) <= tolerance;

    REPORT(passed);
    if (!passed)
        fprintf(stderr, "#   got %.9g, want %.9g within %.9g\n", got, want, tolerance);
    return passed;
}

bool tap_is_str(const char *got, const char *want, const char *file, int line, const char *format,
                ...)
{
    bool passed = got == want || (got && want && strcmp(got, want) == 0);

    REPORT(passed);
    if (!passed)
        fprintf(stderr, "#   got  %s\n#   want %s\n", got ? got : "(NULL)", want ? want : "(NULL)");
    return passed;
}

/* The sixteen bytes around the first difference. */
static void print_bytes(const char *what, const uint8_t *bytes, size_t length, size_t at)
{
    size_t from = at > 4 ? at - 4 : 0;

    fprintf(stderr, "#   %s %zu bytes, from %zu:", what, length, from);
    for (size_t i = from; i < length && i < from + 16; i++)
        fprintf(stderr, "%s%02x", i == at ? " >" : " ", bytes[i]);
    fputc('\n', stderr);
}

bool tap_is_bytes(const void *got, size_t got_length, const void *want, size_t want_length,
                  const char *file, int line, const char *format, ...)
{
    const uint8_t *a = got;
    const uint8_t *b = want;
    size_t at = 0;
    bool passed;

    if (!a || !b) {
        passed = a == b && got_length == want_length;
    } else {
        while (at < got_length && at < want_length && a[at] == b[at])
            at++;
        passed = at == got_length && at == want_length;
    }
    REPORT(passed);
    if (!passed) {
        print_bytes("got ", a, a ? got_length : 0, at);
        print_bytes("want", b, b ? want_length : 0, at);
    }
    return passed;
}

void tap_note(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("# ");
    print_text(text);
    putchar('\n');
}

void tap_skip(int count, const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    while (count-- > 0)
        printf("ok %d # SKIP %s\n", ++checks, text);
}

void tap_skip_all(const char *format, ...)
{
    va_list arguments;

    remove_temporary_folder();
    printf("1..0 # SKIP ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    exit(0);
}

void tap_bail(const char *format, ...)
{
    va_list arguments;

    remove_temporary_folder();
    fprintf(stderr, "# stopped: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    fflush(stdout);
    /* The test still holds memory, which is no leak of the library: no leak check at this exit. */
    _exit(oom > 0 ? 0 : 1);
}

static const char *join(const char *folder, const char *relative)
{
    static char paths[8][PATH_ROOM];
    static unsigned next;
    char *path = paths[next++ % 8];

    snprintf(path, PATH_ROOM, "%s/%s", folder, relative);
    return path;
}

const char *tap_source_path(const char *relative)
{
    const char *folder = getenv("WZP_SOURCE");

    return join(folder ? folder : TAP_SOURCE, relative);
}

const char *tap_build_path(const char *relative)
{
    const char *folder = getenv("WZP_BUILD");

    return folder ? join(folder, relative) : join(TAP_SOURCE "/build", relative);
}

void *tap_read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t size = 0;
    size_t got = 0;

    if (!file)
        bail("cannot read %s", path);
    for (;;) {
        if (got + 1 >= size) {
            char *larger = realloc(bytes, size = size ? size * 2 : 65536);

            if (!larger)
                bail("no memory for %s", path);
            bytes = larger;
        }
        size_t more = fread(bytes + got, 1, size - got - 1, file);
        if (more == 0)
            break;
        got += more;
    }
    fclose(file);
    bytes[got] = '\0';
    if (length)
        *length = got;
    return bytes;
}

const char *tap_temporary_folder(void)
{
    const char *parent = getenv("TMPDIR");

    if (!temporary_folder[0]) {
        snprintf(temporary_folder, sizeof temporary_folder, "%s/wzp-test.XXXXXX",
                 parent && *parent ? parent : "/tmp");
        if (!mkdtemp(temporary_folder)) {
            temporary_folder[0] = '\0';
            bail("cannot make a temporary folder");
        }
    }
    return temporary_folder;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t tap_hex(void *out, size_t room, const char *text)
{
    uint8_t *bytes = out;
    size_t length = 0;

    while (*text) {
        int high;
        int low;

        if (*text == ' ' || *text == '\n') {
            text++;
            continue;
        }
        high = hex_digit(text[0]);
        low = high < 0 ? -1 : hex_digit(text[1]);
        if (low < 0 || length == room)
            bail("bad hexadecimal text or no room: %s", text);
        bytes[length++] = (uint8_t)(high * 16 + low);
        text += 2;
    }
    return length;
}
