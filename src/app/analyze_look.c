/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The first pass over a capture: its length and its senders. */
#include <stdio.h>
#include <string.h>

#include "app/analyze_replay.h"
#include "base/error.h"
#include "base/time.h"

#define LONGEST (UINT64_C(86400) * WZP_SECOND)
#define TAIL (500 * WZP_MILLISECOND)

struct wzp_replay_source *wzp_replay_source_of(struct wzp_replay *p,
                                               const struct wzp_capture_record *record, bool make)
{
    struct wzp_analysis *a = p->a;
    bool is_own = a->kind == WZP_CAPTURE_CALL || a->kind == WZP_CAPTURE_ROOM;

    for (size_t i = 0; i < a->stream_count; i++)
        if (is_own || (p->sources[i].interface == record->interface &&
                       wzp_addr_equal(&p->sources[i].remote, &record->remote)))
            return &p->sources[i];
    if (!make || a->stream_count == WZP_ANALYSIS_STREAMS_MAX)
        return NULL;
    struct wzp_replay_source *s = &p->sources[a->stream_count++];
    s->remote = record->remote;
    s->interface = record->interface;
    return s;
}

/* An encrypted payload begins with 0x40 plus the epoch. An epoch has 65536 packets, so that calls
 * of a few hours stay below epoch 8. Read as an Opus packet, such a byte would mean a frame of 10
 * ms or stereo, which nobody sends. */
static bool looks_sealed(const struct wzp_media_packet *packet)
{
    return packet->payload_length >= 18 && packet->payload[0] >= 0x40 && packet->payload[0] < 0x48;
}

static void look_at(struct wzp_replay *p, struct wzp_capture_reader *reader,
                    const struct wzp_capture_record *record)
{
    struct wzp_media_packet packet;
    struct wzp_replay_source *s;

    if (record->type == WZP_CAPTURE_PULL)
        p->a->has_pulls = true;
    if (record->type != WZP_CAPTURE_PACKET)
        return;
    if (p->a->stream_count == 0)
        p->a->kind = reader->interfaces[record->interface].kind;
    if (wzp_media_parse(&packet, record->data, record->length) < 0) {
        p->a->foreign++;
        return;
    }
    s = wzp_replay_source_of(p, record, !record->outgoing);
    if (!s) {
        p->a->left_out += !record->outgoing;
        return;
    }
    struct wzp_analysis_stream *stream = &p->a->streams[s - p->sources];
    if (record->outgoing)
        return;
    if (stream->packets++ == 0)
        snprintf(stream->name, sizeof stream->name, "%s",
                 reader->interfaces[record->interface].name);
    s->sealed_like += looks_sealed(&packet);
}

static void name_stream(struct wzp_analysis *a, struct wzp_analysis_stream *stream,
                        const struct wzp_replay_source *s)
{
    size_t length = strlen(stream->name);
    char address[WZP_ADDR_TEXT_MAX];

    if (a->kind == WZP_CAPTURE_CALL)
        snprintf(stream->name, sizeof stream->name, "the call");
    else if (a->kind != WZP_CAPTURE_ROOM)
        snprintf(stream->name + length, sizeof stream->name - length, "%s%s", length ? ": " : "",
                 wzp_addr_format(address, &s->remote));
    stream->is_sealed = a->kind == WZP_CAPTURE_RELAY && stream->packets > 0 &&
                        s->sealed_like >= stream->packets - stream->packets / 50;
    stream->packets = 0;
}

int wzp_replay_first_look(struct wzp_replay *p, const uint8_t *data, size_t length,
                          struct wzp_error *err)
{
    struct wzp_capture_reader reader;
    struct wzp_capture_record record;
    uint64_t last = 0;
    bool any = false;
    int result = wzp_capture_open(&reader, data, length);

    while (!result && (result = wzp_capture_next(&reader, &record)) == 1) {
        if (!any)
            p->origin = last = record.at;
        if (record.at > last)
            last = record.at;
        any = true;
        look_at(p, &reader, &record);
        result = 0;
    }
    if (result)
        return wzp_error_set(err, result, "this is no capture file (pcapng), or it is damaged");
    p->a->foreign += reader.foreign;
    p->a->is_cut = reader.is_cut;
    if (p->a->stream_count == 0)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "there are no media packets in it that came from somebody");
    if (last - p->origin > LONGEST)
        return wzp_error_set(err, WZP_E_TOO_BIG, "it is longer than a day");
    p->a->began = p->origin;
    p->end = WZP_REPLAY_AHEAD + last - p->origin + (p->a->has_pulls ? 0 : TAIL);
    p->a->seconds = (double)(p->end - WZP_REPLAY_AHEAD) / 1e9;
    for (size_t i = 0; i < p->a->stream_count; i++)
        name_stream(p->a, &p->a->streams[i], &p->sources[i]);
    return 0;
}
