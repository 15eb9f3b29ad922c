/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "relay/metrics.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/metrics_feed.h"
#include "relay/state.h"

#define TEXT_MAX (16 * 1024 * 1024)

/* ---- growing text ---- */

static bool reserve(struct wzp_relay_text *text, size_t more)
{
    size_t capacity = text->capacity ? text->capacity : 1024;
    char *data;

    if (text->length + more + 1 <= text->capacity)
        return true;
    while (capacity < text->length + more + 1)
        capacity *= 2;
    data = capacity <= TEXT_MAX ? wzp_realloc(text->data, capacity) : NULL;
    if (!data) {
        wzp_relay_text_fini(text);
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void wzp_relay_text_add(struct wzp_relay_text *text, const char *format, ...)
{
    va_list list, again;
    int length;

    if (text->failed)
        return;
    va_start(list, format);
    va_copy(again, list);
    length = vsnprintf(NULL, 0, format, list);
    if (length >= 0 && reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(list);
}

void wzp_relay_text_json(struct wzp_relay_text *text, const char *value)
{
    wzp_relay_text_add(text, "\"");
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;

        if (c == '"' || c == '\\')
            wzp_relay_text_add(text, "\\%c", c);
        else if (c < ' ')
            wzp_relay_text_add(text, "\\u%04x", c);
        else
            wzp_relay_text_add(text, "%c", c);
    }
    wzp_relay_text_add(text, "\"");
}

void wzp_relay_text_fini(struct wzp_relay_text *text)
{
    wzp_free(text->data);
    memset(text, 0, sizeof *text);
}

/* ---- the table ---- */

/* The source of a row's number. */
#define SOURCE(from, type, member)                                                                 \
    {                                                                                              \
        .number = wzp_relay_read_##from, .which = offsetof(struct type, member)                    \
    }
#define TOTAL(member) SOURCE(total, wzp_relay_totals, member)
#define SIZE(member) SOURCE(size, wzp_relay, member)
#define COUNTERS(member) SOURCE(counters, wzp_relay_counters, member)
#define QUIC(member) SOURCE(quic, wzp_quic_counters, member)
#define BRIDGE(member) SOURCE(bridge, wzp_relay_bridge_counts, member)
#define NUMBER(what)                                                                               \
    {                                                                                              \
        .number = wzp_relay_read_##what                                                            \
    }
#define LINES(what, which_one)                                                                     \
    {                                                                                              \
        .lines = wzp_relay_feed_##what, .which = (which_one)                                       \
    }
#define DROPPED "wzp_relay_frames_dropped_total"
#define DROPPED_HELP "Frames of members that were not forwarded, by reason"
#define UDP_DROPPED "wzp_relay_udp_dropped_total"
#define UDP_DROPPED_HELP "UDP packets that belong to no connection, by reason"
#define FEDERATION_DROPPED "wzp_federation_packets_dropped_total"
#define FEDERATION_DROPPED_HELP "Frames of peers that were not carried, by reason"
#define BRIDGED "wzp_web_frames_bridged_total"
#define BRIDGED_HELP "Frames of sound from and to browsers"
#define CLOSED "wzp_web_closed_total"
#define CLOSED_HELP "Browsers sent away, by reason"
#define CALLS "wzp_relay_calls_total"
#define CALLS_HELP "Direct calls by result"
#define POOL "wzp_relay_directory_requests_total"
#define POOL_HELP "Questions to the shared directory by result"
#define SIGNALS "wzp_relay_signals_rejected_total"
#define SIGNALS_HELP "Messages that were not acted upon, by reason"

/* Rows of the same name are adjacent. */
static const struct wzp_relay_metric rows[] = {
    {"wzp_relay_active_sessions", "gauge", "Members of all rooms", COUNTERS(active_sessions), NULL,
     false},
    {"wzp_relay_active_rooms", "gauge", "Rooms with members", COUNTERS(active_rooms), NULL, false},
    {"wzp_relay_packets_forwarded_total", "counter", "Frames sent to receivers", TOTAL(frames_out),
     NULL, false},
    {"wzp_relay_bytes_forwarded_total", "counter", "Payload bytes sent to receivers",
     TOTAL(bytes_out), NULL, false},
    {"wzp_relay_packets_received_total", "counter", "Well-formed frames of members",
     TOTAL(frames_in), NULL, false},
    {DROPPED, "counter", DROPPED_HELP, TOTAL(frames_malformed), "{reason=\"malformed\"}", false},
    {DROPPED, "counter", DROPPED_HELP, TOTAL(frames_over_rate), "{reason=\"rate\"}", false},
    {DROPPED, "counter", DROPPED_HELP, TOTAL(frames_too_big), "{reason=\"too_big\"}", false},
    {DROPPED, "counter", DROPPED_HELP, TOTAL(frames_refused), "{reason=\"receiver\"}", false},
    {DROPPED, "counter", DROPPED_HELP, TOTAL(frames_early), "{reason=\"no_member\"}", false},
    {"wzp_relay_auth_attempts_total", "counter", "Token checks by result", TOTAL(auth_ok),
     "{result=\"ok\"}", false},
    {"wzp_relay_auth_attempts_total", "counter", "Token checks by result", TOTAL(auth_fail),
     "{result=\"fail\"}", false},
    {"wzp_relay_handshake_duration_seconds", "histogram", "From connection to CallAnswer",
     LINES(handshake, 0), NULL, false},
    {"wzp_relay_reported_loss_pct", "gauge", "Loss that members last reported",
     LINES(reported, SESSION_LOSS), NULL, false},
    {"wzp_relay_reported_rtt_ms", "gauge", "Round trip that members last reported",
     LINES(reported, SESSION_RTT), NULL, false},
    {"wzp_relay_reported_jitter_ms", "gauge", "Jitter that members last reported",
     LINES(reported, SESSION_JITTER), NULL, false},
    {"wzp_relay_dred_reconstructions_total", "counter", "Frames that members restored from DRED",
     TOTAL(dred), NULL, false},
    {"wzp_relay_classical_plc_total", "counter", "Frames that members concealed", TOTAL(concealed),
     NULL, false},
    {"wzp_relay_session_loss_pct", "gauge", "Loss a member last reported; with metrics_compat",
     LINES(sessions, SESSION_LOSS), NULL, true},
    {"wzp_relay_session_rtt_ms", "gauge", "Round trip a member last reported; with metrics_compat",
     LINES(sessions, SESSION_RTT), NULL, true},
    {"wzp_relay_session_jitter_ms", "gauge", "Jitter a member last reported; with metrics_compat",
     LINES(sessions, SESSION_JITTER), NULL, true},
    {"wzp_relay_session_dred_reconstructions_total", "counter",
     "Frames a member restored from DRED; with metrics_compat", LINES(sessions, SESSION_DRED), NULL,
     true},
    {"wzp_relay_session_classical_plc_total", "counter",
     "Frames a member concealed; with metrics_compat", LINES(sessions, SESSION_PLC), NULL, true},
    {"wzp_relay_session_packets_total", "counter", "Frames a member sent; with metrics_compat",
     LINES(sessions, SESSION_FRAMES), NULL, true},
    {"wzp_relay_room_passwords_wrong_total", "counter", "Newcomers with a wrong password of a room",
     TOTAL(passwords_wrong), NULL, false},
    {"wzp_relay_remote_members", "gauge", "Members who are in rooms of the remote relay",
     SIZE(upstreams), NULL, false},
    {"wzp_relay_remote_lost_total", "counter", "Members whom the remote relay refused or lost",
     TOTAL(upstreams_lost), NULL, false},
    {"wzp_relay_registered", "gauge", "People registered for calls", SIZE(presence.registered),
     NULL, false},
    {"wzp_relay_watched", "gauge", "People whose presence is watched, counted once per watcher",
     SIZE(watched.interests), NULL, false},
    {"wzp_relay_connections", "gauge", "Connections past the QUIC handshake", NUMBER(connections),
     NULL, false},
    {"wzp_relay_calls", "gauge", "Direct calls that ring or run", SIZE(calls.by_id.count), NULL,
     false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers), "{result=\"offered\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(answers), "{result=\"answered\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(rejects), "{result=\"rejected\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers_offline), "{result=\"offline\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers_unanswered), "{result=\"unanswered\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers_busy), "{result=\"limit\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers_duplicate), "{result=\"duplicate\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(offers_spoofed), "{result=\"spoofed\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(ring_timeouts), "{result=\"timeout\"}", false},
    {CALLS, "counter", CALLS_HELP, TOTAL(calls_lost), "{result=\"lost\"}", false},
    {"wzp_relay_signals_total", "counter", "Messages received", TOTAL(signals_in), NULL, false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(signals_malformed), "{reason=\"malformed\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(signals_unknown), "{reason=\"unknown\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(signals_too_long), "{reason=\"too_long\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(signals_unexpected), "{reason=\"unexpected\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(signals_over_rate), "{reason=\"rate\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(foreign_messages), "{reason=\"not_a_party\"}", false},
    {SIGNALS, "counter", SIGNALS_HELP, TOTAL(forwards_over_rate), "{reason=\"budget\"}", false},
    {"wzp_relay_registrations_total", "counter", "Registrations by result", TOTAL(registrations),
     "{result=\"ok\"}", false},
    {"wzp_relay_registrations_total", "counter", "Registrations by result",
     TOTAL(registrations_refused), "{result=\"refused\"}", false},
    {"wzp_relay_joins_total", "counter", "Room joins by result", TOTAL(joins), "{result=\"ok\"}",
     false},
    {"wzp_relay_joins_total", "counter", "Room joins by result", TOTAL(joins_refused),
     "{result=\"refused\"}", false},
    {"wzp_relay_reflects_total", "counter", "Addresses told on request", TOTAL(reflects), NULL,
     false},
    {"wzp_relay_slow_readers_total", "counter", "Connections closed because they did not read",
     TOTAL(slow_readers), NULL, false},
    {"wzp_relay_floods_total", "counter", "Connections closed because they sent too much",
     TOTAL(floods), NULL, false},
    {"wzp_relay_no_speech_total", "counter",
     "Members closed because they sent more than their codec can need", TOTAL(no_speech), NULL,
     false},
    {"wzp_relay_joins_over_share_total", "counter",
     "Room joins refused because their address had its share", TOTAL(joins_over_share), NULL,
     false},
    {"wzp_relay_registrations_evicted_total", "counter",
     "Registrations without proof that made way in a full relay", TOTAL(registrations_evicted),
     NULL, false},
    {"wzp_relay_idle_evicted_total", "counter", "Idle guests that made way in a full relay",
     TOTAL(idle_evicted), NULL, false},
    {"wzp_relay_offers_replaced_total", "counter",
     "Calls that stopped ringing for a newer call to the same person", TOTAL(offers_replaced), NULL,
     false},
    {"wzp_relay_first_message_timeouts_total", "counter",
     "Connections closed because they said nothing", TOTAL(first_late), NULL, false},
    {"wzp_relay_connections_refused_total", "counter", "Connections refused by name or limit",
     TOTAL(connections_refused), NULL, false},
    {"wzp_relay_directory_up", "gauge", "1 while the shared directory answers, or there is none",
     NUMBER(directory_up), NULL, false},
    {POOL, "counter", POOL_HELP, TOTAL(pool_asked), "{result=\"asked\"}", false},
    {POOL, "counter", POOL_HELP, TOTAL(pool_refused), "{result=\"not_asked\"}", false},
    {POOL, "counter", POOL_HELP, TOTAL(pool_errors), "{result=\"error\"}", false},
    {POOL, "counter", POOL_HELP, TOTAL(pool_timeouts), "{result=\"timeout\"}", false},
    {POOL, "counter", POOL_HELP, TOTAL(pool_late), "{result=\"late\"}", false},
    {"wzp_relay_directory_malformed_total", "counter",
     "Texts of the shared directory that no relay of ours wrote", TOTAL(pool_malformed), NULL,
     false},
    {"wzp_relay_directory_outages_total", "counter", "Times that the shared directory went away",
     TOTAL(pool_outages), NULL, false},
    {"wzp_relay_pool_relays", "gauge", "Other relays behind this name that are alive",
     SIZE(pool.siblings.count), NULL, false},
    {"wzp_relay_pool_relays_lost_total", "counter", "Other relays behind this name that went away",
     TOTAL(pool_lost), NULL, false},
    {"wzp_relay_pool_calls_adopted_total", "counter",
     "Running calls of people who came from another relay behind this name", TOTAL(pool_adopted),
     NULL, false},
    {"wzp_relay_log_suppressed", "gauge", "Log lines left out since the last one shown",
     NUMBER(log_suppressed), NULL, false},
    {"wzp_relay_udp_packets_in_total", "counter", "UDP packets received", QUIC(packets_in), NULL,
     false},
    {"wzp_relay_udp_packets_out_total", "counter", "UDP packets sent", QUIC(packets_out), NULL,
     false},
    {"wzp_relay_udp_bytes_in_total", "counter", "UDP payload bytes received", QUIC(bytes_in), NULL,
     false},
    {"wzp_relay_udp_bytes_out_total", "counter", "UDP payload bytes sent", QUIC(bytes_out), NULL,
     false},
    {UDP_DROPPED, "counter", UDP_DROPPED_HELP, QUIC(dropped_unknown), "{reason=\"unknown\"}",
     false},
    {UDP_DROPPED, "counter", UDP_DROPPED_HELP, QUIC(dropped_malformed), "{reason=\"malformed\"}",
     false},
    {"wzp_relay_quic_retries_total", "counter", "Newcomers asked to prove their address first",
     QUIC(retries_sent), NULL, false},
    {"wzp_relay_datagrams_dropped_total", "counter",
     "Datagrams dropped from a receiver's full queue", QUIC(datagrams_dropped), NULL, false},
    {"wzp_relay_quic_refused_total", "counter", "Connections refused by a connection limit",
     QUIC(refused_limit), NULL, false},
    {"wzp_relay_quic_handshakes_failed_total", "counter", "QUIC handshakes that failed",
     QUIC(handshakes_failed), NULL, false},
    {"wzp_federation_peer_status", "gauge", "1 while the link to a peer is up",
     LINES(peers, PEER_STATUS), NULL, false},
    {"wzp_federation_peer_rtt_ms", "gauge", "Round trip to a peer", LINES(peers, PEER_RTT), NULL,
     false},
    {"wzp_federation_packets_forwarded_total", "counter", "Frames to and from a peer",
     LINES(peers, PEER_FRAMES), NULL, false},
    {"wzp_federation_packets_deduped_total", "counter", "Frames that came by a second way",
     TOTAL(carried_again), NULL, false},
    {"wzp_federation_packets_rate_limited_total", "counter",
     "Frames dropped because a peer sent too many for one room", TOTAL(carried_over_rate), NULL,
     false},
    {"wzp_federation_active_rooms", "gauge", "Rooms with people at other relays",
     NUMBER(global_rooms), NULL, false},
    {FEDERATION_DROPPED, "counter", FEDERATION_DROPPED_HELP, TOTAL(carried_unknown),
     "{reason=\"room\"}", false},
    {FEDERATION_DROPPED, "counter", FEDERATION_DROPPED_HELP, TOTAL(carried_malformed),
     "{reason=\"malformed\"}", false},
    {FEDERATION_DROPPED, "counter", FEDERATION_DROPPED_HELP, TOTAL(carried_refused),
     "{reason=\"link\"}", false},
    {"wzp_federation_links_refused_total", "counter",
     "Links refused for who was at their other end", TOTAL(links_refused), NULL, false},
    {"wzp_federation_loops_total", "counter", "Messages of our own that came back",
     TOTAL(forwards_looped), NULL, false},
    {"wzp_probe_rtt_ms", "gauge", "Last round trip to a probed relay, 0 while it is down",
     LINES(probes, PROBE_RTT), NULL, false},
    {"wzp_probe_loss_pct", "gauge", "Pings to a probed relay without an answer",
     LINES(probes, PROBE_LOSS), NULL, false},
    {"wzp_probe_jitter_ms", "gauge", "Spread of the round trips to a probed relay",
     LINES(probes, PROBE_JITTER), NULL, false},
    {"wzp_probe_up", "gauge", "1 while a probed relay is connected", LINES(probes, PROBE_UP), NULL,
     false},
    {"wzp_web_active_connections", "gauge", "Browsers that are in rooms", BRIDGE(now), NULL, false},
    {"wzp_web_connections_total", "counter", "Browsers that came, by result", BRIDGE(opened),
     "{result=\"ok\"}", false},
    {"wzp_web_connections_total", "counter", "Browsers that came, by result", BRIDGE(refused),
     "{result=\"refused\"}", false},
    {BRIDGED, "counter", BRIDGED_HELP, BRIDGE(frames_in), "{direction=\"up\"}", false},
    {BRIDGED, "counter", BRIDGED_HELP, BRIDGE(frames_out), "{direction=\"down\"}", false},
    {CLOSED, "counter", CLOSED_HELP, BRIDGE(over_rate), "{reason=\"rate\"}", false},
    {CLOSED, "counter", CLOSED_HELP, BRIDGE(slow), "{reason=\"slow\"}", false},
    {CLOSED, "counter", CLOSED_HELP, BRIDGE(malformed), "{reason=\"malformed\"}", false},
    {CLOSED, "counter", CLOSED_HELP, BRIDGE(foreign), "{reason=\"origin\"}", false},
    {"wzp_web_auth_failures_total", "counter", "Browsers whose token was not taken",
     BRIDGE(tokens_refused), NULL, false},
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

const char *wzp_relay_metric_name(size_t i, const char **help)
{
    if (i >= ROW_COUNT)
        return NULL;
    *help = rows[i].help;
    return rows[i].name;
}

bool wzp_relay_metrics_row(struct wzp_relay_text *text, const struct wzp_relay *r, size_t i,
                           uint64_t now)
{
    if (i >= ROW_COUNT)
        return false;
    const struct wzp_relay_metric *row = &rows[i];
    if (row->compat && !r->config.metrics_compat)
        return true;
    if (i == 0 || strcmp(rows[i - 1].name, row->name) != 0)
        wzp_relay_text_add(text, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                           row->type);
    if (row->source.lines)
        row->source.lines(text, row, r, now);
    else
        wzp_relay_text_add(text, "%s%s %llu\n", row->name, row->label ? row->label : "",
                           (unsigned long long)row->source.number(r, row->source.which));
    return true;
}
