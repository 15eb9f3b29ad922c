/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The media datagram: 12-byte header, payload, optional 4-byte quality report; and the same
 * behind a federation tag. Parsing makes views into the caller's bytes, nothing is copied or
 * allocated. Source: wzp-protocol(7), Media header, Federation tag, Codecs, Quality report, Relay
 * rules. */
#ifndef WZP_WIRE_MEDIA_H
#define WZP_WIRE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/codec.h"

#define WZP_MEDIA_HEADER_SIZE 12
#define WZP_MEDIA_REPORT_SIZE 4
/* byte 10, "reserved": our relay stamps a sender number there (wzp-protocol(7), Media header) */
#define WZP_MEDIA_SENDER_OFFSET 10
#define WZP_MEDIA_DATAGRAM_MAX 1140 /* fits every hop at MTU 1200 (wzp-protocol(7), Old peers) */
#define WZP_FEDERATION_TAG_SIZE 8

/* 12-byte header, field for field. */
struct wzp_media_header {
    bool version;        /* V bit; 0 here, not checked on receipt */
    bool is_repair;      /* T bit */
    bool has_report;     /* Q bit */
    uint8_t codec;       /* 0..8 after a successful parse */
    uint8_t fec_ratio;   /* 7 bits */
    uint8_t unused_bits; /* bits 1..0 of byte 1, 0 on send */
    uint16_t sequence;
    uint32_t timestamp; /* milliseconds, wraps */
    uint8_t fec_block;
    uint8_t fec_symbol;
    uint8_t sender;     /* byte 10: 0 = unknown, 1..255 = number given by our relay */
    uint8_t csrc_count; /* byte 11, ignored */
};

/* Quality report in wire units; helpers below convert. Source: wzp-protocol(7), Quality report. */
struct wzp_quality_report {
    uint8_t loss;    /* 0..255 = 0..100 % */
    uint8_t rtt_4ms; /* units of 4 ms */
    uint8_t jitter_ms;
    uint8_t bitrate_cap_kbps;
};

/* A parsed datagram; payload points into the caller's bytes. */
struct wzp_media_packet {
    struct wzp_media_header header;
    const uint8_t *payload;
    size_t payload_length;
    struct wzp_quality_report report; /* valid when header.has_report */
};

/* 0, or WZP_E_SHORT (fewer than 12 bytes, or Q with fewer than 16), WZP_E_RANGE (codec 9..15).
 * Version bit is not looked at. */
int wzp_media_parse(struct wzp_media_packet *out, const uint8_t *data, size_t length);
/* Writes the header into out (WZP_MEDIA_HEADER_SIZE bytes). */
void wzp_media_write_header(uint8_t *out, const struct wzp_media_header *header);
/* Writes a whole datagram. Returns its length, or WZP_E_TOO_BIG when capacity lacks, WZP_E_RANGE
 * for a bad codec or ratio. */
int wzp_media_write(uint8_t *out, size_t capacity, const struct wzp_media_packet *packet);

/* percent 0..100 -> truncated 0..255; rtt -> min(255, ms / 4); jitter -> min(255, ms). */
void wzp_quality_report_make(struct wzp_quality_report *out, double loss_percent, uint32_t rtt_ms,
                             uint32_t jitter_ms, uint8_t bitrate_cap_kbps);
double wzp_quality_report_loss_percent(const struct wzp_quality_report *report);

/* Federation datagram: 8-byte room tag + media packet (wzp-protocol(7), Federation tag), for the
 * relay's links to other relays. parse: at least 20 bytes and a valid media part. */
int wzp_federation_parse(const uint8_t **tag, struct wzp_media_packet *out, const uint8_t *data,
                         size_t length);
int wzp_federation_write(uint8_t *out, size_t capacity, const uint8_t tag[WZP_FEDERATION_TAG_SIZE],
                         const uint8_t *media, size_t media_length);

#endif
