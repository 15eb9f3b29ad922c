/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files of a person: XDG places, private reading and writing. Secrets are 0600 in 0700 folders, or
 * refused. Source: design.md 5. */
#ifndef WZP_LOOP_FILES_H
#define WZP_LOOP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define WZP_PATH_MAX 4096
enum wzp_place {
    WZP_PLACE_CONFIG,  /* $XDG_CONFIG_HOME/wzp/ */
    WZP_PLACE_DATA,    /* $XDG_DATA_HOME/wzp/ */
    WZP_PLACE_STATE,   /* $XDG_STATE_HOME/wzp/ */
    WZP_PLACE_RUNTIME, /* $XDG_RUNTIME_DIR/wzp/ */
    WZP_PLACE_LEGACY   /* ~/.wzp/ */
};
/* out (WZP_PATH_MAX) gets the path of `name` there. Relative XDG values are ignored.
 * WZP_E_NOT_FOUND with a sentence when there is no home. */
int wzp_path(char *out, enum wzp_place place, const char *name, struct wzp_error *err);
/* Reads a whole file (new text with final 0, wzp_free it; at most limit bytes). secret: refuses
 * files that group or others can read. WZP_E_NOT_FOUND, WZP_E_REFUSED (the sentence says how to
 * repair it), WZP_E_TOO_BIG, WZP_E_IO, WZP_E_MEMORY. */
int wzp_file_read(char **out, size_t *length, const char *path, size_t limit, bool secret,
                  struct wzp_error *err);
/* Writes through a temporary file beside it and rename, so that a reader sees the old or the new
 * text whole, also after a power cut. Folders are made (0700). secret: 0600; otherwise the mode the
 * file had, or what the umask says. A symbolic link stays one. WZP_E_IO with a sentence. */
int wzp_file_write(const char *path, const char *text, size_t length, bool secret,
                   struct wzp_error *err);

#endif
