/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The line at the bottom: commands, searches, values of settings; completion. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tui/internal.h"
#include "tui/width.h"
#include "wzp/app.h"

static struct wzp_line *line_of(struct wzp_tui *t)
{
    return t->typing == WZP_TYPING_SEARCH ? &t->search_line : &t->line;
}

void wzp_tui_answer(struct wzp_tui *t, const char *text)
{
    void (*answer)(void *context, unsigned number, const char *answer) = t->question.answer;
    t->question.answer = NULL; /* the answer's function may ask the next question */
    if (answer)
        answer(t->question.context, t->question.number, text);
}

int wzp_tui_ask(struct wzp_tui *t, const char *question, unsigned number,
                void (*answer)(void *context, unsigned number, const char *text), void *context)
{
    if (t->question.answer || t->typing != WZP_TYPING_NOT)
        return WZP_E_STATE;
    wzp_text_filter(t->question.text, sizeof t->question.text, question, strlen(question));
    t->question.number = number;
    t->question.answer = answer;
    t->question.context = context;
    t->question.is_secret = false;
    wzp_tui_type(t, WZP_TYPING_ANSWER, "");
    return 0;
}

int wzp_tui_ask_secret(struct wzp_tui *t, const char *question, unsigned number,
                       void (*answer)(void *context, unsigned number, const char *text),
                       void *context)
{
    int result = wzp_tui_ask(t, question, number, answer, context);
    if (!result) {
        t->question.is_secret = true;
        wzp_line_secret(&t->line, true);
    }
    return result;
}

void wzp_tui_ask_no_more(struct wzp_tui *t, const void *context)
{
    if (!t->question.answer || t->question.context != context)
        return;
    t->question.answer = NULL;
    wzp_tui_type(t, WZP_TYPING_NOT, "");
}

void wzp_tui_type(struct wzp_tui *t, enum wzp_typing what, const char *text)
{
    wzp_line_secret(&t->line, false);
    t->typing = what;
    t->completing = false;
    t->completion_count = 0;
    if (what != WZP_TYPING_NOT)
        wzp_line_set(line_of(t), text);
    t->notice.text[0] = '\0';
    wzp_tui_touch(t);
}

void wzp_tui_type_key(struct wzp_tui *t, struct wzp_key key)
{
    bool printable = key.code >= ' ' && key.code < WZP_KEY_UP && key.code != WZP_KEY_BACKSPACE;
    if (!printable || (key.modifiers & ~WZP_KEY_SHIFT))
        return;
    char bytes[4];
    t->completing = false;
    wzp_line_insert(line_of(t), bytes, wzp_width_put(bytes, key.code));
    wzp_tui_typed(t);
}

void wzp_tui_typed(struct wzp_tui *t)
{
    if (t->typing != WZP_TYPING_SEARCH || t->overlay == WZP_OVERLAY_HELP)
        return;
    wzp_text_copy(t->search, sizeof t->search, t->search_line.text);
    (void)wzp_tui_list_search(t);
}

/* ---- completion ---- */

struct collecting {
    struct wzp_tui *t;
    const char *word;
};

static void collect(void *owner, const char *candidate, const char *help)
{
    struct collecting *c = owner;
    struct wzp_tui *t = c->t;
    if (t->completion_count == WZP_COMPLETIONS_MAX ||
        strncmp(candidate, c->word, strlen(c->word)) != 0)
        return;
    for (size_t i = 0; i < t->completion_count; i++)
        if (strcmp(t->completions[i].text, candidate) == 0)
            return;
    struct wzp_completion *item = &t->completions[t->completion_count++];
    wzp_text_filter(item->text, sizeof item->text, candidate, strlen(candidate));
    wzp_text_filter(item->help, sizeof item->help, help ? help : "", help ? strlen(help) : 0);
}

