/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The form of an event's fields, shared by the event table and the code that reads events through
 * it. */
#ifndef WZP_APP_EVENT_DATA_H
#define WZP_APP_EVENT_DATA_H

#include "base/json.h"
#include "wzp/app.h"

/* The C type of a field in struct wzp_event, and the value that it gives. */
enum wzp_field_form {
    WZP_FORM_TEXT,    /* const char * */
    WZP_FORM_NAME,    /* const char *: the name of the peer's contact */
    WZP_FORM_CLAIM,   /* the same, of a caller who did not prove to be that contact: only a claim */
    WZP_FORM_CHARS,   /* char [] */
    WZP_FORM_BOOLEAN, /* bool */
    WZP_FORM_DIRECT,  /* bool: "direct" or "relay" */
    WZP_FORM_SIDE,    /* bool: "own" or "peer" */
    WZP_FORM_WORDS,   /* const char *: words separated by spaces; a list in JSON */
    WZP_FORM_INT,
    WZP_FORM_UNSIGNED,
    WZP_FORM_U64,
    WZP_FORM_SIZE,
    WZP_FORM_DOUBLE,
    WZP_FORM_NS_IN_MS, /* uint64_t ns, given in ms */
    WZP_FORM_MS_IN_S,  /* uint64_t ms, given in s */
    WZP_FORM_CODEC,    /* uint8_t: its name */
    WZP_FORM_PIN,      /* enum wzp_pin_verdict: a word */
    WZP_FORM_REASON,   /* enum wzp_end_reason: a word */
    WZP_FORM_PRESENCE, /* enum wzp_presence: a word */
    WZP_FORM_REBUILT,  /* struct wzp_playout_stats: wzp_playout_rebuilt */
    WZP_FORM_MEMBERS
};
/* Finds a field by name, among the fields of this type and the common ones. NULL: no such field. */
const struct wzp_event_field *wzp_event_field_find(enum wzp_event_type type, const char *name,
                                                   size_t length);

#endif
