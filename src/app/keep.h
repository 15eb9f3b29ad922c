/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Settings written back into config.toml: one value is changed, everything else stays as the person
 * wrote it, comments too. */
#ifndef WZP_APP_KEEP_H
#define WZP_APP_KEEP_H

#include <stddef.h>

#include "app/settings.h"
#include "wzp/host.h"

/* Makes a new text (wzp_free it) from an old one, in which key has the value that wzp_settings_get
 * writes. WZP_E_SYNTAX and the like when the old text is invalid (no text is made then),
 * WZP_E_NOT_FOUND (no such key), WZP_E_MEMORY. */
int wzp_settings_edit(char **out, size_t *out_length, const char *old, size_t old_length,
                      const char *key, const char *value, struct wzp_error *err);
/* Writes a setting to a file, which is created when it is missing; named NULL: the person's
 * config.toml. */
int wzp_settings_keep(const struct wzp_settings *s, const struct wzp_host *host, const char *named,
                      const char *key, struct wzp_error *err);

#endif
