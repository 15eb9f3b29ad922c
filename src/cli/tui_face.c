/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_face.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "tui/terminal.h"

#define PICTURE_LEAST (8 * WZP_MILLISECOND) /* least time between two pictures */
#define OUT_MAX (4u << 20)

static uint64_t clock_of(const struct wzp_face *f)
{
    return wzp_loop_now(f->loop);
}

/* ---- pictures ---- */

static void flush(struct wzp_face *f)
{
    long n = 0;
    if (f->out_done < f->out.length && !f->gone)
        n = wzp_terminal_write(f->out.text + f->out_done, f->out.length - f->out_done);
    if (n == WZP_E_CLOSED)
        f->gone = true;
    if (n > 0)
        f->out_done += (size_t)n;
    bool waits = f->out_done < f->out.length && !f->gone;
    if (!waits) {
        wzp_buffer_clear(&f->out);
        f->out_done = 0;
    }
    if (f->screen)
        wzp_watch_set(f->screen, waits ? WZP_WATCH_WRITE : 0);
}

static void draw(struct wzp_face *f, uint64_t now)
{
    struct wzp_tui_signal signal;
    int x, y;
    if (wzp_tui_signal(f->tui, &signal)) {
        wzp_render_signal(f->render, &f->out, &signal);
        if (signal.redraw)
            wzp_render_forget(f->render);
    }
    const struct wzp_canvas *canvas = wzp_tui_draw(f->tui, now);
    bool cursor = wzp_tui_cursor(f->tui, &x, &y);
    wzp_render_frame(f->render, &f->out, canvas, wzp_tui_theme(f->tui), cursor ? x : -1, y);
    wzp_tui_drawn(f->tui, f->out.length, now);
    f->drawn_at = now;
    flush(f);
}

/* Draws a picture that is due, unless the previous one is not yet written to the terminal; and sets
 * the timer. */
static void arrange(struct wzp_face *f)
{
    uint64_t now = clock_of(f), due = wzp_tui_due(f->tui);
    bool busy = f->out.length > 0;
    uint64_t least = wzp_time_add(f->drawn_at, PICTURE_LEAST);
    if (due < least)
        due = least;
    if (due <= now && !busy && !f->gone) {
        draw(f, now);
        due = wzp_tui_due(f->tui);
        busy = f->out.length > 0;
    }
    uint64_t at = wzp_time_min(wzp_tui_expiry(f->tui), wzp_decoder_expiry(&f->decoder));
    if (!busy && !f->gone)
        at = wzp_time_min(at, due);
    f->host.calls->timer_set(f->host.context, f->timer, at);
}

static void on_timer(void *owner, uint64_t now)
{
    struct wzp_face *f = owner;
    wzp_decoder_handle_expiry(&f->decoder, now);
    if (now >= wzp_tui_expiry(f->tui))
        wzp_tui_tick(f->tui, now);
    arrange(f);
}

static void on_writable(void *context, int events)
{
    struct wzp_face *f = context;
    (void)events;
    flush(f);
    arrange(f);
}

void wzp_face_event(struct wzp_face *f, const struct wzp_event *event)
{
    wzp_tui_event(f->tui, event, clock_of(f));
    arrange(f);
}

void wzp_face_kick(struct wzp_face *f)
{
    arrange(f);
}

/* ---- keyboard, size ---- */

static void resize(struct wzp_face *f)
{
    int width, height;
    wzp_terminal_size(&width, &height);
    wzp_tui_resize(f->tui, width, height);
    /* terminals rearrange their contents in different ways: draw everything again */
    wzp_render_forget(f->render);
}

static void enter(struct wzp_face *f)
{
    char leave[256];
    struct wzp_buffer b;
    wzp_buffer_init(&b, sizeof leave);
    wzp_render_leave(f->render, &b);
    wzp_terminal_set_leave(b.text, b.length);
    wzp_buffer_fini(&b);
    wzp_render_enter(f->render, &f->out);
    flush(f);
    resize(f);
}

