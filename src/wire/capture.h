/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Capture files: the media packets of a call, room or relay with their times, as pcapng that
 * Wireshark opens, and with them what a replay needs: when samples were pulled for playing, and the
 * call's own counters. Written and read in memory, without allocation; the reader accepts both byte
 * orders, skips unknown blocks and checks every length. Source: the pcapng format
 * (draft-ietf-opsawg-pcapng): section header, interface description, enhanced packet; a block type
 * for local use; link type 252, Wireshark's exported PDUs with the protocol name "wzp". See
 * wzp-analyze(1), Capture files. */
#ifndef WZP_WIRE_CAPTURE_H
#define WZP_WIRE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wzp/types.h"

#define WZP_CAPTURE_PACKET_MAX 2048 /* bytes of a media packet */
#define WZP_CAPTURE_WRITE_MAX 2304  /* of anything written here at once */
#define WZP_CAPTURE_INTERFACES_MAX 64
#define WZP_CAPTURE_NAME_MAX 64

/* Whose packets an interface holds. Unknown: written by another program, or a kind we do not
 * know. */
enum wzp_capture_kind {
    WZP_CAPTURE_UNKNOWN,
    WZP_CAPTURE_CALL,  /* of a direct call, both ways, decrypted */
    WZP_CAPTURE_ROOM,  /* the same of a room */
    WZP_CAPTURE_RELAY, /* as a relay forwards them */
    WZP_CAPTURE_KINDS
};

enum wzp_capture_type {
    WZP_CAPTURE_PACKET,
    WZP_CAPTURE_PULL,  /* so many samples were taken for the loudspeaker */
    WZP_CAPTURE_COUNTS /* the call's own counters at that time */
};

/* Counters since the beginning of the call, and its state; later versions append. */
enum wzp_capture_count {
    WZP_COUNT_EXPECTED,
    WZP_COUNT_RECEIVED,
    WZP_COUNT_LATE,
    WZP_COUNT_DECODED, /* from here on in frames of 20 ms */
    WZP_COUNT_LBRR,
    WZP_COUNT_DRED,
    WZP_COUNT_REPAIRED,
    WZP_COUNT_CONCEALED,
    WZP_COUNT_SILENCE,
    WZP_COUNT_RTT_US, /* of the active path, smoothed; 0 = not known */
    WZP_COUNT_DIRECT, /* 1 while media goes from phone to phone */
    WZP_COUNT_SEALED, /* 1 when the call was encrypted from end to end */
    WZP_CAPTURE_COUNT_KINDS
};

struct wzp_capture_record {
    enum wzp_capture_type type;
    uint64_t at; /* ns since 1970 */
    /* PACKET: data points into the file, local and remote may be empty. */
    unsigned interface;
    bool outgoing;
    struct wzp_addr local, remote;
    const uint8_t *data;
    size_t length;
    unsigned samples; /* PULL; at 48 kHz */
    uint32_t counts[WZP_CAPTURE_COUNT_KINDS];
};

/* Each writes one piece of a file and returns its length, WZP_E_TOO_BIG (capacity, a packet that is
 * too long). The head comes first, then an interface before its packets; both are text that was
 * filtered. */
int wzp_capture_write_head(uint8_t *out, size_t capacity, const char *program);
int wzp_capture_write_interface(uint8_t *out, size_t capacity, enum wzp_capture_kind kind,
                                const char *name);
int wzp_capture_write(uint8_t *out, size_t capacity, const struct wzp_capture_record *record);

/* Caller owned, no release; the file's bytes outlive it. */
struct wzp_capture_reader {
    const uint8_t *data;
    size_t length, offset;
    bool is_big_endian;
    struct {
        enum wzp_capture_kind kind;
        char name[WZP_CAPTURE_NAME_MAX]; /* filtered */
        bool is_ours;                    /* the link type is the one we read */
        uint8_t resolution;              /* if_tsresol */
    } interfaces[WZP_CAPTURE_INTERFACES_MAX];
    size_t interface_count;
    uint64_t foreign; /* packets skipped, since they are not media of ours */
    bool is_cut;      /* the file ends within a block */
};
/* WZP_E_SYNTAX: no pcapng. */
int wzp_capture_open(struct wzp_capture_reader *r, const uint8_t *data, size_t length);
/* 1 with the next record, 0 at the end, WZP_E_SYNTAX (malformed blocks). */
int wzp_capture_next(struct wzp_capture_reader *r, struct wzp_capture_record *out);

#endif
