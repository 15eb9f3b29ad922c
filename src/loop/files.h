/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A person's files: XDG folders, private reading and writing. Secrets have mode 0600 in folders of
 * mode 0700, or are refused; anything but a regular file is refused at once. */
#ifndef WZP_LOOP_FILES_H
#define WZP_LOOP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wzp/host.h"

/* out (WZP_PATH_MAX) gets the path of `name` in that place. Relative XDG values are ignored.
 * Without XDG_RUNTIME_DIR runtime files go to the folder "run" of the state folder. WZP_E_NOT_FOUND
 * with a sentence when there is no home. */
int wzp_path(char *out, enum wzp_place place, const char *name, struct wzp_error *err);
/* Does this process belong to a login session (XDG_RUNTIME_DIR is set), so that a person may be
 * there? */
bool wzp_path_in_session(void);
/* Reads a whole file (new text with final 0, wzp_free it; at most limit bytes). secret: refuses
 * files that group or others can read. WZP_E_NOT_FOUND, WZP_E_REFUSED (also of a link to nothing,
 * a FIFO and the like; the sentence says how to repair it), WZP_E_TOO_BIG, WZP_E_IO, WZP_E_MEMORY.
 */
int wzp_file_read(char **out, size_t *length, const char *path, size_t limit, bool secret,
                  struct wzp_error *err);
/* The same for an open file; path is only used in the sentence. *out is set on success only. */
int wzp_file_read_open(char **out, size_t *length, int fd, const char *path, size_t limit,
                       bool secret, struct wzp_error *err);
/* May others than its owner read a file of that mode? A credential of systemd
 * ($CREDENTIALS_DIRECTORY) is readable by its group, which is the unit's own. */
bool wzp_file_is_open(const char *path, unsigned mode);
/* Makes the folders that the file of this path needs, closed to others (0700). Only for files whose
 * place we choose: in a path that a person gave, a missing folder is a typing error. WZP_E_IO,
 * WZP_E_TOO_BIG with a sentence. */
int wzp_file_make_folders(const char *path, struct wzp_error *err);
/* Writes through a temporary file beside it and rename, so that a reader sees the old or the new
 * text whole, also after a power cut. secret: 0600; otherwise the mode the file had, or what the
 * umask says. A symbolic link stays one. WZP_E_IO (also: its folder is missing), WZP_E_REFUSED (no
 * regular file stands there) with a sentence. */
int wzp_file_write(const char *path, const char *text, size_t length, bool secret,
                   struct wzp_error *err);

/* The same under the lock of its folder (file ".lock", which stays), with the old text given to
 * merge; see wzp_host_merge. Removes temporary files of killed writers. Waits for the lock for
 * WZP_FILE_PATIENCE_MS at most: then WZP_E_TIMEOUT. */
#define WZP_FILE_PATIENCE_MS 10000
int wzp_file_update(const char *path, size_t limit, bool secret, wzp_host_merge merge, void *owner,
                    struct wzp_error *err);
/* Writes a new file, under the same lock. WZP_E_DUPLICATE with a sentence when the path exists,
 * readable or not. */
int wzp_file_create(const char *path, const char *text, size_t length, bool secret,
                    struct wzp_error *err);
/* Writes bytes at an offset of a growing file, without lock or temporary copy. fresh: creates the
 * file, 0600 when secret; WZP_E_DUPLICATE when it exists. WZP_E_NOT_FOUND, WZP_E_REFUSED (no
 * regular file, or a link), WZP_E_IO with a sentence. */
int wzp_file_extend(const char *path, bool fresh, bool secret, uint64_t offset, const void *data,
                    size_t length, struct wzp_error *err);
/* Renames a damaged file to PATH.damaged, or PATH.damaged.2 and so on; out (WZP_PATH_MAX) gets the
 * new path. WZP_E_IO. */
int wzp_file_set_aside(char *out, const char *path, struct wzp_error *err);
/* Removes temporary files of this path that killed writers left, unless another process is writing
 * now. */
void wzp_file_clean(const char *path);

#endif
