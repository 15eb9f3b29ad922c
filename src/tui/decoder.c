/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/decoder.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "tui/width.h"

#define ESC 27
#define PASTE_END "\033[201~"

static void emit(struct wzp_decoder *d, uint32_t code, unsigned modifiers, enum wzp_key_kind kind)
{
    struct wzp_key key = {code, (uint8_t)modifiers, (uint8_t)kind};
    d->key(d->context, key);
}

/* A byte below space: a control key in the traditional encoding. */
static void emit_control(struct wzp_decoder *d, uint8_t byte, unsigned modifiers)
{
    switch (byte) {
    case '\r':
    case '\n': emit(d, WZP_KEY_ENTER, modifiers, WZP_KEY_PRESS); return;
    case '\t':
    case ESC: emit(d, byte, modifiers, WZP_KEY_PRESS); return;
    case 0: emit(d, WZP_KEY_SPACE, modifiers | WZP_KEY_CONTROL, WZP_KEY_PRESS); return;
    case 8:
    case 0x7f: emit(d, WZP_KEY_BACKSPACE, modifiers, WZP_KEY_PRESS); return;
    default: break;
    }
    uint32_t letter = byte < 27 ? (uint32_t)byte + 'a' - 1 : (uint32_t)byte + '@';
    emit(d, letter, modifiers | WZP_KEY_CONTROL, WZP_KEY_PRESS);
}

/* ---- sequences ---- */

#define PARAMETERS_MAX 4
struct sequence {
    char mark; /* '?', '<', '>' or 0 */
    unsigned values[PARAMETERS_MAX];
    unsigned shifted; /* after a ':' in the first parameter: the key with shift */
    unsigned kind;    /* after a ':' in the second parameter: 1 press, 2 repeat, 3 release */
    size_t count;
    char final;
};

/* Reads "ESC [ ... X" without its "ESC [". Excessive numbers are cut. */
static void read_sequence(struct sequence *s, const uint8_t *bytes, size_t length)
{
    *s = (struct sequence){.final = (char)bytes[length - 1]};
    size_t i = 0;
    if (length > 1 && strchr("?<>=", (char)bytes[0]) && bytes[0])
        s->mark = (char)bytes[i++];
    unsigned subs = 0, unused = 0; /* sub-parameters are separated by ':' */
    s->count = 1;
    for (; i + 1 < length; i++) {
        uint8_t byte = bytes[i];
        unsigned *value = subs == 0                    ? &s->values[s->count - 1]
                          : subs == 1 && s->count == 1 ? &s->shifted
                          : subs == 1 && s->count == 2 ? &s->kind
                                                       : &unused;
        if (byte >= '0' && byte <= '9') {
            if (*value < 0x110000)
                *value = *value * 10 + (unsigned)(byte - '0');
        } else if (byte == ':') {
            subs++;
        } else if (byte == ';' && s->count < PARAMETERS_MAX) {
            s->count++;
            subs = 0;
        }
    }
}

static uint32_t code_of_letter(char final)
{
    switch (final) {
    case 'A': return WZP_KEY_UP;
    case 'B': return WZP_KEY_DOWN;
    case 'C': return WZP_KEY_RIGHT;
    case 'D': return WZP_KEY_LEFT;
    case 'F': return WZP_KEY_END;
    case 'H': return WZP_KEY_HOME;
    case 'P': return WZP_KEY_F1;
    case 'Q': return WZP_KEY_F1 + 1;
    case 'R': return WZP_KEY_F1 + 2;
    case 'S': return WZP_KEY_F1 + 3;
    case 'M': return WZP_KEY_ENTER; /* of the numeric keypad */
    default: return WZP_KEY_NONE;
    }
}

