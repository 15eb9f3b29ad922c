/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_WATCHED true
#else
#define IS_WATCHED false
#endif

static FILE *own; /* NULL: stderr */

FILE *wzp_own_stderr(void)
{
    return own ? own : stderr;
}

static void tell(struct wzp_foreign *f, const char *line, size_t length)
{
    char safe[400];
    wzp_text_filter(safe, sizeof safe, line, length);
    if (safe[0])
        wzp_log(&f->log, WZP_LOG_INFO, "app: a library says: %s", safe);
}

static void on_line(void *context, const char *line)
{
    if (line)
        tell(context, line, strlen(line));
}

/* Our messages go to a copy of standard error. Descriptor 2 becomes a pipe, whose writers never
 * have to wait. */
void wzp_foreign_open(struct wzp_foreign *f, struct wzp_loop *loop, const struct wzp_log *log)
{
    int ends[2];
    *f = (struct wzp_foreign){.log = *log};
    if (IS_WATCHED || pipe2(ends, O_CLOEXEC | O_NONBLOCK))
        return;
    int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    f->ours = copy >= 0 ? fdopen(copy, "w") : NULL;
    if (!f->ours || wzp_lines_start(&f->lines, loop, ends[0], on_line, f) ||
        dup2(ends[1], STDERR_FILENO) < 0) {
        wzp_lines_close(f->lines);
        if (f->ours)
            fclose(f->ours);
        else if (copy >= 0)
            close(copy);
        close(ends[0]);
        close(ends[1]);
        *f = (struct wzp_foreign){0};
        return;
    }
    close(ends[1]);
    setvbuf(f->ours, NULL, _IONBF, 0);
    f->caught = ends[0];
    own = f->ours;
}

void wzp_foreign_close(struct wzp_foreign *f)
{
    char rest[4096];
    if (!f->ours)
        return;
    wzp_lines_close(f->lines);
    (void)dup2(fileno(f->ours), STDERR_FILENO);
    ssize_t n = read(f->caught, rest, sizeof rest);
    for (char *line = rest, *end = rest + (n > 0 ? n : 0); line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t length = (size_t)((stop ? stop : end) - line);
        tell(f, line, length);
        line += length + 1;
    }
    close(f->caught);
    own = NULL;
    fclose(f->ours);
    *f = (struct wzp_foreign){0};
}
