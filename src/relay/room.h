/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Rooms: members in the order of joining, a sender number for each, the forwarding of frames,
 * RoomUpdate and the quality directive. The forwarding path neither allocates nor logs nor looks a
 * name up. Frames to one receiver may wait for each other ("company") so that several leave in one
 * packet. Source: wzp-protocol(7), Rooms, A direct call, Relay rules, Media header. */
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

#define WZP_RELAY_NUMBER_REST (5 * WZP_SECOND) /* of a number that was given back */
#define WZP_RELAY_MEDIA_VERSION 1              /* of the header that the relay reads and fills in */
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

/* The data that forwarding reads for each receiver, contiguous in memory. */
struct wzp_relay_slot {
    struct wzp_relay_client *client;
    struct wzp_quic_conn *conn; /* NULL for a test's stand-in */
    bool is_later; /* announced a later media version: only such members read its frames */
    uint64_t speaking_until;
    uint64_t spoke_until; /* speaking_until before its last frame */
    uint64_t flush_at;    /* when the waiting frames leave at the latest */
    unsigned waiting;     /* frames that wait */
};

struct wzp_relay_room {
    char name[WZP_SNI_MAX + 1];
    struct wzp_relay_slot *slots; /* in order of joining, owned */
    size_t count, capacity;
    bool is_call;
    bool is_remote;         /* of the remote relay (forward mode): not forwarded here */
    unsigned tap_interface; /* interface number in the capture file, from 1; 0 = none yet */
    struct wzp_relay_global *global; /* NULL: a room of this relay alone */
    enum wzp_tier tier;              /* that members were last told */
    bool is_tier_owed; /* the tier changed; sent with the next report that the rate allows */
    struct wzp_bucket directives;
    struct wzp_bucket updates, update_bytes;
    size_t update_length;          /* bytes of the last RoomUpdate */
    struct wzp_relay_timer update; /* armed: a RoomUpdate is to be sent */
    uint64_t number_free_at[256];  /* WZP_NEVER while taken */
};

/* The room state of one client; lives in the client. */
struct wzp_relay_member {
    struct wzp_relay_room *room; /* NULL: in none */
    size_t slot;
    uint8_t number; /* 1..255, 0 when all were taken */
    struct wzp_relay_quality quality;
    struct wzp_relay_meter meter;
    uint64_t heard_at; /* the time of its last frame, or of its joining */
    bool is_missing;   /* nothing is received from it: left out of the list for now */
    uint64_t frames_in, frames_out, bytes_in;
    uint64_t session; /* number of this join since the relay's start */
    uint64_t joined_at;
    struct wzp_quality_report report; /* the last one */
    uint64_t reports;
    uint64_t dred, concealed; /* highest totals of LossRecoveryUpdate */
};

/* Puts client (ready, with name and alias) in the room of that name, which is made if needed, and
 * sends a RoomUpdate to all. In a call's room an older entry of the same person is replaced.
 * WZP_E_LIMIT (no place in the relay), WZP_E_REFUSED (the call's room is full, or the older entry
 * had proved more), WZP_E_MEMORY; *reason (may be NULL) is then a sentence. */
int wzp_relay_room_join(struct wzp_relay *r, struct wzp_relay_client *client, const char *name,
                        const char **reason, uint64_t now);
/* Takes client out, tells the others, frees an empty room. No effect for a client in no room. */
void wzp_relay_room_leave(struct wzp_relay *r, struct wzp_relay_client *client, uint64_t now);
/* Handles one datagram of a member: checks it, sets its sender number, forwards it to the others.
 * No allocation. */
void wzp_relay_room_frame(struct wzp_relay *r, struct wzp_relay_client *client, const uint8_t *data,
                          size_t length, uint64_t now);
/* Marks client as missing (nothing is received from it) or present again in the room's list. */
void wzp_relay_room_mark(struct wzp_relay *r, struct wzp_relay_client *client, bool is_missing,
                         uint64_t now);
/* ---- what members are told: room_tell.c ---- */
/* Sends the list of members to all, or to one only. False when memory lacks. */
bool wzp_relay_room_tell(struct wzp_relay *r, struct wzp_relay_room *room,
                         struct wzp_relay_client *only, uint64_t now);
/* Sends the room's tier to all, or to one only. */
void wzp_relay_room_direct(struct wzp_relay *r, struct wzp_relay_room *room,
                           struct wzp_relay_client *only, uint64_t now);
/* Sets the room's tier to that of its worst member. True when that changed, and all were told. */
bool wzp_relay_room_tier(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* The members changed, here or at other relays: a RoomUpdate is sent soon. */
void wzp_relay_room_changed(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* Sends a frame from another relay to all members; buffer stays the caller's. */
void wzp_relay_room_deliver(struct wzp_relay *r, struct wzp_relay_room *room,
                            struct wzp_quic_buffer *buffer, size_t payload, uint64_t now);
/* The RoomUpdate that was held back is due. */
void wzp_relay_room_update_due(struct wzp_relay *r, struct wzp_relay_room *room, uint64_t now);
/* How busy the relay is, for wzp_relay_room_patience. All zero: idle. */
struct wzp_relay_load {
    uint64_t since, frames; /* current window: its start, and the frames sent before it */
    bool is_busy;           /* result of the last complete window */
};
#define WZP_RELAY_LOAD_WINDOW (250 * WZP_MILLISECOND)
#define WZP_RELAY_BUSY_FRAMES 5000 /* frames per window: a fifth of what one core forwards */
#define WZP_RELAY_CALM_WAIT (1 * WZP_MILLISECOND)
/* How long a frame may wait now for others to the same receiver, at most `most` (ns). Waiting saves
 * packets, which is worth the delay only in a busy relay. frames: sent by the relay since its
 * start. */
uint64_t wzp_relay_room_patience(struct wzp_relay_load *load, uint64_t most, uint64_t frames,
                                 uint64_t now);
/* True when a frame of `slot` is due within `longest` after the frame of `sender` that just came,
 * because the last frames of both came so close together. To wait for further ones would be in
 * vain. */
bool wzp_relay_room_in_step(const struct wzp_relay_slot *slot, const struct wzp_relay_slot *sender,
                            uint64_t longest, uint64_t now);
/* When a frame to this receiver has to leave: 0 = at once, else the time until which it may wait
 * for further frames. others: speakers other than the receiver, 1 when no other frame is expected.
 * Source: wzp-protocol(7), Relay rules. */
uint64_t wzp_relay_room_flush_at(struct wzp_relay_slot *slot, unsigned others, uint64_t longest,
                                 uint64_t now);
/* Takes the lowest sender number that is free at `now`. If all free ones were used recently, takes
 * the one given back first, so that a client that keeps joining and leaving cannot exhaust the
 * numbers. 0: 255 are taken. */
uint8_t wzp_relay_room_take_number(struct wzp_relay_room *room, uint64_t now);
void wzp_relay_room_give_number(struct wzp_relay_room *room, uint8_t number, uint64_t now);

#endif