static uint32_t code_of_number(unsigned number)
{
    static const uint32_t low[] = {WZP_KEY_NONE,      WZP_KEY_HOME, WZP_KEY_INSERT,
                                   WZP_KEY_DELETE,    WZP_KEY_END,  WZP_KEY_PAGE_UP,
                                   WZP_KEY_PAGE_DOWN, WZP_KEY_HOME, WZP_KEY_END};
    static const uint8_t function[] = {11, 12, 13, 14, 15, 17, 18, 19, 20, 21,
                                       23, 24, 25, 26, 28, 29, 31, 32, 33, 34};
    if (number < sizeof low / sizeof low[0])
        return low[number];
    for (size_t i = 0; i < sizeof function; i++)
        if (function[i] == number)
            return WZP_KEY_F1 + (uint32_t)i;
    return WZP_KEY_NONE;
}

/* The key of a "CSI code u" sequence (kitty protocol); of its private area only the codes that we
 * know. */
static uint32_t code_of_kitty(unsigned code)
{
    if (code == 57414)
        return WZP_KEY_ENTER;
    if (code >= 57344 && code < 63744)
        return WZP_KEY_NONE; /* modifiers alone, media keys */
    if (code == 8)
        return WZP_KEY_BACKSPACE;
    if (code >= 0xd800 && code < 0xe000)
        return WZP_KEY_NONE;
    return code < 0x110000 ? code : WZP_KEY_NONE;
}

/* Handles sequences that are not keys: an answer of the terminal, the mouse, the beginning of a
 * paste. True when it was one of these, or of an unknown kind. */
static bool handle_report(struct wzp_decoder *d, const struct sequence *s, size_t length)
{
    const unsigned *v = s->values;
    if (s->mark == '?' && s->final == 'u') {
        emit(d, WZP_KEY_RELEASES, 0, WZP_KEY_PRESS);
    } else if (s->mark == '<' && s->final == 'M' && s->count == 3) {
        if (d->mouse && v[1] > 0 && v[2] > 0 && v[1] < 0x8000 && v[2] < 0x8000)
            d->mouse(d->context, v[0], (int)v[1] - 1, (int)v[2] - 1);
    } else if (!s->mark && s->final == 'M' && length == 1) {
        d->skip = 3; /* an old mouse report: three bytes follow */
    } else if (!s->mark && s->final == '~' && v[0] == 200) {
        d->in_paste = true;
        d->pasted_length = d->paste_end = 0;
    } else {
        return s->mark != 0;
    }
    return true;
}

/* The key of a sequence; *modifiers gets Shift where the key itself says it. WZP_KEY_NONE:
 * unknown. */
static uint32_t code_of(const struct sequence *s, unsigned *modifiers)
{
    switch (s->final) {
    case '~': return code_of_number(s->values[0]);
    case 'u': return code_of_kitty(s->values[0]);
    case 'Z': *modifiers |= WZP_KEY_SHIFT; return WZP_KEY_TAB;
    case 'I': return WZP_KEY_FOCUS_IN;
    case 'O': return WZP_KEY_FOCUS_OUT;
    default: return s->values[0] <= 1 ? code_of_letter(s->final) : WZP_KEY_NONE;
    }
}

/* The character with shift applied. Terminals already send the shifted one, except in the protocol
 * with releases. */
static uint32_t shift_character(const struct sequence *s, uint32_t code, unsigned *modifiers,
                                bool caps)
{
    bool is_small = code >= 'a' && code <= 'z';
    bool is_character = code > ' ' && code < WZP_KEY_UP && code != WZP_KEY_BACKSPACE;
    if (is_character && (*modifiers & WZP_KEY_SHIFT) && !(*modifiers & WZP_KEY_CONTROL)) {
        *modifiers &= ~(unsigned)WZP_KEY_SHIFT;
        if (s->final == 'u' && s->shifted > ' ' && s->shifted < 0x110000)
            return s->shifted;
        return is_small ? code - 32 : code;
    }
    return caps && !*modifiers && is_small ? code - 32 : code;
}