static void collect_names(struct collecting *c, const char *verb)
{
    const char *name;
    if (strcmp(verb, "screen") == 0)
        for (size_t i = 0; (name = wzp_tui_screen_name(i)); i++) {
            if (wzp_screen_offered(c->t, (enum wzp_screen_id)i))
                collect(c, name, wzp_tui_screen_title(i));
        }
    const struct wzp_theme *theme;
    if (strcmp(verb, "theme") == 0)
        for (size_t i = 0; (theme = wzp_theme(i)); i++)
            collect(c, theme->name, theme->help);
    if (strcmp(verb, "bind") == 0 || strcmp(verb, "unbind") == 0)
        for (int i = 0; i < WZP_CONTEXT_COUNT; i++)
            collect(c, wzp_key_context_name((enum wzp_key_context)i),
                    wzp_key_context_help((enum wzp_key_context)i));
}

static void find_candidates(struct wzp_tui *t)
{
    char before[WZP_LINE_MAX];
    size_t word = wzp_line_word(&t->line);
    size_t skip = t->line.text[word] == '"' && word < t->line.cursor; /* skips an opening quote */
    memcpy(before, t->line.text, t->line.cursor);
    before[t->line.cursor] = '\0';
    memmove(before + word, before + word + skip, t->line.cursor - word - skip + 1);
    struct collecting c = {t, before + word};
    t->completion_count = 0;
    t->completion_at = 0;
    if (word == 0) {
        const struct wzp_tui_command *command;
        for (size_t i = 0; (command = wzp_tui_command(i)); i++)
            collect(&c, command->name, command->help);
    } else {
        char verb[32];
        size_t n = strcspn(before, " ");
        if (n < sizeof verb) {
            memcpy(verb, before, n);
            verb[n] = '\0';
            collect_names(&c, verb);
        }
    }
    if (t->view->complete)
        t->view->complete(t->view->context, before, collect, &c);
}

/* The length of the candidates' common prefix. */
static size_t common_prefix(const struct wzp_tui *t)
{
    size_t n = strlen(t->completions[0].text);
    for (size_t i = 1; i < t->completion_count; i++) {
        size_t same = 0;
        while (same < n && t->completions[i].text[same] == t->completions[0].text[same])
            same++;
        n = same;
    }
    /* not in the middle of a character */
    while (n > 0 && ((unsigned char)t->completions[0].text[n] & 0xc0) == 0x80)
        n--;
    return n;
}

static void complete(struct wzp_tui *t, int step)
{
    if (t->typing != WZP_TYPING_COMMAND)
        return;
    size_t word = wzp_line_word(&t->line);
    if (!t->completing) {
        find_candidates(t);
        if (t->completion_count == 0)
            return;
        if (t->completion_count == 1) {
            wzp_line_complete(&t->line, word, t->completions[0].text, true);
            t->completion_count = 0;
            return;
        }
        size_t common = common_prefix(t);
        if (common + (t->line.text[word] == '"') > t->line.cursor - word) {
            char prefix[80];
            memcpy(prefix, t->completions[0].text, common);
            prefix[common] = '\0';
            wzp_line_complete(&t->line, word, prefix, false); /* the next Tab searches again */
            return;
        }
        t->completing = true;
        t->completion_from = word;
        /* the next step leads to the first candidate */
        t->completion_at = step > 0 ? t->completion_count - 1 : 0;
    }
    size_t count = t->completion_count;
    t->completion_at = (t->completion_at + (step > 0 ? 1 : count - 1)) % count;
    const char *text = t->completions[t->completion_at].text;
    wzp_line_complete(&t->line, t->completion_from, text, strchr(text, ' ') != NULL);
}

