/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The formats of what relays of a pool write into their shared directory, and of the letters that
 * they publish to each other through its channels: lines of words. Anybody with access to the
 * directory can write there, so the parsers accept nothing but what these writers produce. No
 * allocation. Source: wzp-relay(8), Several relays. */
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
#define WZP_RELAY_POOL_WORD_MAX 129     /* of a letter's word, with the final 0 */
#define WZP_RELAY_POOL_SEEN_MAX 64      /* people in one SEEN letter */

/* Where somebody is registered. */
struct wzp_relay_pool_person {
    uint64_t relay;  /* the relay, by its number, drawn anew at each start */
    uint64_t number; /* of the registration there */
    enum wzp_registration_class standing;
    bool hidden; /* does not want to be seen by people who watch */
};
/* A call that somebody is in. */
struct wzp_relay_pool_call {
    uint64_t relay; /* that wrote this value */
    char id[WZP_CALL_ID_MAX + 1];
    unsigned side;                           /* WZP_RELAY_CALLER or WZP_RELAY_CALLEE */
    enum wzp_registration_class standing[2]; /* by side */
    char peer[WZP_RELAY_KEY_MAX + 1];        /* who is on the other side */
};

/* The kinds of letters. The meaning of `word` and `number` depends on the kind. */
enum wzp_relay_pool_kind {
    WZP_RELAY_POOL_BEAT,   /* I live, with `number` people; body "hello": answer with a beat */
    WZP_RELAY_POOL_BYE,    /* I shut down */
    WZP_RELAY_POOL_SEEN,   /* presence changes, in the body */
    WZP_RELAY_POOL_MOVED,  /* the person `word` is here now; my registration `number` */
    WZP_RELAY_POOL_ALIVE,  /* is your client `word` alive? my question `number` */
    WZP_RELAY_POOL_LIVES,  /* yes, to the question `number` */
    WZP_RELAY_POOL_SILENT, /* no */
    WZP_RELAY_POOL_OFFER,  /* the body is the call's offer; media meet at `word`; standing */
    WZP_RELAY_POOL_NONE,   /* the callee of the call `word` is not here */
    WZP_RELAY_POOL_SAY,    /* the body is a signal of a call */
    WZP_RELAY_POOL_STILL,  /* the call `word` still runs here */
    WZP_RELAY_POOL_JOIN,   /* the party `word` of the call in the body is here now */
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

/* Copies a directory value, with a final 0. It is truncated if it is longer than any that these
 * writers produce. */
void wzp_relay_pool_value_keep(char out[WZP_RELAY_POOL_VALUE_MAX], const char *value,
                               size_t length);
/* Parsers: WZP_E_SYNTAX for text that these writers do not produce. */
int wzp_relay_pool_person_parse(struct wzp_relay_pool_person *out, const char *text, size_t length);
void wzp_relay_pool_person_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                  const struct wzp_relay_pool_person *person);
int wzp_relay_pool_call_parse(struct wzp_relay_pool_call *out, const char *text, size_t length);
void wzp_relay_pool_call_format(char out[WZP_RELAY_POOL_VALUE_MAX],
                                const struct wzp_relay_pool_call *call);
int wzp_relay_pool_letter_parse(struct wzp_relay_pool_letter *out, const char *text, size_t length);
/* Writes the letter's first line into out, to be followed by the body; returns its length. */
#define WZP_RELAY_POOL_HEAD_MAX 224
size_t wzp_relay_pool_head_format(char out[WZP_RELAY_POOL_HEAD_MAX],
                                  const struct wzp_relay_pool_letter *letter);
/* Takes the next row off a SEEN letter's body. False at its end and at an invalid row; the rest is
 * then ignored. */
bool wzp_relay_pool_seen_next(struct wzp_relay_pool_seen *out, const char **body, size_t *length);

#endif
