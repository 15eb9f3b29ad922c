/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The analysis of a capture of a call on a bad line: the replay counts the same as the call did. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/analyze_qlog.h"
#include "app/analyze_report.h"
#include "base/addr.h"
#include "base/alloc.h"
#include "base/time.h"
#include "media/level.h"
#include "media/receiver.h"
#include "media/sender.h"
#include "tap.h"

#define FILE_SIZE (2 * 1024 * 1024)
#define WALL UINT64_C(1700000000000000000)
#define FLIGHT 64

/* A line in virtual time, and the capture of its packets. */
struct line {
    uint8_t *file;
    size_t length;
    struct wzp_sender *sender;
    struct wzp_receiver *receiver;
    struct {
        uint64_t due_ms; /* 0: free */
        size_t length;
        uint8_t data[WZP_CAPTURE_PACKET_MAX];
    } flight[FLIGHT];
    uint64_t now_ms;
    uint32_t seed;
    unsigned loss_percent, jitter_ms;
    uint64_t sent, lost, run, longest_run;
    bool is_relay, seals;
    unsigned pulls_every_ms; /* 0: nothing is played */
    struct wzp_addr local, remote;
    struct wzp_playout_stats heard;
};

static unsigned dice(struct line *l, unsigned sides)
{
    l->seed = l->seed * 1664525u + 1013904223u;
    return (l->seed >> 8) % sides;
}

static void write_down(struct line *l, const struct wzp_capture_record *record)
{
    int length = wzp_capture_write(l->file + l->length, FILE_SIZE - l->length, record);
    if (length < 0)
        bail("the file is full");
    l->length += (size_t)length;
}

static void on_packet(void *context, const struct wzp_media_packet *packet)
{
    struct line *l = context;
    size_t at = 0;
    l->sent++;
    /* Losses come alone and in runs of up to six. */
    if (l->run > 0 || dice(l, 100) < l->loss_percent) {
        l->run = l->run > 0 ? l->run - 1 : dice(l, 2) * dice(l, 6);
        l->lost++;
        return;
    }
    while (at < FLIGHT && l->flight[at].due_ms)
        at++;
    if (at == FLIGHT)
        bail("the line is full");
    l->flight[at].due_ms = l->now_ms + 30 + dice(l, l->jitter_ms + 1);
    struct wzp_media_packet copy = *packet;
    uint8_t sealed[1024];
    if (l->seals) {
        memcpy(sealed + 1, packet->payload, packet->payload_length);
        memset(sealed + 1 + packet->payload_length, 7, 16);
        sealed[0] = 0x40;
        copy.payload = sealed;
        copy.payload_length += 17;
    }
    int length = wzp_media_write(l->flight[at].data, sizeof l->flight[at].data, &copy);
    l->flight[at].length = length > 0 ? (size_t)length : 0;
}

static void deliver(struct line *l)
{
    struct wzp_media_packet packet;
    uint64_t now = l->now_ms * WZP_MILLISECOND;
    for (size_t i = 0; i < FLIGHT; i++) {
        if (!l->flight[i].due_ms || l->flight[i].due_ms > l->now_ms)
            continue;
        l->flight[i].due_ms = 0;
        const struct wzp_capture_record record = {.type = WZP_CAPTURE_PACKET,
                                                  .at = WALL + now,
                                                  .local = l->local,
                                                  .remote = l->remote,
                                                  .data = l->flight[i].data,
                                                  .length = l->flight[i].length};
        write_down(l, &record);
        if (wzp_media_parse(&packet, record.data, record.length) == 0 && l->receiver)
            wzp_receiver_put(l->receiver, &packet, now);
    }
}

static void hear(struct line *l)
{
    int16_t pcm[960];
    uint64_t now = l->now_ms * WZP_MILLISECOND;
    const struct wzp_capture_record record = {
        .type = WZP_CAPTURE_PULL, .at = WALL + now, .samples = 960};
    wzp_receiver_pull(l->receiver, pcm, 960, now);
    write_down(l, &record);
}

static void speak(struct line *l, struct wzp_tone *tone)
{
    int16_t pcm[960];
    wzp_tone_fill(tone, pcm, 960);
    for (size_t i = 0; i < 960; i++) /* syllables */
        pcm[i] = (int16_t)(pcm[i] * fabs(sin((double)(l->now_ms + i / 48) / 180)));
    (void)wzp_sender_push(l->sender, pcm, 960, on_packet, l);
}

