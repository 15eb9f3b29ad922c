/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Static files for a web server: files in a folder and below it, but no hidden files, symbolic
 * links or large files. */
#ifndef WZP_LOOP_PAGES_H
#define WZP_LOOP_PAGES_H

#include <stddef.h>

#define WZP_PAGE_MAX (8 * 1024 * 1024) /* bytes of one file */

/* The file of an absolute path ("/": index.html), as the status of an answer: 200 with *body (new
 * memory, wzp_free) and *type (static); 404, 403 or 500 without. */
int wzp_page_read(char **body, size_t *length, const char **type, const char *folder,
                  const char *path);

#endif