int wzp_tui_edit(struct wzp_tui *t, const char *action)
{
    static const struct {
        const char *name;
        enum wzp_line_motion motion;
    } motions[] = {{"left", WZP_LINE_LEFT},           {"right", WZP_LINE_RIGHT},
                   {"word-left", WZP_LINE_WORD_LEFT}, {"word-right", WZP_LINE_WORD_RIGHT},
                   {"home", WZP_LINE_HOME},           {"end", WZP_LINE_END}};
    struct wzp_line *l = line_of(t);
    bool delete = strncmp(action, "delete-", 7) == 0;
    const char *name = delete ? action + 7 : action;
    if (t->typing == WZP_TYPING_NOT)
        return WZP_E_STATE;
    if (strcmp(action, "complete") == 0 || strcmp(action, "complete-back") == 0) {
        complete(t, action[8] ? -1 : 1);
        return 0;
    }
    t->completing = false;
    t->completion_count = 0;
    if (delete &&l->length == 0 && strcmp(name, "left") == 0) { /* nothing left to delete */
        wzp_tui_type(t, WZP_TYPING_NOT, "");
        return 0;
    }
    for (size_t i = 0; i < sizeof motions / sizeof motions[0]; i++)
        if (strcmp(motions[i].name, name) == 0) {
            if (delete)
                wzp_line_delete(l, motions[i].motion);
            else
                wzp_line_move(l, motions[i].motion);
            wzp_tui_typed(t);
            return 0;
        }
    if (strcmp(action, "older") == 0 || strcmp(action, "newer") == 0)
        wzp_line_recall(l, action[0] == 'o' ? -1 : 1);
    else if (strcmp(action, "yank") == 0)
        wzp_line_yank(l);
    else
        return WZP_E_UNKNOWN;
    wzp_tui_typed(t);
    return 0;
}

/* Changes a setting now and in config.toml. */
static int change_setting(struct wzp_tui *t, const char *line, uint64_t now, struct wzp_error *err)
{
    char keep[80];
    int result = wzp_tui_run(t, line, now, err);
    snprintf(keep, sizeof keep, "keep %s", t->setting);
    return result ? result : wzp_tui_run(t, keep, now, err);
}

/* ---- a password in a command ---- */

/* Where the password of a command begins, which is not to be shown; the end of the text when there
 * is none. */
static size_t password_at(const char *text)
{
    size_t skip = strspn(text, " :");
    return skip + wzp_app_command_secret(text + skip);
}

/* Removes a password from a line before it goes into the history. */
static void drop_password(struct wzp_line *l)
{
    size_t at = password_at(l->text);
    if (at == l->length)
        return;
    wzp_wipe(l->text + at, l->length - at);
    wzp_wipe(l->draft, sizeof l->draft);
    wzp_wipe(l->cut, sizeof l->cut);
    while (at > 0 && l->text[at - 1] == ' ')
        l->text[--at] = '\0';
    l->length = l->cursor = at;
}

int wzp_tui_accept(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    char text[WZP_LINE_MAX + 80];
    struct wzp_line *l = line_of(t);
    enum wzp_typing what = t->typing;
    snprintf(text, sizeof text, "%s", l->text);
    if (what == WZP_TYPING_SETTING)
        snprintf(text, sizeof text, "set %s %s", t->setting, l->text);
    if (what == WZP_TYPING_COMMAND)
        drop_password(l);
    if (what != WZP_TYPING_SETTING && what != WZP_TYPING_ANSWER)
        wzp_line_remember(l);
    wzp_tui_type(t, WZP_TYPING_NOT, "");
    if (what == WZP_TYPING_ANSWER) {
        wzp_line_set(l, "");
        wzp_tui_answer(t, text);
        wzp_wipe(text, sizeof text);
        return 0;
    }
    if (what == WZP_TYPING_SETTING)
        return change_setting(t, text, now, err);
    if (what != WZP_TYPING_SEARCH) {
        int result = text[strspn(text, " :")] ? wzp_tui_run(t, text, now, err) : 0;
        wzp_wipe(text, sizeof text);
        return result;
    }
    if (t->overlay == WZP_OVERLAY_HELP) {
        wzp_text_copy(t->help_search, sizeof t->help_search, text);
        t->overlay_top = 0;
        return 0;
    }
    wzp_text_copy(t->search, sizeof t->search, text);
    if (text[0] && !wzp_tui_list_search(t))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "nothing here holds \"%.60s\"", t->search);
    return 0;
}

