/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Reader of the TOML that relay and client files use: comments, bare and quoted keys, dotted
 * keys, basic and literal strings, integers, floats, booleans, arrays (also over several lines),
 * [table], [[array of tables]], inline tables. No dates. It walks the text and reports key by
 * key; the caller decides what a key means, so an unknown key is a warning with its line, not an
 * error. */
#ifndef WZP_BASE_TOML_H
#define WZP_BASE_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_TOML_SIZE_MAX (2 * 1024 * 1024) /* bytes of one file */
#define WZP_TOML_DEPTH_MAX 8
#define WZP_TOML_STRING_MAX 1024

enum wzp_toml_type { WZP_TOML_STRING, WZP_TOML_INTEGER, WZP_TOML_FLOAT, WZP_TOML_BOOLEAN };

/* One value. Arrays give one call per element with index 0, 1, ...; an empty array gives none. An
 * inline table is reported as dotted keys (a = {b = 1} as a.b), an array of inline tables as
 * [[tables]], an array in an array under the key "name[0]". A word of a key that is not bare is
 * reported in quotes. Strings hold what the file holds: filter them before showing them. */
struct wzp_toml_value {
    const char *table;    /* "" or dotted name of the table, e.g. "peers" */
    bool table_is_array;  /* came from [[table]] */
    unsigned table_index; /* which [[table]] of that name in its parent, from 0 */
    const char *key;      /* dotted key inside the table */
    int array_index;      /* -1 when the value is not in an array */
    unsigned line;        /* from 1 */
    enum wzp_toml_type type;
    const char *string; /* WZP_TOML_STRING: unescaped, 0-terminated, no inner 0 */
    int64_t integer;
    double number; /* WZP_TOML_FLOAT, and integers too */
    bool boolean;
};

/* Called for each value; non-zero return ends the walk with that result (err may have been
 * filled by it). */
typedef int (*wzp_toml_handler)(void *context, const struct wzp_toml_value *value,
                                struct wzp_error *err);

/* Walks text. 0, or WZP_E_SYNTAX / WZP_E_TOO_BIG / WZP_E_DUPLICATE with a sentence that names
 * the line, or what the handler returned. */
int wzp_toml_parse(const char *text, size_t length, wzp_toml_handler handler, void *context,
                   struct wzp_error *err);

/* The position of a table in the text, for callers that edit a file and keep everything else: bytes
 * begin..end, whole lines from its header to its last key. name "" is the text before the first
 * header. Inline tables are not tables here. */
struct wzp_toml_table {
    const char *name;
    bool is_array;
    unsigned index; /* which [[table]] of that name */
    size_t begin, end;
};
/* Calls back for each table in order. Errors of wzp_toml_parse. */
int wzp_toml_tables(const char *text, size_t length,
                    void (*each)(void *context, const struct wzp_toml_table *table), void *context,
                    struct wzp_error *err);

#endif
