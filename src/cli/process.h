/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The first and the last steps of each of our programs. */
#ifndef WZP_CLI_PROCESS_H
#define WZP_CLI_PROCESS_H

/* Opens descriptors 0 to 2 on /dev/null where they are closed: otherwise the next file or socket
 * would take their place, and be written to by mistake. Sets the locale's character encoding,
 * ignores SIGPIPE (writing to a closed pipe gives an error code instead of ending the process), and
 * makes jansson use our allocator. */
void wzp_process_begin(void);
/* To be called last: output that could not be written is a failure. Returns the exit status. */
int wzp_process_end(const char *program, int status);

#define WZP_PROCESS_LUA_PATH_MAX 2048
/* The Lua search path of the modules that come with this program: the installed ones and, when it
 * runs from a build tree, those of the source tree before them. */
void wzp_process_lua_path(char out[WZP_PROCESS_LUA_PATH_MAX]);

struct wzp_error;
#define WZP_PROCESS_FOLDER_MAX 448
/* Makes a temporary folder for the demonstration in $TMPDIR, else in /tmp. On WZP_E_IO, with a
 * sentence, out is "". */
int wzp_process_demo_folder(char out[WZP_PROCESS_FOLDER_MAX], struct wzp_error *err);

#endif