static void handle_sequence(struct wzp_decoder *d, const uint8_t *bytes, size_t length)
{
    struct sequence s;
    read_sequence(&s, bytes, length);
    if (handle_report(d, &s, length))
        return;
    unsigned bits = s.values[1] ? s.values[1] - 1 : 0;
    unsigned modifiers = bits & 7;
    if (bits & 0x38) /* keys with super, hyper or meta belong to the desktop */
        return;
    uint32_t code = code_of(&s, &modifiers);
    code = shift_character(&s, code, &modifiers, bits & 64);
    if (code != WZP_KEY_NONE)
        emit(d, code, modifiers,
             s.kind == 2   ? WZP_KEY_REPEAT
             : s.kind == 3 ? WZP_KEY_RELEASE
                           : WZP_KEY_PRESS);
}

/* ---- one byte after the other ---- */

static void take_pasted(struct wzp_decoder *d, uint8_t byte)
{
    static const char end[] = PASTE_END;
    if (byte == (uint8_t)end[d->paste_end]) {
        d->paste_end++;
        if (end[d->paste_end])
            return;
        d->in_paste = false;
        d->pasted[d->pasted_length] = '\0';
        d->paste(d->context, d->pasted, d->pasted_length);
        return;
    }
    for (size_t i = 0; i < d->paste_end; i++) /* it was not the end mark */
        if (d->pasted_length < WZP_DECODER_PASTE_MAX)
            d->pasted[d->pasted_length++] = end[i];
    d->paste_end = 0;
    if (byte == ESC)
        d->paste_end = 1;
    else if (d->pasted_length < WZP_DECODER_PASTE_MAX)
        d->pasted[d->pasted_length++] = (char)byte;
}

static void hold(struct wzp_decoder *d, uint8_t byte)
{
    if (d->held_length < WZP_DECODER_SEQUENCE_MAX)
        d->held[d->held_length++] = byte;
    else
        d->skipping = true;
}

static void drop_held(struct wzp_decoder *d)
{
    d->held_length = 0;
    d->escape_at = 0;
    d->skipping = false;
}

/* Takes a byte of a UTF-8 character, alone or after an ESC (then it starts at held[1]). */
static void take_character(struct wzp_decoder *d, uint8_t byte, unsigned modifiers, size_t from)
{
    hold(d, byte);
    const char *text = (const char *)d->held + from;
    size_t length = d->held_length - from;
    uint8_t first = d->held[from];
    size_t wanted = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first >= 0xf5)
        wanted = 0;
    bool wrong = length > 1 && (byte & 0xc0) != 0x80;
    if (wanted > length && !wrong)
        return; /* more bytes are still to come */
    uint32_t code = 0;
    if (!wrong && wanted == length && wzp_utf8_length(text, length) == length) {
        char copy[5] = "";
        memcpy(copy, text, length);
        wzp_width_next(&code, copy);
    }
    drop_held(d);
    if (code >= 0xa0 || (code > ' ' && code < 0x7f) || code == ' ')
        emit(d, code, modifiers, WZP_KEY_PRESS);
    if (wrong && byte < 0x80 && byte != ESC) /* an invalid character, followed by a valid one */
        take_character(d, byte, 0, 0);
}

static void take_in_sequence(struct wzp_decoder *d, uint8_t byte)
{
    bool is_csi = d->held[1] == '[';
    if (is_csi && d->held_length == 2 && byte == '[') { /* on the Linux console ESC [ [ A is F1 */
        hold(d, byte);
        return;
    }
    if (byte < 0x20 || byte > 0x7e) { /* not valid inside a sequence */
        drop_held(d);
        return;
    }
    hold(d, byte);
    if (byte < 0x40)
        return;
    bool skipped = d->skipping;
    uint8_t bytes[WZP_DECODER_SEQUENCE_MAX];
    size_t length = d->held_length - 2;
    memcpy(bytes, d->held + 2, length);
    drop_held(d);
    if (skipped)
        return;
    if (is_csi && length == 2 && bytes[0] == '[') {
        if (byte >= 'A' && byte <= 'E')
            emit(d, WZP_KEY_F1 + (uint32_t)(byte - 'A'), 0, WZP_KEY_PRESS);
    } else if (is_csi)
        handle_sequence(d, bytes, length);
    else if (code_of_letter((char)byte) != WZP_KEY_NONE)
        emit(d, code_of_letter((char)byte), 0, WZP_KEY_PRESS);
}

