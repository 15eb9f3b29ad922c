/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Options shared by the commands that make calls. */
#ifndef WZP_CLI_CLIENT_OPTIONS_H
#define WZP_CLI_CLIENT_OPTIONS_H

#include <stdbool.h>

#include "app/settings.h"
#include "cli/options.h"

/* Embedded as `client` in each command's values. */
struct wzp_client_options {
    struct wzp_option_settings settings;
    const char *config, *log, *qlog, *capture;
    bool json, verbose, accept_relay, words;
    double duration, stats;
};
#define WZP_CLIENT_ROW(type, name, letter, kind, argument, field, help)                            \
    {                                                                                              \
        name, letter, WZP_OPTION_##kind, argument, offsetof(type, client.field), 0, 0, help, NULL  \
    }
/* A row for an option that is also a key of config.toml. */
#define WZP_CLIENT_SETTING(type, name, letter, argument, key)                                      \
    {                                                                                              \
        name, letter, WZP_OPTION_SETTING, argument, offsetof(type, client.settings), 0, 0, NULL,   \
            key                                                                                    \
    }
#define WZP_CLIENT_TRACE_ROWS(type)                                                                \
    WZP_CLIENT_ROW(type, "verbose", 'v', FLAG, NULL, verbose, "log everything to stderr"),         \
        WZP_CLIENT_ROW(type, "log", 'l', STRING, "LEVELS", log,                                    \
                       "log to stderr: debug, or phone=debug,quic=warn"),                          \
        WZP_CLIENT_ROW(type, "qlog", 0, STRING, "FILE", qlog,                                      \
                       "write what connections do (qlog; FILE.2, ... for others)")
#define WZP_CLIENT_OPTION_ROWS(type)                                                               \
    WZP_CLIENT_SETTING(type, "relay", 'r', "HOST[:PORT]", "relay"),                                \
        WZP_CLIENT_ROW(type, "duration", 'd', SECONDS, "S", duration,                              \
                       "hang up after S seconds of talking"),                                      \
        WZP_CLIENT_SETTING(type, "alias", 'a', "NAME", "alias"),                                   \
        WZP_CLIENT_SETTING(type, "e2e", 'e', "P", "e2e"),                                          \
        WZP_CLIENT_SETTING(type, "codec", 'c', "C", "codec"),                                      \
        WZP_CLIENT_SETTING(type, "token", 't', "FILE", "token_file"),                              \
        WZP_CLIENT_ROW(type, "stats", 's', SECONDS, "S", stats,                                    \
                       "report statistics every S seconds"),                                       \
        WZP_CLIENT_ROW(type, "accept-relay", 0, FLAG, NULL, accept_relay,                          \
                       "accept the relay's new or changed certificate"),                           \
        WZP_CLIENT_ROW(type, "json", 'j', FLAG, NULL, json, "one JSON object per line on stdout"), \
        WZP_CLIENT_ROW(type, "config", 'C', STRING, "FILE", config,                                \
                       "read FILE instead of config.toml"),                                        \
        WZP_CLIENT_TRACE_ROWS(type)
/* Rows for the commands that use a sound device. */
#define WZP_CLIENT_SOUND_ROWS(type)                                                                \
    WZP_CLIENT_SETTING(type, "in", 'i', "SRC", "in"),                                              \
        WZP_CLIENT_SETTING(type, "out", 'o', "DST", "out"),                                        \
        WZP_CLIENT_ROW(type, "capture", 0, STRING, "FILE", capture,                                \
                       "keep the packets for wzp analyze (FILE.2, ... for further calls)"),        \
        WZP_CLIENT_ROW(type, "words", 'w', FLAG, NULL, words,                                      \
                       "obey words on stdin (mute, hold, verify, hangup, ...) also from a pipe")

/* Applies the options that are keys of config.toml to the settings. Errors of wzp_settings_set,
 * WZP_E_LIMIT. */
int wzp_client_take(struct wzp_settings *s, const struct wzp_client_options *options,
                    struct wzp_error *err);
/* Reads defaults, config.toml, then the options; unknown keys of the file are reported on
 * stderr. */
int wzp_client_settings(struct wzp_settings *s, const struct wzp_client_options *options,
                        struct wzp_error *err);
/* The option's text for a key, NULL: not given. */
const char *wzp_client_given(const struct wzp_client_options *options, const char *key);

#endif
