/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What each of our programs does first. */
#ifndef WZP_CLI_PROCESS_H
#define WZP_CLI_PROCESS_H

/* Opens descriptors 0 to 2 on /dev/null where they are closed: otherwise the next file or socket
 * would take their place, and be written to by mistake. Sets the locale's characters, ignores
 * SIGPIPE (a closed reader of our output is an error code, not a death), and makes JSON use our
 * allocator. */
void wzp_process_begin(void);
/* And last: what could not be written was not done. Returns the exit status. */
int wzp_process_end(const char *program, int status);

#define WZP_PROCESS_LUA_PATH_MAX 2048
/* Where the modules are that come with this program, as a search path of Lua: those installed, and,
 * when it runs from where it was built, before them those of the sources. */
void wzp_process_lua_path(char out[WZP_PROCESS_LUA_PATH_MAX]);

struct wzp_error;
#define WZP_PROCESS_FOLDER_MAX 448
/* Makes a folder of the demonstration's own in $TMPDIR, else in /tmp. WZP_E_IO with a sentence, and
 * out is "". */
int wzp_process_demo_folder(char out[WZP_PROCESS_FOLDER_MAX], struct wzp_error *err);

#endif
