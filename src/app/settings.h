/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The settings of a softphone: a table of keys with their defaults, which are read from config.toml
 * and from the options of a command, and shown and changed by name. wzp.conf(5), the help of
 * options and the tests follow the table. */
#ifndef WZP_APP_SETTINGS_H
#define WZP_APP_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "wzp/app.h"
#include "wzp/host.h"
#include "wzp/phone.h"

enum wzp_metered { WZP_METERED_AUTO, WZP_METERED_YES, WZP_METERED_NO };

struct wzp_settings {
    char relay[WZP_SETTING_TEXT_MAX], relays[WZP_SETTING_TEXT_MAX];
    char in[WZP_SETTING_TEXT_MAX], out[WZP_SETTING_TEXT_MAX];
    char ring[WZP_SETTING_TEXT_MAX], hook[WZP_SETTING_TEXT_MAX];
    char alias[WZP_ALIAS_MAX];
    char token_file[WZP_SETTING_TEXT_MAX];
    unsigned e2e;                      /* enum wzp_e2e_policy */
    unsigned codec;                    /* enum wzp_codec */
    unsigned auto_answer, answer_mode; /* enum wzp_auto_answer, wzp_answer_mode */
    bool echo_cancel, auto_gain, denoise, low_complexity;
    bool accept_new_relays;
    bool direct, portmap, port_search, presence;
    unsigned metered; /* enum wzp_metered */
    char stun[WZP_SETTING_TEXT_MAX];
    unsigned ring_seconds;
};

/* The defaults of the table. */
void wzp_settings_default(struct wzp_settings *s);
/* Reads a file's text; unknown keys are reported through warn (may be NULL) with line and nearest
 * name. WZP_E_SYNTAX, WZP_E_RANGE with a sentence that names the line. */
int wzp_settings_parse(struct wzp_settings *s, const char *text, size_t length,
                       void (*warn)(void *context, const char *sentence), void *context,
                       struct wzp_error *err);
/* Defaults, then the file: the one named, else config.toml if it exists. warn gets sentences that
 * name the file's path. */
int wzp_settings_load(struct wzp_settings *s, const struct wzp_host *host, const char *named,
                      void (*warn)(void *context, const char *sentence), void *context,
                      struct wzp_error *err);
/* The same for a program that must start whatever the file holds: errors in it are also reported
 * through warn, with path and line, and all other keys take effect. A privacy setting that cannot
 * be read gets its strictest value. Fails only when the file cannot be read. */
int wzp_settings_load_anyway(struct wzp_settings *s, const struct wzp_host *host, const char *named,
                             void (*warn)(void *context, const char *sentence), void *context,
                             struct wzp_error *err);
void wzp_settings_parse_anyway(struct wzp_settings *s, const char *path, const char *text,
                               size_t length, void (*warn)(void *context, const char *sentence),
                               void *context);

#endif
