/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What a client command runs with: defaults, then config.toml, then options. The table of file keys
 * is here; wzp.conf(5) and its test follow it. */
#ifndef WZP_CLI_SETTINGS_H
#define WZP_CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "wire/codec.h"
#include "wzp/phone.h"

#define WZP_SETTING_TEXT_MAX 1024

/* Options shared by the commands that make calls; embedded as `client` in each command's values. */
struct wzp_client_options {
    const char *relay, *in, *out, *alias, *e2e, *codec, *token, *config;
    bool json, verbose, accept_relay, words;
    double duration, stats;
};
#define WZP_CLIENT_ROW(type, name, letter, kind, argument, field, help)                            \
    {                                                                                              \
        name, letter, WZP_OPTION_##kind, argument, offsetof(type, client.field), 0, 0, help        \
    }
#define WZP_CLIENT_OPTION_ROWS(type)                                                               \
    WZP_CLIENT_ROW(type, "relay", 'r', STRING, "A", relay,                                         \
                   "relay, host:port (default port 4433)"),                                        \
        WZP_CLIENT_ROW(type, "duration", 'd', SECONDS, "S", duration,                              \
                       "hang up after S seconds of talking"),                                      \
        WZP_CLIENT_ROW(type, "alias", 'a', STRING, "NAME", alias, "name shown to others"),         \
        WZP_CLIENT_ROW(type, "e2e", 'e', STRING, "P", e2e,                                         \
                       "end-to-end encryption: prefer, require, off"),                             \
        WZP_CLIENT_ROW(type, "codec", 'c', STRING, "C", codec, "codec to send: Opus24k, ..."),     \
        WZP_CLIENT_ROW(type, "token", 't', STRING, "FILE", token,                                  \
                       "file with the relay's access token"),                                      \
        WZP_CLIENT_ROW(type, "stats", 's', SECONDS, "S", stats,                                    \
                       "report statistics every S seconds"),                                       \
        WZP_CLIENT_ROW(type, "accept-relay", 0, FLAG, NULL, accept_relay,                          \
                       "accept the relay's new or changed certificate"),                           \
        WZP_CLIENT_ROW(type, "json", 'j', FLAG, NULL, json, "one JSON object per line on stdout"), \
        WZP_CLIENT_ROW(type, "config", 'C', STRING, "FILE", config, "instead of config.toml"),     \
        WZP_CLIENT_ROW(type, "verbose", 'v', FLAG, NULL, verbose, "log to stderr")
/* For the commands that use a sound device. */
#define WZP_CLIENT_SOUND_ROWS(type)                                                                \
    WZP_CLIENT_ROW(type, "in", 'i', STRING, "SRC", in,                                             \
                   "alsa:NAME, file:x.wav, tone:440, silence"),                                    \
        WZP_CLIENT_ROW(type, "out", 'o', STRING, "DST", out, "alsa:NAME, file:x.wav, null"),       \
        WZP_CLIENT_ROW(type, "words", 'w', FLAG, NULL, words,                                      \
                       "obey words on stdin (mute, hold, verify, hangup, ...) also from a pipe")

struct wzp_settings {
    char relay[WZP_SETTING_TEXT_MAX];
    char in[WZP_SETTING_TEXT_MAX], out[WZP_SETTING_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char token_file[WZP_SETTING_TEXT_MAX];
    enum wzp_e2e_policy e2e;
    enum wzp_codec codec;
    bool echo_cancel, auto_gain, denoise;
    bool accept_new_relays;
    unsigned ring_seconds;
};
/* One key of config.toml. */
struct wzp_setting_key {
    const char *name, *type, *standard, *help;
};
const struct wzp_setting_key *wzp_setting_key(size_t i); /* NULL past the end */

/* What holds when neither a file nor an option says otherwise: the `standard` of the keys. */
void wzp_settings_default(struct wzp_settings *s);
/* Reads a file's text; unknown keys are told through warn (may be NULL) with line and nearest name.
 * WZP_E_SYNTAX, WZP_E_RANGE with a sentence that names the line. */
int wzp_settings_parse(struct wzp_settings *s, const char *text, size_t length,
                       void (*warn)(void *context, const char *sentence), void *context,
                       struct wzp_error *err);
/* Default, then the file (`options->config`, or config.toml when there is one), then options.
 * Unknown keys of the file are told on stderr. */
int wzp_settings_load(struct wzp_settings *s, const struct wzp_client_options *options,
                      struct wzp_error *err);

#endif
