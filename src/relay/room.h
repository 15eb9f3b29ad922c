/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms: members in the order they came, a sender number for each, the forwarding of frames,
 * RoomUpdate and the quality directive. Nothing on a frame's way allocates, logs or looks a name
 * up. Source: wzp-protocol(7), Rooms, A direct call, Relay rules, Media header. */
#ifndef WZP_RELAY_ROOM_H
#define WZP_RELAY_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bucket.h"
#include "quic/quic.h"
#include "relay/directive.h"
#include "relay/meter.h"
#include "relay/timer.h"
#include "wire/name.h"

#define WZP_RELAY_NUMBER_REST (5 * WZP_SECOND) /* of a sender number, while there are others */
#define WZP_RELAY_MEDIA_VERSION 1              /* of the header that is read and stamped */
#define WZP_RELAY_SPEAKING                                                                         \
    (100 * WZP_MILLISECOND)         /* after a frame, its sender counts as speaking */
#define WZP_RELAY_UPDATE_RATE 20    /* RoomUpdates per second and room, after ... */
#define WZP_RELAY_UPDATE_BURST 16   /* ... this many at once */
#define WZP_RELAY_UPDATE_BYTES 4096 /* of RoomUpdates per second and member, after ... */
#define WZP_RELAY_UPDATE_BYTES_BURST (48 * 1024) /* ... so many at once */
#define WZP_RELAY_DIRECTIVE_RATE 1  /* QualityDirectives per second and room, after ... */
#define WZP_RELAY_DIRECTIVE_BURST 8 /* ... this many at once */

struct wzp_relay;
struct wzp_relay_client;
struct wzp_relay_global;

/* What forwarding reads per receiver, side by side in memory. */
struct wzp_relay_slot {
    struct wzp_relay_client *client;
    struct wzp_quic_conn *conn; /* NULL for a test's stand-in */
    bool is_later;              /* announced a later version: only such read frames of one */
    uint64_t speaking_until;
    uint64_t spoke_until; /* speaking_until before its last frame */
    uint64_t flush_at;    /* latest leave of the frames that wait for company */
    unsigned waiting;     /* frames that wait */
};

struct wzp_relay_room {
    char name[WZP_SNI_MAX + 1];
    struct wzp_relay_slot *slots; /* in order of joining, owned */
    size_t count, capacity;
    bool is_call;
    bool is_remote;                  /* the remote relay's: nothing is told or forwarded here */
    unsigned tap_interface;          /* of the tap's file, from 1; 0 = none yet */
    struct wzp_relay_global *global; /* NULL: of this relay alone */
    enum wzp_tier tier;              /* that was told */
    bool is_tier_owed;               /* it is another one now: told with the next report that may */
    struct wzp_bucket directives;
    struct wzp_bucket updates, update_bytes;
    size_t update_length;          /* of the last one */
    struct wzp_relay_timer update; /* armed: a RoomUpdate is owed */
    uint64_t number_free_at[256];  /* WZP_NEVER while taken */
};

/* A client's part of a room; lives in the client. */
struct wzp_relay_member {
    struct wzp_relay_room *room; /* NULL: in none */
    size_t slot;
    uint8_t number; /* 1..255, 0 when all were taken */
    struct wzp_relay_quality quality;
    struct wzp_relay_meter meter;
    uint64_t heard_at; /* its last frame, or its coming */
    bool is_missing;   /* nothing comes from it: not in the list for now */
    uint64_t frames_in, frames_out, bytes_in;
    uint64_t session; /* number of this join since the relay's start */
    uint64_t joined_at;
    struct wzp_quality_report report; /* the last one */
    uint64_t reports;
    uint64_t dred, concealed; /* highest totals of LossRecoveryUpdate */
};

/* Puts client (ready, with name and alias) in the room of that name, made if needed, and tells
 * everybody. Call rooms: an older entry of the same person is replaced. WZP_E_LIMIT (no place in
 * the relay), WZP_E_REFUSED (call room full, or the older entry had proved more), WZP_E_MEMORY;
 * *reason (may be NULL) is then a sentence. */
int wzp_relay_room_join(struct wzp_relay *r, struct wzp_relay_client *client, const char *name,
                        const char **reason, uint64_t now);
/* Takes client out, tells the rest, frees an empty room. Harmless for a client in no room. */
void wzp_relay_room_leave(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* One datagram of a member: checked, stamped, forwarded to the others. No allocation. */
void wzp_relay_room_frame(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                          size_t length, uint64_t now);
/* Nothing comes from client any more, or something again: the others see it go or come. */
void wzp_relay_room_mark(struct wzp_relay *r, struct wzp_relay_client *client, bool is_missing,
                         uint64_t now);
/* ---- what members are told: room_tell.c ---- */
/* Who is there: to all, or to one only. False when memory lacks. */
bool wzp_relay_room_tell(struct wzp_relay *r, struct wzp_relay_room *room,
                         struct wzp_relay_client *only, uint64_t now);
/* The room's tier: to all, or to one only. */
void wzp_relay_room_direct(struct wzp_relay *r, struct wzp_relay_room *room,
                           struct wzp_relay_client *only, uint64_t now);
/* The room's tier is that of its worst member. True when that changed, and all were told. */
bool wzp_relay_room_tier(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* Who is in the room changed, here or at other relays: all are told, soon. */
void wzp_relay_room_changed(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* A frame from another relay, to all members; buffer stays the caller's. */
void wzp_relay_room_deliver(struct wzp_relay *r, struct wzp_relay_room *room,
                            struct wzp_quic_buffer *buffer, size_t payload, uint64_t now);
/* The held-back RoomUpdate is due. */
void wzp_relay_room_update_due(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* How busy the relay is, for wzp_relay_room_patience. All zero: idle. */
struct wzp_relay_load {
    uint64_t since, frames; /* the window under way: when it began, frames sent before it */
    bool is_busy;           /* as the last window says */
};
#define WZP_RELAY_LOAD_WINDOW (250 * WZP_MILLISECOND)
#define WZP_RELAY_BUSY_FRAMES 5000 /* sent in a window: a fifth of what one core forwards */
#define WZP_RELAY_CALM_WAIT (1 * WZP_MILLISECOND)
/* How long a frame may wait for company now, at most `most` (ns): company saves packets, which
 * pays a busy relay only. frames: sent by the relay ever. */
uint64_t wzp_relay_room_patience(struct wzp_relay_load *load, uint64_t most, uint64_t frames,
                                 uint64_t now);
/* Whether a frame of `slot` is to be expected no longer than `longest` after one of sender's that
 * just came: the last ones of both came so close together. Waiting for others would be in vain. */
bool wzp_relay_room_in_step(const struct wzp_relay_slot *slot, const struct wzp_relay_slot *sender,
                            uint64_t longest, uint64_t now);
/* When a frame to this receiver has to leave: 0 = at once, else the time until which it may wait
 * for company. others = people other than the receiver who are speaking, 1 when nobody is expected.
 * Source: wzp-protocol(7), Relay rules. */
uint64_t wzp_relay_room_flush_at(struct wzp_relay_slot *slot, unsigned others, uint64_t longest,
                                 uint64_t now);
/* Lowest sender number that is free at now; when there is none, the one that has rested longest, so
 * that nobody who comes and goes all the time leaves none to others; 0: 255 are taken. Marks it
 * taken. */
uint8_t wzp_relay_room_take_number(struct wzp_relay_room *room, uint64_t now);
void wzp_relay_room_give_number(struct wzp_relay_room *room, uint8_t number, uint64_t now);

#endif