/* ---- drawing ---- */

/* The position from which the line is drawn as stars. */
static size_t secret_from(const struct wzp_tui *t, const struct wzp_line *l)
{
    if (t->typing == WZP_TYPING_COMMAND)
        return password_at(l->text);
    return t->typing == WZP_TYPING_ANSWER && t->question.is_secret ? 0 : l->length;
}

/* The line as it is drawn; returns the cursor's position in it. */
static size_t shown_line(const struct wzp_tui *t, const struct wzp_line *l, char out[WZP_LINE_MAX])
{
    size_t from = secret_from(t, l), count = from, cursor = l->cursor < from ? l->cursor : from;
    memcpy(out, l->text, from);
    for (size_t i = from; i < l->length; i++) {
        if (((unsigned char)l->text[i] & 0xc0) == 0x80)
            continue; /* inside a character */
        out[count++] = '*';
        cursor += i < l->cursor;
    }
    out[count] = '\0';
    return cursor;
}

void wzp_tui_draw_typing(struct wzp_tui *t, struct wzp_area a, int y)
{
    char prompt[80] = ":";
    if (t->typing == WZP_TYPING_SEARCH)
        snprintf(prompt, sizeof prompt, "/");
    else if (t->typing == WZP_TYPING_SETTING)
        snprintf(prompt, sizeof prompt, "%s = ", t->setting);
    else if (t->typing == WZP_TYPING_ANSWER)
        snprintf(prompt, sizeof prompt, "%.76s ", t->question.text);
    const struct wzp_line *l = line_of(t);
    int x = wzp_draw_text(a, 0, y, WZP_STYLE_ACCENT, prompt);
    char shown[WZP_LINE_MAX], before[WZP_LINE_MAX];
    size_t cursor = shown_line(t, l, shown);
    memcpy(before, shown, cursor);
    before[cursor] = '\0';
    /* A long line is scrolled so that the cursor is visible. */
    int column = wzp_width_text(before), room = a.width - x - 1;
    int shift = column > room ? column - room : 0;
    struct wzp_area field = wzp_area_part(a, x, y, a.width - x, 1);
    wzp_draw_text(field, -shift, 0, WZP_STYLE_NORMAL, shown);
    t->cursor_x = a.x + x + column - shift;
    t->cursor_y = a.y + y;
}

void wzp_tui_draw_completions(struct wzp_tui *t, struct wzp_area a)
{
    int rows = (int)t->completion_count;
    if (rows == 0 || a.height < 3 || a.width < 20)
        return;
    if (rows > a.height / 2)
        rows = a.height / 2;
    int first = 0;
    if (t->completing && (int)t->completion_at >= rows)
        first = (int)t->completion_at - rows + 1;
    int widest = 8;
    for (size_t i = 0; i < t->completion_count; i++) {
        int width = wzp_width_text(t->completions[i].text);
        widest = width > widest ? width : widest;
    }
    if (widest > a.width / 2)
        widest = a.width / 2;
    struct wzp_area box = wzp_area_part(a, 0, a.height - rows, a.width, rows);
    for (int i = 0; i < rows; i++) {
        size_t at = (size_t)first + (size_t)i;
        const struct wzp_completion *c = &t->completions[at];
        bool here = t->completing && at == t->completion_at;
        enum wzp_style style = here ? WZP_STYLE_SELECTED : WZP_STYLE_BAR;
        wzp_draw_blank(box, i, style);
        wzp_draw_text(box, 0, i, style, here ? "›" : " ");
        int x = wzp_draw_fit(box, 1, i, widest, style, c->text);
        wzp_draw_fit(box, x + 2, i, box.width - x - 2, style, c->help);
    }
}
