/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Media datagrams. Bits by mask and shift, never by bit fields. Source: wzp-protocol(7), Media
 * header, Federation tag, Codecs, Quality report, Relay rules. */
#include "wire/media.h"

#include <string.h>

#include "base/bytes.h"
#include "base/error.h"

#define BIT_VERSION 0x80
#define BIT_REPAIR 0x40
#define BIT_REPORT 0x02
#define BIT_RATIO_HIGH 0x01

static void read_header(struct wzp_media_header *h, const uint8_t *p)
{
    h->version = (p[0] & BIT_VERSION) != 0;
    h->is_repair = (p[0] & BIT_REPAIR) != 0;
    h->codec = p[0] >> 2 & 0x0f;
    h->has_report = (p[0] & BIT_REPORT) != 0;
    h->fec_ratio = (uint8_t)((p[0] & BIT_RATIO_HIGH) << 6 | p[1] >> 2);
    h->unused_bits = p[1] & 0x03;
    h->sequence = wzp_get_be16(p + 2);
    h->timestamp = wzp_get_be32(p + 4);
    h->fec_block = p[8];
    h->fec_symbol = p[9];
    h->sender = p[10];
    h->csrc_count = p[11];
}

int wzp_media_parse(struct wzp_media_packet *out, const uint8_t *data, size_t length)
{
    memset(out, 0, sizeof *out);
    if (length < WZP_MEDIA_HEADER_SIZE)
        return WZP_E_SHORT;
    read_header(&out->header, data);
    if (out->header.codec >= WZP_CODEC_COUNT)
        return WZP_E_RANGE;
    out->payload = data + WZP_MEDIA_HEADER_SIZE;
    out->payload_length = length - WZP_MEDIA_HEADER_SIZE;
    if (out->header.has_report) {
        if (out->payload_length < WZP_MEDIA_REPORT_SIZE)
            return WZP_E_SHORT;
        out->payload_length -= WZP_MEDIA_REPORT_SIZE;
        const uint8_t *p = out->payload + out->payload_length;
        out->report = (struct wzp_quality_report){p[0], p[1], p[2], p[3]};
    }
    return 0;
}

void wzp_media_write_header(uint8_t *out, const struct wzp_media_header *h)
{
    unsigned first = (h->codec & 0x0fu) << 2 | (h->fec_ratio >> 6 & 1u);
    if (h->version)
        first |= BIT_VERSION;
    if (h->is_repair)
        first |= BIT_REPAIR;
    if (h->has_report)
        first |= BIT_REPORT;
    out[0] = (uint8_t)first;
    out[1] = (uint8_t)((h->fec_ratio & 0x3fu) << 2 | (h->unused_bits & 3u));
    wzp_put_be16(out + 2, h->sequence);
    wzp_put_be32(out + 4, h->timestamp);
    out[8] = h->fec_block;
    out[9] = h->fec_symbol;
    out[10] = h->sender;
    out[11] = h->csrc_count;
}

int wzp_media_write(uint8_t *out, size_t capacity, const struct wzp_media_packet *packet)
{
    const struct wzp_media_header *h = &packet->header;
    if (h->codec >= WZP_CODEC_COUNT || h->fec_ratio > 127)
        return WZP_E_RANGE;
    size_t fixed = WZP_MEDIA_HEADER_SIZE + (h->has_report ? WZP_MEDIA_REPORT_SIZE : 0);
    /* 65535 is the most a datagram can hold; it also keeps the result an int. */
    if (capacity < fixed || packet->payload_length > capacity - fixed ||
        packet->payload_length > UINT16_MAX - fixed)
        return WZP_E_TOO_BIG;
    wzp_media_write_header(out, h);
    if (packet->payload_length > 0)
        memmove(out + WZP_MEDIA_HEADER_SIZE, packet->payload, packet->payload_length);
    if (h->has_report) {
        uint8_t *p = out + WZP_MEDIA_HEADER_SIZE + packet->payload_length;
        p[0] = packet->report.loss;
        p[1] = packet->report.rtt_4ms;
        p[2] = packet->report.jitter_ms;
        p[3] = packet->report.bitrate_cap_kbps;
    }
    return (int)(fixed + packet->payload_length);
}

void wzp_quality_report_make(struct wzp_quality_report *out, double loss_percent, uint32_t rtt_ms,
                             uint32_t jitter_ms, uint8_t bitrate_cap_kbps)
{
    double loss = loss_percent / 100.0 * 255.0;
    out->loss = !(loss > 0.0) ? 0 : loss >= 255.0 ? 255 : (uint8_t)loss;
    out->rtt_4ms = rtt_ms / 4 > 255 ? 255 : (uint8_t)(rtt_ms / 4);
    out->jitter_ms = jitter_ms > 255 ? 255 : (uint8_t)jitter_ms;
    out->bitrate_cap_kbps = bitrate_cap_kbps;
}

double wzp_quality_report_loss_percent(const struct wzp_quality_report *report)
{
    return report->loss / 255.0 * 100.0;
}

int wzp_federation_parse(const uint8_t **tag, struct wzp_media_packet *out, const uint8_t *data,
                         size_t length)
{
    *tag = NULL;
    if (length < WZP_FEDERATION_TAG_SIZE + WZP_MEDIA_HEADER_SIZE) {
        memset(out, 0, sizeof *out);
        return WZP_E_SHORT;
    }
    int result =
        wzp_media_parse(out, data + WZP_FEDERATION_TAG_SIZE, length - WZP_FEDERATION_TAG_SIZE);
    if (result == 0)
        *tag = data;
    return result;
}

int wzp_federation_write(uint8_t *out, size_t capacity, const uint8_t tag[WZP_FEDERATION_TAG_SIZE],
                         const uint8_t *media, size_t media_length)
{
    if (capacity < WZP_FEDERATION_TAG_SIZE || media_length > capacity - WZP_FEDERATION_TAG_SIZE ||
        media_length > UINT16_MAX - WZP_FEDERATION_TAG_SIZE)
        return WZP_E_TOO_BIG;
    if (media_length > 0)
        memmove(out + WZP_FEDERATION_TAG_SIZE, media, media_length);
    memcpy(out, tag, WZP_FEDERATION_TAG_SIZE);
    return (int)(WZP_FEDERATION_TAG_SIZE + media_length);
}
