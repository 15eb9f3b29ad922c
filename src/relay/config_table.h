/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of the configuration keys, as the reader of the relay's file sees it. The same table
 * drives the help text and the manual page. */
#ifndef WZP_RELAY_CONFIG_TABLE_H
#define WZP_RELAY_CONFIG_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "wzp/relay.h"

#define WZP_CONFIG_ROWS_MAX 64

enum wzp_config_kind {
    WZP_CONFIG_TEXT,
    WZP_CONFIG_ADDRESS,
    WZP_CONFIG_IP,
    WZP_CONFIG_URL,
    WZP_CONFIG_SITE, /* the host of a page */
    WZP_CONFIG_LEVEL,
    WZP_CONFIG_DIRECTORY,
    WZP_CONFIG_COUNT,
    WZP_CONFIG_PORT,
    WZP_CONFIG_FLAG,
    WZP_CONFIG_MEMBERS, /* the list in [[rooms]] */
    WZP_CONFIG_IGNORED
};

/* One key. Lists and tables of tables have a stride from one element to the next and a counter. */
struct wzp_config_row {
    struct wzp_relay_config_key shown;
    const char *table; /* "" or the name of [[table]] */
    const char *key;
    enum wzp_config_kind kind;
    size_t offset, size;           /* in wzp_relay_config, or of the first element */
    int64_t minimum, maximum;      /* of a count */
    size_t stride, counter_offset; /* stride 0: a single value */
};
/* Row i, static; NULL past the end. */
const struct wzp_config_row *wzp_config_row(size_t i);

#endif
