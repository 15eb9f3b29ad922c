/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What relays of a pool write into the directory that they share, and say to each other through it:
 * lines of words. Everybody who may write there could have written anything: readers take nothing
 * but what these writers make. No allocation. Source: wzp-relay(8), Several relays.
 */
#ifndef WZP_RELAY_POOL_TEXT_H
#define WZP_RELAY_POOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/handshake.h"
#include "relay/presence.h"
#include "wire/name.h"

#define WZP_RELAY_POOL_VALUE_MAX 384    /* bytes of a value with its final 0 */
#define WZP_RELAY_POOL_KEY_MAX 144      /* of a key or channel */
#define WZP_RELAY_POOL_LETTER_MAX 65536 /* of a letter */
#define WZP_RELAY_POOL_WORD_MAX 129     /* of its word, with the final 0 */
#define WZP_RELAY_POOL_SEEN_MAX 64      /* people in one letter of who came and went */

/* Where somebody is registered. */
struct wzp_relay_pool_person {
    uint64_t relay;  /* of the pool, drawn anew at each start */
    uint64_t number; /* of the registration there */
    enum wzp_registration_class standing;
    bool hidden; /* wants to be seen by nobody */
};
/* A call that somebody is in. */
struct wzp_relay_pool_call {
    uint64_t relay; /* that wrote this */
    char id[WZP_CALL_ID_MAX + 1];
    unsigned side;                           /* WZP_RELAY_CALLER or WZP_RELAY_CALLEE */
    enum wzp_registration_class standing[2]; /* by side */
    char peer[WZP_RELAY_KEY_MAX + 1];        /* who is on the other side */
};

/* What letters say. word and number are of the kind. */
enum wzp_relay_pool_kind {
    WZP_RELAY_POOL_BEAT,   /* I am here: my people are `number`; body "hello": say so too */
    WZP_RELAY_POOL_BYE,    /* I go */
    WZP_RELAY_POOL_SEEN,   /* who came and went, in the body */
    WZP_RELAY_POOL_MOVED,  /* the person `word` is with me now; my registration `number` */
    WZP_RELAY_POOL_ALIVE,  /* does the person `word` still live at yours? my question `number` */
    WZP_RELAY_POOL_LIVES,  /* yes, to the question `number` */
    WZP_RELAY_POOL_SILENT, /* no */
    WZP_RELAY_POOL_OFFER,  /* the body calls; media meet at `word`; the caller's standing */
    WZP_RELAY_POOL_NONE,   /* whom the call `word` is for is not here */
    WZP_RELAY_POOL_SAY,    /* the body, a signal of a call */
    WZP_RELAY_POOL_STILL,  /* the call `word` still runs here */
    WZP_RELAY_POOL_JOIN,   /* the person `word` of the call in the body is with me now */
    WZP_RELAY_POOL_KINDS
};
struct wzp_relay_pool_letter {
    uint64_t from; /* relay */
    enum wzp_relay_pool_kind kind;
    uint64_t number;
    char word[WZP_RELAY_POOL_WORD_MAX]; /* "" = none */
    const char *body;                   /* in the text that was parsed; not 0-terminated */
    size_t body_length;
};

/* A row of a SEEN letter. */
struct wzp_relay_pool_seen {
    struct wzp_relay_name name;
    char state; /* 'p' there and proven, 'u' there, 'o' not there */
};

/* A copy with its final 0 of what the directory has, which is cut when no writer here made it. */
void wzp_relay_pool_value_keep(char out[WZP_RELAY_POOL_VALUE_MAX], const char *value,
                               size_t length);
/* Parsers: WZP_E_SYNTAX for what no writer here makes. */
int wzp_relay_pool_person_parse(struct wzp_relay_pool_person *out, const char *text, size_t length);
void wzp_relay_pool_person_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                  const struct wzp_relay_pool_person *person);
int wzp_relay_pool_call_parse(struct wzp_relay_pool_call *out, const char *text, size_t length);
void wzp_relay_pool_call_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                const struct wzp_relay_pool_call *call);
int wzp_relay_pool_letter_parse(struct wzp_relay_pool_letter *out, const char *text, size_t length);
/* Its first line into out, which the body follows; returns its length. */
#define WZP_RELAY_POOL_HEAD_MAX 224
size_t wzp_relay_pool_head_format(char out[WZP_RELAY_POOL_HEAD_MAX],
                                  const struct wzp_relay_pool_letter *letter);
/* Takes the next row off a SEEN letter's body; false at its end, and for a row that is none (what
 * follows it is not looked at). */
bool wzp_relay_pool_seen_next(struct wzp_relay_pool_seen *out, const char **body, size_t *length);

#endif