static void suspend(struct wzp_face *f)
{
    f->suspend = false;
    wzp_buffer_clear(&f->out);
    f->out_done = 0;
    wzp_terminal_suspend();
    f->resumed = true; /* SIGCONT will report the same */
    enter(f);
    arrange(f);
}

static void stop(struct wzp_face *f)
{
    f->stops++;
    if (f->stops > 1) /* second request: end at once */
        wzp_loop_stop(f->loop);
    f->config.stop(f->config.context);
}

static void on_quit(void *context)
{
    stop(context);
}

static int on_take_over(void *context, struct wzp_error *err)
{
    struct wzp_face *f = context;
    if (!f->config.take_over)
        return wzp_error_set(err, WZP_E_UNSUPPORTED, "that cannot be done here");
    return f->config.take_over(f->config.context, err);
}

static void on_suspend(void *context)
{
    ((struct wzp_face *)context)->suspend = true;
}

static void on_key(void *context, struct wzp_key key)
{
    struct wzp_face *f = context;
    if (key.code == WZP_KEY_RELEASES) {
        struct wzp_buffer b;
        wzp_render_releases(f->render, &f->out);
        wzp_buffer_init(&b, 256);
        wzp_render_leave(f->render, &b); /* undoes that, too */
        wzp_terminal_set_leave(b.text, b.length);
        wzp_buffer_fini(&b);
        flush(f);
    }
    wzp_tui_key(f->tui, key, clock_of(f));
}

static void on_paste(void *context, const char *text, size_t length)
{
    struct wzp_face *f = context;
    wzp_tui_paste(f->tui, text, length, clock_of(f));
}

static void on_mouse(void *context, unsigned button, int x, int y)
{
    struct wzp_face *f = context;
    wzp_tui_click(f->tui, button, x, y, clock_of(f));
}

static void lose_terminal(struct wzp_face *f)
{
    f->gone = true;
    wzp_watch_close(f->keyboard);
    f->keyboard = NULL;
    stop(f);
}

static void on_keyboard(void *context, int events)
{
    struct wzp_face *f = context;
    uint8_t bytes[4096];
    (void)events;
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        lose_terminal(f);
        return;
    }
    wzp_decoder_receive(&f->decoder, bytes, (size_t)n, clock_of(f));
    if (f->suspend)
        suspend(f);
    arrange(f);
}

static void on_signal(void *context, int number)
{
    struct wzp_face *f = context;
    switch (number) {
    case SIGWINCH:
        resize(f);
        arrange(f);
        break;
    case SIGTSTP: suspend(f); break;
    case SIGCONT: /* after a stop that cannot be handled (SIGSTOP) */
        if (f->resumed) {
            f->resumed = false;
            break;
        }
        wzp_terminal_take();
        enter(f);
        arrange(f);
        break;
    case SIGHUP: lose_terminal(f); break;
    default: stop(f); break;
    }
}

/* ---- what others write to stderr ---- */

static void on_errors(void *context, int events)
{
    struct wzp_face *f = context;
    char bytes[2048];
    (void)events;
    ssize_t n = read(f->errors_fd, bytes, sizeof bytes);
    for (ssize_t i = 0; i < n; i++) {
        bool end = bytes[i] == '\n';
        if (!end && f->error_length < sizeof f->error_line - 1) {
            f->error_line[f->error_length++] = bytes[i];
        } else if (end && f->error_length > 0) {
            f->error_line[f->error_length] = '\0';
            f->error_length = 0;
            wzp_tui_log(f->tui, WZP_LOG_WARN, f->error_line);
        }
    }
    arrange(f);
}

/* ---- life ---- */

static bool is_ascii(const struct wzp_face_config *config)
{
    const char *codeset = nl_langinfo(CODESET);
    return config->ascii || strcasecmp(codeset, "UTF-8") != 0;
}

static bool wants_colours(const struct wzp_face_config *config)
{
    const char *no_colour = getenv("NO_COLOR");
    return !config->no_colours && !(no_colour && no_colour[0]);
}

