/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "tui/key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "tui/width.h"

static const struct {
    const char *name;
    uint32_t code;
} names[] = {
    {"Tab", WZP_KEY_TAB},        {"Enter", WZP_KEY_ENTER},
    {"Esc", WZP_KEY_ESCAPE},     {"Space", WZP_KEY_SPACE},
    {"Up", WZP_KEY_UP},          {"Down", WZP_KEY_DOWN},
    {"Left", WZP_KEY_LEFT},      {"Right", WZP_KEY_RIGHT},
    {"Home", WZP_KEY_HOME},      {"End", WZP_KEY_END},
    {"PageUp", WZP_KEY_PAGE_UP}, {"PageDown", WZP_KEY_PAGE_DOWN},
    {"Insert", WZP_KEY_INSERT},  {"Delete", WZP_KEY_DELETE},
    {"Return", WZP_KEY_ENTER},   {"Escape", WZP_KEY_ESCAPE},
    {"PgUp", WZP_KEY_PAGE_UP},   {"PgDn", WZP_KEY_PAGE_DOWN},
    {"Del", WZP_KEY_DELETE},     {"Backspace", WZP_KEY_BACKSPACE},
};
#define NAMES (sizeof names / sizeof names[0])

static bool take_modifier(struct wzp_key *key, const char **name)
{
    static const struct {
        char letter;
        uint8_t modifier;
    } prefixes[] = {
        {'C', WZP_KEY_CONTROL}, {'M', WZP_KEY_ALT}, {'A', WZP_KEY_ALT}, {'S', WZP_KEY_SHIFT}};
    if ((*name)[0] == '\0' || (*name)[1] != '-' || (*name)[2] == '\0')
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if ((*name)[0] == prefixes[i].letter) {
            key->modifiers |= prefixes[i].modifier;
            *name += 2;
            return true;
        }
    return false;
}

bool wzp_key_from_name(struct wzp_key *out, const char *name)
{
    *out = (struct wzp_key){0};
    while (take_modifier(out, &name))
        continue;
    uint32_t code;
    size_t n = wzp_width_next(&code, name);
    if (n > 0 && !name[n]) {
        if (code <= ' ' || code == 0x7f || wzp_width_of(code) < 1)
            return false;
        out->code = code;
        return true;
    }
    for (size_t i = 0; i < NAMES; i++)
        if (strcasecmp(name, names[i].name) == 0) {
            out->code = names[i].code;
            return true;
        }
    if ((name[0] == 'F' || name[0] == 'f') && name[1] >= '1' && name[1] <= '9') {
        uint64_t number;
        if (wzp_text_number(&number, name + 1, 24) == 0) {
            out->code = WZP_KEY_F1 + (uint32_t)number - 1;
            return true;
        }
    }
    return false;
}

const char *wzp_key_name(char *out, struct wzp_key key)
{
    char base[12] = "";
    if (key.code >= WZP_KEY_F1 && key.code < WZP_KEY_F1 + 24)
        snprintf(base, sizeof base, "F%u", (unsigned)(key.code - WZP_KEY_F1 + 1) & 31u);
    for (size_t i = 0; i < NAMES && !base[0]; i++)
        if (names[i].code == key.code)
            snprintf(base, sizeof base, "%s", names[i].name);
    if (!base[0] && key.code > ' ' && key.code < WZP_KEY_UP)
        base[wzp_width_put(base, key.code)] = '\0';
    snprintf(out, WZP_KEY_NAME_MAX, "%s%s%s%s", key.modifiers & WZP_KEY_CONTROL ? "C-" : "",
             key.modifiers & WZP_KEY_ALT ? "M-" : "", key.modifiers & WZP_KEY_SHIFT ? "S-" : "",
             base[0] ? base : "?");
    return out;
}

bool wzp_key_equal(struct wzp_key a, struct wzp_key b)
{
    return a.code == b.code && a.modifiers == b.modifiers;
}