static void open_line(struct line *l, enum wzp_capture_kind kind)
{
    *l = (struct line){
        .file = calloc(1, FILE_SIZE), .seed = 5, .now_ms = 1000, .pulls_every_ms = 20};
    wzp_addr_parse(&l->local, "192.0.2.1:40000", 15);
    wzp_addr_parse(&l->remote, "[2001:db8::7]:4433", 18);
    if (!l->file)
        bail("no memory");
    int head = wzp_capture_write_head(l->file, FILE_SIZE, "test");
    int rest = wzp_capture_write_interface(l->file + head, FILE_SIZE, kind, "lounge");
    l->length = (size_t)(head + rest);
    l->is_relay = kind == WZP_CAPTURE_RELAY;
    if (wzp_sender_new(&l->sender, WZP_CODEC_OPUS_24K) || wzp_receiver_new(&l->receiver))
        bail("no memory for a line");
    wzp_receiver_set_expected(l->receiver, 1);
}

static void run(struct line *l, unsigned seconds)
{
    struct wzp_tone tone;
    uint64_t end = l->now_ms + seconds * 1000u;
    wzp_tone_init(&tone, 220, -12);
    for (; l->now_ms < end; l->now_ms++) {
        if (l->now_ms % 20 == 0)
            speak(l, &tone);
        deliver(l);
        if (l->pulls_every_ms && l->now_ms % l->pulls_every_ms == 7)
            hear(l);
    }
    wzp_receiver_stats(l->receiver, &l->heard, l->now_ms * WZP_MILLISECOND);
}

static void close_line(struct line *l)
{
    wzp_sender_free(l->sender);
    wzp_receiver_free(l->receiver);
    free(l->file);
}

/* ---- tests ---- */

static double figure(const struct wzp_analysis_stream *s, const char *key)
{
    double value = -1;
    for (size_t i = 0; wzp_analysis_figure(i); i++)
        if (strcmp(wzp_analysis_figure(i)->key, key) == 0 &&
            !wzp_analysis_figure(i)->value(s, &value))
            return -1;
    return value;
}

static struct wzp_analysis *analyze(const struct line *l)
{
    struct wzp_analysis *a = NULL;
    struct wzp_error err = {0};
    int result = wzp_analyze(&a, l->file, l->length, &err);
    if (result == WZP_E_MEMORY)
        bail("no memory for an analysis");
    is_int(result, 0, "it is analyzed: %s", err.text);
    if (result)
        bail("nothing to look at");
    return a;
}

static void same_figures(void)
{
    struct line l;
    open_line(&l, WZP_CAPTURE_CALL);
    l.loss_percent = 8;
    l.jitter_ms = 35;
    run(&l, 20);
    struct wzp_analysis *a = analyze(&l);
    const struct wzp_analysis_stream *s = &a->streams[0];
    is_int(a->stream_count, 1, "a call has one stream");
    is_int(s->packets, l.heard.jitter.received, "all packets are there");
    is_int(s->heard.jitter.expected, l.heard.jitter.expected, "expected as the call did");
    is_int(s->heard.jitter.lost, l.heard.jitter.lost, "lost as the call counted");
    is_int(s->heard.frames_decoded, l.heard.frames_decoded, "decoded as the call did");
    is_int(s->heard.frames_dred, l.heard.frames_dred, "rebuilt from DRED as the call did");
    is_int(s->heard.frames_lbrr, l.heard.frames_lbrr, "rebuilt from FEC as the call did");
    is_int(s->heard.frames_concealed, l.heard.frames_concealed, "concealed as the call did");
    is_int(s->heard.jitter.late, l.heard.jitter.late, "late as the call counted");
    is_int(s->heard.delay_ms, l.heard.delay_ms, "delayed as the call was");
    ok(l.heard.frames_concealed > 0 && l.heard.jitter.lost > 50, "and there was something to cure");
    uint64_t in_bins[2] = {0, 0};
    for (size_t i = 0; i < a->bin_count; i++) {
        in_bins[0] += s->bins[i].packets;
        in_bins[1] += s->bins[i].lost;
    }
    is_int(in_bins[0], s->packets, "the pieces of time hold all packets");
    is_int(in_bins[1], s->heard.jitter.lost, "and all losses");
    double heard = 0, frames = (double)(s->heard.frames_decoded + s->heard.frames_dred +
                                        s->heard.frames_lbrr + s->heard.frames_concealed);
    for (int origin = 0; origin < WZP_ORIGIN_SILENCE; origin++)
        heard += wzp_analysis_origin_ms(a, s, (enum wzp_origin)origin);
    ok(fabs(heard / 20 - frames) <= 3, "and all that was heard: %.0f of %.0f", heard / 20, frames);
    ok(fabs(figure(s, "lost_percent") - 100.0 * (double)l.lost / (double)l.sent) < 0.5,
       "the loss is the line's: %.2f %%", figure(s, "lost_percent"));
    ok(figure(s, "spread_p95_ms") > 25 && figure(s, "spread_p95_ms") <= 36,
       "95 %% of its jitter is seen: %.0f ms", figure(s, "spread_p95_ms"));
    ok(figure(s, "mos") > 1 && figure(s, "mos") < 4.5, "there is a MOS");
    is_str(s->marks[0].text, "codec Opus24k", "the codec is named");
    wzp_analysis_free(a);
    close_line(&l);
}