/* Bytes a second for pictures that nobody asked for. A line of 9 600 bits a second carries 960
 * characters; a third of them may be used. */
static unsigned pace(void)
{
    unsigned bits = wzp_terminal_speed();
    return bits / 32;
}

static int open_watches(struct wzp_face *f)
{
    static const int numbers[WZP_FACE_SIGNALS] = {SIGWINCH, SIGTSTP, SIGCONT,
                                                  SIGHUP,   SIGTERM, SIGINT};
    int result = f->host.calls->timer_new(f->host.context, &f->timer, on_timer, f);
    for (size_t i = 0; !result && i < WZP_FACE_SIGNALS; i++)
        result = wzp_signal_watch_start(&f->signals[i], f->loop, numbers[i], on_signal, f);
    if (!result)
        result =
            wzp_watch_start(&f->keyboard, f->loop, STDIN_FILENO, WZP_WATCH_READ, on_keyboard, f);
    if (!result && f->errors_fd >= 0)
        result = wzp_watch_start(&f->errors, f->loop, f->errors_fd, WZP_WATCH_READ, on_errors, f);
    /* Often the same file as the keyboard; a file can be watched only once. */
    f->screen_fd = result ? -1 : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (f->screen_fd >= 0)
        result = wzp_watch_start(&f->screen, f->loop, f->screen_fd, 0, on_writable, f);
    return result;
}

int wzp_face_open(struct wzp_face *f, struct wzp_loop *l, const struct wzp_host *host,
                  const struct wzp_face_config *config, struct wzp_error *err)
{
    const char *term = getenv("TERM");
    *f = (struct wzp_face){
        .config = *config, .loop = l, .host = *host, .errors_fd = -1, .screen_fd = -1};
    f->decoder = (struct wzp_decoder){
        .key = on_key, .paste = on_paste, .mouse = config->mouse ? on_mouse : NULL, .context = f};
    wzp_buffer_init(&f->out, OUT_MAX);
    int result =
        wzp_render_new(&f->render, term ? term : "", STDOUT_FILENO, wants_colours(config), err);
    if (!result && config->mouse)
        wzp_render_mouse(f->render);
    if (!result)
        result = wzp_terminal_open(STDIN_FILENO, STDOUT_FILENO, err);
    struct wzp_tui_config tui = {.view = config->view,
                                 .ascii = is_ascii(config),
                                 .theme = config->theme,
                                 .bytes_per_second = result ? 0 : pace(),
                                 .quit = on_quit,
                                 .suspend = on_suspend,
                                 .take_over = on_take_over,
                                 .context = f};
    if (!result && wzp_render_colours(f->render) == 0)
        tui.theme = "mono";
    if (!result)
        result = wzp_tui_new(&f->tui, &tui, clock_of(f));
    if (!result)
        result = wzp_terminal_catch_stderr(&f->errors_fd, err);
    if (!result)
        result = open_watches(f);
    if (result) {
        wzp_face_close(f);
        return err && err->text[0] ? result
                                   : wzp_error_set(err, result, "%s", wzp_strerror(result));
    }
    enter(f);
    draw(f, clock_of(f));
    arrange(f);
    return 0;
}

void wzp_face_close(struct wzp_face *f)
{
    flush(f);
    wzp_watch_close(f->keyboard);
    wzp_watch_close(f->screen);
    wzp_watch_close(f->errors);
    for (size_t i = 0; i < WZP_FACE_SIGNALS; i++)
        wzp_signal_watch_close(f->signals[i]);
    if (f->timer)
        f->host.calls->timer_free(f->host.context, f->timer);
    wzp_terminal_close();
    if (f->errors_fd >= 0)
        close(f->errors_fd);
    if (f->screen_fd >= 0)
        close(f->screen_fd);
    wzp_tui_free(f->tui);
    wzp_render_free(f->render);
    wzp_buffer_fini(&f->out);
    *f = (struct wzp_face){.errors_fd = -1, .screen_fd = -1};
}
