/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/prompt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "tui/terminal.h"
#include "tui/width.h"

#define ESCAPE_TIME (60 * WZP_MILLISECOND)

static void put(const char *text)
{
    wzp_terminal_write(text, strlen(text));
}

/* Columns that the beginning of a text takes. */
static size_t columns(const char *text, size_t length)
{
    int count = 0;
    uint32_t code;
    for (size_t i = 0; i < length;) {
        i += wzp_width_next(&code, text + i);
        count += wzp_width_of(code) > 0 ? wzp_width_of(code) : 0;
    }
    return (size_t)count;
}

/* The number of bytes of a text that fit into `room` columns, in whole characters. */
static size_t fitting(const char *text, size_t room)
{
    uint32_t code;
    size_t fits = 0;
    for (size_t n; (n = wzp_width_next(&code, text + fits)) && columns(text, fits + n) <= room;)
        fits += n;
    return fits;
}

/* Draws the part of the line around the cursor that fits. */
static void draw(struct wzp_prompt *p)
{
    int width, height;
    char out[WZP_LINE_MAX + 128];
    uint32_t code;
    wzp_terminal_size(&width, &height);
    size_t room = (size_t)width > strlen(p->text) + 2 ? (size_t)width - strlen(p->text) - 1 : 8;
    size_t from = 0;
    while (columns(p->line.text + from, p->line.cursor - from) >= room)
        from += wzp_width_next(&code, p->line.text + from);
    size_t shown = fitting(p->line.text + from, room);
    size_t at = strlen(p->text) + columns(p->line.text + from, p->line.cursor - from);
    snprintf(out, sizeof out, "\r\033[K%s%.*s\r\033[%zuC", p->text, (int)shown,
             p->line.text + from, at);
    put(out);
}

void wzp_prompt_print(struct wzp_prompt *p, const char *text)
{
    if (!p->is_open) {
        puts(text);
        fflush(stdout);
        return;
    }
    put("\r\033[K");
    put(text);
    put("\r\n");
    draw(p);
}

/* ---- completion ---- */

static void take_candidate(void *owner, const char *candidate, const char *help)
{
    struct wzp_prompt *p = owner;
    (void)help;
    if (p->candidate_count < WZP_PROMPT_CANDIDATES && strlen(candidate) < sizeof p->candidates[0])
        snprintf(p->candidates[p->candidate_count++], sizeof p->candidates[0], "%s", candidate);
}

/* The length of the common prefix of all candidates. */
static size_t common(const struct wzp_prompt *p)
{
    size_t length = strlen(p->candidates[0]);
    for (size_t i = 1; i < p->candidate_count; i++) {
        size_t same = 0;
        while (same < length && p->candidates[i][same] == p->candidates[0][same])
            same++;
        length = same;
    }
    return length;
}

static void list_candidates(struct wzp_prompt *p)
{
    size_t longest = 0;
    int width, height;
    for (size_t i = 0; i < p->candidate_count; i++) {
        size_t length = columns(p->candidates[i], strlen(p->candidates[i]));
        longest = length > longest ? length : longest;
    }
    wzp_terminal_size(&width, &height);
    size_t in_a_row = (size_t)width / (longest + 2);
    put("\r\033[K");
    for (size_t i = 0; i < p->candidate_count; i++) {
        char text[sizeof p->candidates[0] + 80];
        size_t used = columns(p->candidates[i], strlen(p->candidates[i]));
        bool last = i + 1 == p->candidate_count || in_a_row < 2 || (i + 1) % in_a_row == 0;
        snprintf(text, sizeof text, "%s%*s", p->candidates[i], last ? 0 : (int)(longest + 2 - used),
                 "");
        put(text);
        if (last)
            put("\r\n");
    }
}

static void complete(struct wzp_prompt *p)
{
    static const char part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:";
    char typed[WZP_LINE_MAX];
    size_t from = p->line.cursor;
    if (!p->complete)
        return;
    while (from > 0 && strchr(part, p->line.text[from - 1]))
        from--;
    snprintf(typed, sizeof typed, "%.*s", (int)p->line.cursor, p->line.text);
    p->candidate_count = 0;
    p->complete(p->context, typed, take_candidate, p);
    if (p->candidate_count == 0)
        return;
    size_t have = p->line.cursor - from, same = common(p);
    if (same > have)
        wzp_line_insert(&p->line, p->candidates[0] + have, same - have);
    else if (p->candidate_count > 1)
        list_candidates(p);
}

/* ---- keys ---- */

static void finish(struct wzp_prompt *p)
{
    char line[WZP_LINE_MAX];
    snprintf(line, sizeof line, "%s", p->line.text);
    wzp_line_move(&p->line, WZP_LINE_END);
    draw(p);
    put("\r\n");
    wzp_line_remember(&p->line);
    wzp_line_set(&p->line, "");
    p->done(p->context, line);
}