static void own_counts(void)
{
    struct line l;
    open_line(&l, WZP_CAPTURE_CALL);
    run(&l, 2);
    struct wzp_capture_record record = {.type = WZP_CAPTURE_COUNTS,
                                        .at = WALL + l.now_ms * WZP_MILLISECOND};
    record.counts[WZP_COUNT_DECODED] = 77;
    record.counts[WZP_COUNT_RTT_US] = 41500;
    write_down(&l, &record);
    record.counts[WZP_COUNT_DIRECT] = 1;
    write_down(&l, &record);
    struct wzp_analysis *a = analyze(&l);
    ok(a->streams[0].has_counts && a->streams[0].counts[WZP_COUNT_DECODED] == 77,
       "what the call counted is kept");
    ok(fabs(figure(&a->streams[0], "rtt_ms") - 41.5) < 0.01, "so is the round trip");
    is_str(a->streams[0].marks[1].text, "direct", "a change to the direct path is marked");
    wzp_analysis_free(a);
    close_line(&l);
}

static void relay(void)
{
    struct line l;
    open_line(&l, WZP_CAPTURE_RELAY);
    l.pulls_every_ms = 0;
    l.loss_percent = 5;
    run(&l, 6);
    wzp_addr_parse(&l.remote, "198.51.100.9:5000", 17);
    l.seals = true;
    run(&l, 9);
    struct wzp_analysis *a = analyze(&l);
    is_int(a->stream_count, 2, "a relay's capture has a stream for each sender");
    is_str(a->streams[0].name, "lounge: [2001:db8::7]:4433", "named by room and address");
    ok(!a->streams[0].is_sealed && a->streams[1].is_sealed, "one of them is encrypted");
    ok(figure(&a->streams[0], "in_time_percent") > 80, "the plain one is heard: %.1f %%",
       figure(&a->streams[0], "in_time_percent"));
    ok(figure(&a->streams[1], "in_time_percent") < 0 && figure(&a->streams[1], "lost_percent") >= 0,
       "of the other the packets are told, and nothing is heard");
    ok(a->streams[0].bins[a->bin_count - 1].pulls == 0, "nobody listens to who left long ago");
    wzp_analysis_free(a);
    close_line(&l);
}

static void page(void)
{
    struct line l;
    struct wzp_buffer out;
    open_line(&l, WZP_CAPTURE_CALL);
    l.loss_percent = 10;
    run(&l, 4);
    struct wzp_analysis *a = analyze(&l);
    wzp_buffer_init(&out, WZP_ANALYSIS_REPORT_MAX);
    wzp_analysis_report(&out, a, "<script>\x1b[2Jx.pcapng");
    if (out.result == WZP_E_MEMORY)
        bail("no memory for a page");
    is_int(out.result, 0, "there is a page");
    ok(!strstr(out.text, "<script") && strstr(out.text, "&lt;script&gt;?[2Jx.pcapng"),
       "a hostile name stays text");
    ok(!strstr(out.text, "http://") && !strstr(out.text, "https://") && !strstr(out.text, "src="),
       "nothing comes from elsewhere");
    size_t charts = 0;
    for (const char *at = out.text; (at = strstr(at, "<svg ")) != NULL; at++)
        charts++;
    is_int(charts, 7, "seven drawings: nobody measured a round trip");
    ok(!strstr(out.text, "nan") && !strstr(out.text, "inf"), "all numbers are numbers");
    ok(strstr(out.text, "Call, 2023-11-14 22:13 UTC"), "it says when");
    wzp_buffer_fini(&out);
    wzp_analysis_free(a);
    close_line(&l);
}

/* Writes a qlog: an acknowledgement, a datagram sent and a loss each 100 ms, and a second path. The
 * connection began two seconds before the capture, or (clock NULL) at an unknown time. */
static size_t write_qlog(char *out, size_t size, const char *clock)
{
    size_t at = (size_t)snprintf(out, size,
                                 "\x1e{\"qlog_format\":\"JSON-SEQ\",\"trace\":{\"vantage_point\":"
                                 "{\"name\":\"ngtcp2\",\"type\":\"client\"}}}\n");
    at += (size_t)snprintf(out + at, size - at, "%s", clock ? clock : "");
    for (unsigned ms = 0; ms < 6000; ms += 100) {
        at += (size_t)snprintf(out + at, size - at,
                               "\x1e{\"time\":%u,\"name\":\"recovery:metrics_updated\",\"data\":{"
                               "\"smoothed_rtt\":40,\"latest_rtt\":%u,\"congestion_window\":20480,"
                               "\"bytes_in_flight\":2048}}\n"
                               "\x1e{\"time\":%u,\"name\":\"transport:packet_sent\",\"data\":{"
                               "\"frames\":[{\"frame_type\":\"%s\"}]}}\n",
                               ms, 40 + ms / 100, ms, ms == 4000 ? "path_challenge" : "datagram");
        if (ms % 1000 == 500)
            at += (size_t)snprintf(out + at, size - at,
                                   "\x1e{\"time\":%u,\"name\":\"recovery:packet_lost\"}\n", ms);
    }
    return at;
}

