/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/audio_spec.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define TONE_LOWEST 20.0
#define TONE_HIGHEST 20000.0

static int refuse(struct wzp_error *err, int code, const char *text, bool is_source)
{
    char shown[80];
    wzp_text_filter(shown, sizeof shown, text, strlen(text));
    return wzp_error_set(
        err, code, "\"%s\" is no sound %s: expected %s", shown,
        is_source ? "source" : "destination",
        is_source
            ? "alsa:NAME, file:x.wav, - (standard input), tone:440 (20 to 20000 Hz) or silence"
            : "alsa:NAME, file:x.wav, - (standard output) or null");
}

/* Accepts only digits with an optional fraction: strtod alone would also take "inf", "0x1p3" and
 * the locale's comma. */
static int parse_frequency(double *out, const char *text)
{
    double value = 0, scale = 1;
    bool fraction = false, digits = false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '.' && !fraction) {
            fraction = true;
        } else if (*p >= '0' && *p <= '9') {
            digits = true;
            value = value * 10 + (*p - '0');
            scale *= fraction ? 10 : 1;
        } else {
            return WZP_E_SYNTAX;
        }
        if (p - text > 16)
            return WZP_E_RANGE;
    }
    if (!digits)
        return WZP_E_SYNTAX;
    *out = value / scale;
    return *out >= TONE_LOWEST && *out <= TONE_HIGHEST ? 0 : WZP_E_RANGE;
}

static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

int wzp_audio_spec_parse(struct wzp_audio_spec *out, const char *text, bool is_source,
                         struct wzp_error *err)
{
    const char *rest;
    memset(out, 0, sizeof *out);
    /* Standard input or output; the same as file:- */
    if (strcmp(text, "-") == 0)
        text = "file:-";
    if ((rest = after(text, "alsa:")) || (rest = after(text, "file:"))) {
        out->kind = text[0] == 'a' ? WZP_AUDIO_ALSA : WZP_AUDIO_FILE;
        if (rest[0] == '\0')
            return refuse(err, WZP_E_SYNTAX, text, is_source);
        if (!wzp_text_copy(out->name, sizeof out->name, rest))
            return refuse(err, WZP_E_RANGE, text, is_source);
        return 0;
    }
    if (is_source && (rest = after(text, "tone:"))) {
        out->kind = WZP_AUDIO_TONE;
        int result = parse_frequency(&out->frequency, rest);
        return result < 0 ? refuse(err, result, text, is_source) : 0;
    }
    if (is_source && strcmp(text, "silence") == 0) {
        out->kind = WZP_AUDIO_SILENCE;
        return 0;
    }
    if (!is_source && strcmp(text, "null") == 0) {
        out->kind = WZP_AUDIO_NULL;
        return 0;
    }
    return refuse(err, WZP_E_SYNTAX, text, is_source);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static bool is_card(const char *name)
{
    static const char *const kinds[] = {"hw",   "plughw", "default", "sysdefault", "front",
                                        "hdmi", "iec958", "dmix",    "dsnoop"};
    size_t length = strspn(name, LETTERS);
    if (!name[length])
        return length > 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strlen(kinds[i]) == length && strncmp(name, kinds[i], length) == 0)
            return name[length] == ':' &&
                   !name[length + 1 + strspn(name + length + 1, LETTERS "=,")];
    return false;
}

bool wzp_audio_spec_is_device(const char *text)
{
    static const char *const others[] = {"", "silence", "null"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(text, others[i]) == 0)
            return true;
    const char *name = after(text, "alsa:");
    return name ? is_card(name) : after(text, "tone:") != NULL;
}
