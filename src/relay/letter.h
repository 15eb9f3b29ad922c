/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the threads of one relay write to each other (threads.c, visit.c). */
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

/* May this one enter a room of mine? call: of which call the room is, or "". */
struct wzp_relay_letter_ask {
    uint64_t handle;
    bool bound;
    char name[WZP_RELAY_KEY_MAX + 1];
    char call[WZP_CALL_ID_MAX + 1];
};
struct wzp_relay_letter_answer {
    uint64_t handle;
    uint64_t visit; /* as the first thread calls it (visit.h); 0: of no call */
    bool allowed;
    char name[WZP_RELAY_KEY_MAX + 1]; /* for whoever is gone meanwhile */
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
    struct wzp_relay_totals total; /* since the last ones */
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
    char *text; /* whoever takes the letter frees it */
    size_t length;
    bool more;
};
/* What came from members of calls' rooms, where that grew. */
struct wzp_relay_letter_heard {
    size_t count;
    struct {
        uint64_t visit, heard;
    } items[WZP_RELAY_HEARD_MAX];
};
/* Nothing comes from that member, or something again. */
struct wzp_relay_letter_mark {
    uint64_t visit;
    bool is_missing;
    char call[WZP_CALL_ID_MAX + 1];
};
/* The room of that call is the first thread's, until it is over. */
struct wzp_relay_letter_hold {
    bool is_over;
    char call[WZP_CALL_ID_MAX + 1];
};

/* Both ends are one program: copied as it lies in memory. */
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
/* Takes it to that thread. False: its way is full. */
bool wzp_relay_letter_post(struct wzp_relay *r, unsigned thread,
                           const struct wzp_relay_letter *letter);
/* To all other threads, from the first one. False: one takes none now. */
bool wzp_relay_letter_post_all(struct wzp_relay *r, const struct wzp_relay_letter *letter);

#endif