static void connections(void)
{
    static char text[32 * 1024];
    char clock[100];
    struct line l;
    struct wzp_error err = {0};
    struct wzp_buffer out;

    open_line(&l, WZP_CAPTURE_CALL);
    run(&l, 4);
    struct wzp_analysis *a = analyze(&l);
    snprintf(clock, sizeof clock, WZP_QLOG_CLOCK, (unsigned long long)(a->began / 1000000 - 2000));
    size_t length = write_qlog(text, sizeof text, clock);
    int result = wzp_analysis_qlog(a, "<b>.qlog", text, length, &err);
    if (result == WZP_E_MEMORY)
        bail("no memory for a qlog");
    is_int(result, 0, "a qlog of the time is taken %s", err.text);
    const struct wzp_analysis_connection *c = &a->connections[0];
    ok(a->connection_count == 1 && c->is_client && c->sent >= 39 && c->lost == 4,
       "of the time of the capture only (%llu sent, %llu lost)", (unsigned long long)c->sent,
       (unsigned long long)c->lost);
    is_near((double)c->bins[0].rtt_ms, 60, 0.1, "where its zero is by the time of day");
    is_near((double)c->bins[0].window_kib, 20, 0.1, "with the congestion window");
    ok(c->mark_count == 1 && fabs(c->marks[0].seconds - 2) < 0.01, "and where a path was tried");
    wzp_buffer_init(&out, WZP_ANALYSIS_REPORT_MAX);
    wzp_analysis_report(&out, a, "x.pcapng");
    if (out.result == WZP_E_MEMORY)
        bail("no memory for a page");
    ok(strstr(out.text, "What the connections did") && strstr(out.text, "Congestion window") &&
           strstr(out.text, "we try another path") && !strstr(out.text, "<b>.qlog"),
       "the page shows it");
    wzp_buffer_fini(&out);

    length = write_qlog(text, sizeof text, NULL);
    is_int(wzp_analysis_qlog(a, "old.qlog", text, length, &err), WZP_E_NOT_FOUND,
           "one without the time of day is refused: %s", err.text);
    is_int(wzp_analysis_qlog(a, "none", "RIFF", 4, &err), WZP_E_SYNTAX, "what is none, too: %s",
           err.text);
    snprintf(clock, sizeof clock, WZP_QLOG_CLOCK, (unsigned long long)(WALL / 1000000 + 60000));
    length = write_qlog(text, sizeof text, clock);
    is_int(wzp_analysis_qlog(a, "later", text, length, &err), 0, "another time");
    ok(a->connection_count == 1 && a->connections_left_out == 1, "is left out, and counted");
    wzp_analysis_free(a);
    close_line(&l);
}

static void damaged(void)
{
    struct line l;
    struct wzp_analysis *a = NULL;
    struct wzp_error err = {0};
    open_line(&l, WZP_CAPTURE_CALL);
    run(&l, 1);
    size_t middle = l.length; /* where a block begins */
    run(&l, 2);
    size_t whole = l.length;
    l.length -= 5;
    a = analyze(&l);
    ok(a->is_cut && a->streams[0].packets > 100,
       "a file that breaks off is told as far as it goes");
    wzp_analysis_free(a);
    l.length = whole;
    struct wzp_capture_record far = {.type = WZP_CAPTURE_PULL, .at = WALL * 2, .samples = 960};
    write_down(&l, &far);
    is_int(wzp_analyze(&a, l.file, l.length, &err), WZP_E_TOO_BIG, "nobody waits for years: %s",
           err.text);
    l.length = whole;
    memset(l.file + middle, 0xff, 64);
    is_int(wzp_analyze(&a, l.file, l.length, &err), WZP_E_SYNTAX, "damage is said: %s", err.text);
    is_int(wzp_analyze(&a, (const uint8_t *)"RIFF....WAVEfmt ", 16, &err), WZP_E_SYNTAX,
           "a sound file is none: %s", err.text);
    l.length = 200;
    is_int(wzp_analyze(&a, l.file, l.length, &err), WZP_E_NOT_FOUND, "without packets: %s",
           err.text);
    close_line(&l);
}

TAP_MAIN
{
    same_figures();
    own_counts();
    relay();
    page();
    connections();
    damaged();
}