static void control(struct wzp_prompt *p, uint32_t code)
{
    switch (code) {
    case 'a': wzp_line_move(&p->line, WZP_LINE_HOME); break;
    case 'e': wzp_line_move(&p->line, WZP_LINE_END); break;
    case 'k': wzp_line_delete(&p->line, WZP_LINE_END); break;
    case 'u': wzp_line_delete(&p->line, WZP_LINE_HOME); break;
    case 'w': wzp_line_delete(&p->line, WZP_LINE_WORD_LEFT); break;
    case 'y': wzp_line_yank(&p->line); break;
    case 'p': wzp_line_recall(&p->line, -1); break;
    case 'n': wzp_line_recall(&p->line, 1); break;
    case 'h': wzp_line_delete(&p->line, WZP_LINE_LEFT); break;
    case 'c': wzp_line_set(&p->line, ""); break;
    case 'l': put("\033[H\033[2J"); break;
    case 'd':
        if (p->line.length == 0)
            p->done(p->context, NULL);
        else
            wzp_line_delete(&p->line, WZP_LINE_RIGHT);
        break;
    default: break;
    }
}

static void on_key(void *context, struct wzp_key key)
{
    struct wzp_prompt *p = context;
    char bytes[4];
    bool is_word = key.modifiers & (WZP_KEY_CONTROL | WZP_KEY_ALT);
    if (key.kind == WZP_KEY_RELEASE || !p->is_open)
        return;
    switch (key.code) {
    case WZP_KEY_ENTER: finish(p); break;
    case WZP_KEY_TAB: complete(p); break;
    case WZP_KEY_BACKSPACE:
        wzp_line_delete(&p->line, is_word ? WZP_LINE_WORD_LEFT : WZP_LINE_LEFT);
        break;
    case WZP_KEY_DELETE: wzp_line_delete(&p->line, WZP_LINE_RIGHT); break;
    case WZP_KEY_LEFT: wzp_line_move(&p->line, is_word ? WZP_LINE_WORD_LEFT : WZP_LINE_LEFT); break;
    case WZP_KEY_RIGHT:
        wzp_line_move(&p->line, is_word ? WZP_LINE_WORD_RIGHT : WZP_LINE_RIGHT);
        break;
    case WZP_KEY_HOME: wzp_line_move(&p->line, WZP_LINE_HOME); break;
    case WZP_KEY_END: wzp_line_move(&p->line, WZP_LINE_END); break;
    case WZP_KEY_UP: wzp_line_recall(&p->line, -1); break;
    case WZP_KEY_DOWN: wzp_line_recall(&p->line, 1); break;
    default:
        if (key.modifiers & WZP_KEY_CONTROL)
            control(p, key.code);
        else if (key.code >= WZP_KEY_SPACE && key.code < WZP_KEY_UP && !is_word)
            wzp_line_insert(&p->line, bytes, wzp_width_put(bytes, key.code));
        break;
    }
    if (p->is_open)
        draw(p);
}

static void on_paste(void *context, const char *text, size_t length)
{
    struct wzp_prompt *p = context;
    wzp_line_insert(&p->line, text, length);
    draw(p);
}

static void on_escape(void *context)
{
    struct wzp_prompt *p = context;
    wzp_timer_close(p->escape);
    p->escape = NULL;
    wzp_decoder_handle_expiry(&p->decoder, wzp_loop_now(p->loop));
}

static void on_keyboard(void *context, int events)
{
    struct wzp_prompt *p = context;
    uint8_t bytes[1024];
    (void)events;
    ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (count <= 0) {
        p->done(p->context, NULL);
        return;
    }
    wzp_decoder_receive(&p->decoder, bytes, (size_t)count, wzp_loop_now(p->loop));
    if (p->is_open && !p->escape && wzp_decoder_expiry(&p->decoder) != WZP_NEVER)
        (void)wzp_timer_start(&p->escape, p->loop, ESCAPE_TIME, 0, on_escape, p);
}

int wzp_prompt_open(struct wzp_prompt *p, struct wzp_loop *l, struct wzp_error *err)
{
    p->loop = l;
    int result = wzp_terminal_open(STDIN_FILENO, STDOUT_FILENO, err);
    if (result)
        return result;
    wzp_terminal_set_leave("\r\033[K", 4);
    p->decoder = (struct wzp_decoder){.key = on_key, .paste = on_paste, .context = p};
    result = wzp_watch_start(&p->keyboard, l, STDIN_FILENO, WZP_WATCH_READ, on_keyboard, p);
    if (result) {
        wzp_terminal_close();
        return wzp_error_set(err, result, "cannot wait for keys");
    }
    p->is_open = true;
    draw(p);
    return 0;
}

void wzp_prompt_close(struct wzp_prompt *p)
{
    if (!p->is_open)
        return;
    p->is_open = false;
    wzp_timer_close(p->escape);
    p->escape = NULL;
    wzp_watch_close(p->keyboard);
    p->keyboard = NULL;
    wzp_terminal_close();
    wzp_line_fini(&p->line);
}
