/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Messages between the threads of one relay ("letters"; threads.c, visit.c). They are fixed-size
 * structs that the host copies from thread to thread. A visit is the presence of a call's party in
 * the call's room on a thread other than the first (visit.h). */
#ifndef WZP_RELAY_LETTER_H
#define WZP_RELAY_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quic/quic.h"
#include "relay/metrics.h"
#include "relay/presence.h"
#include "wire/name.h"

#define WZP_RELAY_HEARD_MAX 64

/* May this client enter a room of the sending thread? call: the id of the call that the room
 * belongs to, or "". */
struct wzp_relay_letter_ask {
    uint64_t handle;
    bool bound;
    char name[WZP_RELAY_KEY_MAX + 1];
    char call[WZP_CALL_ID_MAX + 1];
};
struct wzp_relay_letter_answer {
    uint64_t handle;
    uint64_t visit; /* its number at the first thread (visit.h); 0: not a call's room */
    bool allowed;
    char name[WZP_RELAY_KEY_MAX + 1]; /* in case the client is gone by then */
    char reason[80];
};
struct wzp_relay_letter_left {
    uint64_t visit;
    char name[WZP_RELAY_KEY_MAX + 1];
};
struct wzp_relay_letter_order {
    int order; /* enum wzp_relay_order */
    char text[WZP_RELAY_KEY_MAX + 1];
};
struct wzp_relay_letter_access {
    int order; /* enum wzp_relay_access_order */
    char room[WZP_SNI_MAX + 1];
    char argument[WZP_RELAY_KEY_MAX + 1];
};
struct wzp_relay_letter_counts {
    struct wzp_relay_totals total; /* since the previous letter */
    struct wzp_quic_counters quic;
    size_t rooms, connections;
    struct wzp_relay_reported reported;
};
struct wzp_relay_letter_list {
    uint64_t number;
    bool begins;
};
struct wzp_relay_letter_listed {
    uint64_t number;
    char *text; /* the receiver frees it */
    size_t length;
    bool more;
};
/* Packets received from parties in rooms of calls, for those that sent since the last letter. */
struct wzp_relay_letter_heard {
    size_t count;
    struct {
        uint64_t visit, heard;
    } items[WZP_RELAY_HEARD_MAX];
};
/* That member is missing (nothing is received from it), or is heard again. */
struct wzp_relay_letter_mark {
    uint64_t visit;
    bool is_missing;
    char call[WZP_CALL_ID_MAX + 1];
};
/* The room of that call is on the first thread (held there) until the call is over. */
struct wzp_relay_letter_hold {
    bool is_over;
    char call[WZP_CALL_ID_MAX + 1];
};

/* Both ends are the same program: the struct is copied as it lies in memory. */
struct wzp_relay_letter {
    enum wzp_relay_letter_kind {
        WZP_RELAY_LETTER_ASK,
        WZP_RELAY_LETTER_ANSWER,
        WZP_RELAY_LETTER_LEFT,
        WZP_RELAY_LETTER_COUNTS,
        WZP_RELAY_LETTER_DRAIN,
        WZP_RELAY_LETTER_DRAINED,
        WZP_RELAY_LETTER_ORDER,
        WZP_RELAY_LETTER_ACCESS,
        WZP_RELAY_LETTER_LIST,
        WZP_RELAY_LETTER_LISTED,
        WZP_RELAY_LETTER_HEARD,
        WZP_RELAY_LETTER_MARK,
        WZP_RELAY_LETTER_HOLD
    } kind;
    union {
        struct wzp_relay_letter_ask ask;
        struct wzp_relay_letter_answer answer;
        struct wzp_relay_letter_left left;
        struct wzp_relay_letter_order order;
        struct wzp_relay_letter_access access;
        struct wzp_relay_letter_counts counts;
        struct wzp_relay_letter_list list;
        struct wzp_relay_letter_listed listed;
        struct wzp_relay_letter_heard heard;
        struct wzp_relay_letter_mark mark;
        struct wzp_relay_letter_hold hold;
    } u;
};

struct wzp_relay;
/* Sends it to that thread. False: the queue is full. */
bool wzp_relay_letter_post(struct wzp_relay *r, unsigned thread,
                           const struct wzp_relay_letter *letter);
/* Sends it from the first thread to all others. False: a queue is full. */
bool wzp_relay_letter_post_all(struct wzp_relay *r, const struct wzp_relay_letter *letter);

#endif