/* Takes the byte after a first ESC. */
static void take_escaped(struct wzp_decoder *d, uint8_t byte)
{
    if (byte == '[' || byte == 'O') {
        hold(d, byte);
    } else if (byte == ']' || byte == 'P' || byte == '_' || byte == '^') {
        hold(d, byte);
        d->in_string = true;
    } else if (byte == ESC) {
        emit(d, WZP_KEY_ESCAPE, 0, WZP_KEY_PRESS); /* and this one begins a new sequence */
    } else if (byte < 0x20 || byte == 0x7f) {
        drop_held(d);
        emit_control(d, byte, WZP_KEY_ALT);
    } else {
        take_character(d, byte, WZP_KEY_ALT, 1);
    }
}

/* Takes a byte of a terminal's answer, which ends with BEL or ESC \. */
static void take_in_string(struct wzp_decoder *d, uint8_t byte)
{
    bool escaped = d->held[d->held_length - 1] == ESC && d->held_length > 2;
    if (byte == 7 || byte == 0x18 || (escaped && byte == '\\')) {
        d->in_string = false;
        drop_held(d);
        return;
    }
    if (d->held_length == WZP_DECODER_SEQUENCE_MAX)
        d->held_length = 3; /* only the last byte matters */
    hold(d, byte);
}

static void take_byte(struct wzp_decoder *d, uint8_t byte, uint64_t now)
{
    if (d->in_paste) {
        take_pasted(d, byte);
        return;
    }
    if (d->skip > 0) {
        d->skip--;
        return;
    }
    if (d->in_string) {
        take_in_string(d, byte);
        return;
    }
    if (d->held_length == 0 || d->held[0] != ESC) {
        if (byte == ESC) {
            drop_held(d);
            hold(d, byte);
            d->escape_at = now ? now : 1;
        } else if (d->held_length == 0 && (byte < 0x20 || byte == 0x7f)) {
            emit_control(d, byte, 0);
        } else if (byte < 0x20) {
            drop_held(d);
            emit_control(d, byte, 0);
        } else {
            take_character(d, byte, 0, 0);
        }
        return;
    }
    if (byte == ESC && d->held_length > 1) { /* the sequence before was incomplete */
        drop_held(d);
        hold(d, byte);
        d->escape_at = now ? now : 1;
    } else if (d->held_length == 1) {
        take_escaped(d, byte);
    } else if (d->held[1] == '[' || d->held[1] == 'O') {
        take_in_sequence(d, byte);
    } else {
        take_character(d, byte, WZP_KEY_ALT, 1);
    }
}

void wzp_decoder_receive(struct wzp_decoder *d, const uint8_t *data, size_t length, uint64_t now)
{
    for (size_t i = 0; i < length; i++)
        take_byte(d, data[i], now);
}

uint64_t wzp_decoder_expiry(const struct wzp_decoder *d)
{
    return d->escape_at ? wzp_time_add(d->escape_at, WZP_DECODER_ESCAPE_MS * WZP_MILLISECOND)
                        : WZP_NEVER;
}

void wzp_decoder_handle_expiry(struct wzp_decoder *d, uint64_t now)
{
    if (!d->escape_at || now < wzp_decoder_expiry(d))
        return;
    bool alone = d->held_length == 1;
    /* "ESC [" alone was Alt-[; an answer without end is given up. */
    uint8_t second = d->held_length == 2 && !d->in_string ? d->held[1] : 0;
    d->in_string = false;
    drop_held(d);
    if (alone)
        emit(d, WZP_KEY_ESCAPE, 0, WZP_KEY_PRESS);
    else if (second > ' ' && second < 0x7f)
        emit(d, second, WZP_KEY_ALT, WZP_KEY_PRESS);
}
