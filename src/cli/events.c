/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/events.h"

#include <string.h>

#include "base/time.h"
#include "cli/json.h"
#include "wire/codec.h"

static void begin(struct wzp_json_line *line, const struct wzp_events *e, const char *name,
                  wzp_session_id session, uint64_t now)
{
    wzp_json_line_begin(line, (double)wzp_time_since(now, e->began) / 1e9, name);
    if (session)
        wzp_json_integer(&line->json, "session", session);
}

/* The facts of an event side by side, so that one line of code prints each. */
struct facts {
    enum wzp_event_type type;
    wzp_session_id session;
    int code;
    enum wzp_end_reason reason;
    const char *text, *why, *peer, *alias, *call_id, *room, *relay, *build, *region, *remote, *sas;
    const char *fingerprint;
    bool direct, proven, e2e, e2e_confirmed, muted, held;
    enum wzp_pin_verdict pin;
    uint32_t rtt_ms, retry_ms, since_ms;
    const struct wzp_member *members;
    size_t member_count;
};

static void gather_relay(struct facts *f, const struct wzp_event *v)
{
    switch (v->type) {
    case WZP_EVENT_REGISTERED:
        f->relay = v->u.registered.relay;
        f->remote = v->u.registered.remote;
        f->build = v->u.registered.build;
        f->region = v->u.registered.region;
        f->proven = v->u.registered.proven;
        f->pin = v->u.registered.pin;
        f->rtt_ms = v->u.registered.rtt_ms;
        break;
    case WZP_EVENT_UNREGISTERED:
        f->relay = v->u.unregistered.relay;
        f->text = v->u.unregistered.text;
        f->retry_ms = v->u.unregistered.retry_ms;
        break;
    case WZP_EVENT_RELAY_PIN:
        f->relay = v->u.relay_pin.relay;
        f->remote = v->u.relay_pin.remote;
        f->text = v->u.relay_pin.text;
        f->fingerprint = v->u.relay_pin.certificate;
        f->pin = v->u.relay_pin.pin;
        break;
    case WZP_EVENT_PONG:
        f->relay = v->u.pong.relay;
        f->remote = v->u.pong.remote;
        f->text = f->build = v->u.pong.build;
        f->fingerprint = v->u.pong.certificate;
        f->pin = v->u.pong.pin;
        f->rtt_ms = v->u.pong.rtt_ms;
        break;
    case WZP_EVENT_CONNECTING:
        f->relay = v->u.connecting.relay;
        f->remote = v->u.connecting.remote;
        break;
    default: break;
    }
}

static void gather_session(struct facts *f, const struct wzp_event *v)
{
    switch (v->type) {
    case WZP_EVENT_INCOMING:
        f->proven = v->u.incoming.proven;
        f->why = v->u.incoming.why;
        break;
    case WZP_EVENT_JOINED:
    case WZP_EVENT_PATH:
        f->direct = v->u.path.direct;
        f->remote = v->u.path.remote;
        f->relay = v->u.path.relay;
        f->why = v->u.path.why;
        f->rtt_ms = v->u.path.rtt_ms;
        break;
    case WZP_EVENT_SECURITY:
        f->e2e = v->u.security.e2e;
        f->e2e_confirmed = v->u.security.confirmed;
        f->sas = v->u.security.sas;
        f->why = v->u.security.why;
        break;
    case WZP_EVENT_MEMBERS:
        f->members = v->u.members.items;
        f->member_count = v->u.members.count;
        break;
    case WZP_EVENT_MEDIA: f->since_ms = v->u.media.since_ms; break;
    case WZP_EVENT_MUTED:
        f->muted = v->u.muted.muted;
        f->held = v->u.muted.held;
        break;
    default: break;
    }
}

static void gather(struct facts *f, const struct wzp_event *v)
{
    *f = (struct facts){.type = v->type,
                        .session = v->session,
                        .peer = v->about.peer,
                        .alias = v->about.alias,
                        .call_id = v->about.call_id,
                        .room = v->about.room};
    switch (v->type) {
    case WZP_EVENT_QUALITY: f->text = v->u.quality.text; break;
    case WZP_EVENT_NOTICE: f->text = v->u.notice.text; break;
    case WZP_EVENT_ENDED:
        f->reason = v->u.ended.reason;
        f->text = v->u.ended.text;
        break;
    case WZP_EVENT_ERROR:
        f->code = v->u.error.code;
        f->relay = v->u.error.relay;
        f->text = v->u.error.text;
        break;
    default: break;
    }
    gather_relay(f, v);
    gather_session(f, v);
}

static void add_members(struct wzp_json *o, const struct facts *event)
{
    wzp_json_array_begin(o, "members");
    for (size_t i = 0; i < event->member_count; i++) {
        wzp_json_object_begin(o, NULL);
        wzp_json_text_if(o, "fingerprint", event->members[i].fingerprint);
        wzp_json_text_if(o, "alias", event->members[i].alias);
        wzp_json_text_if(o, "relay_label", event->members[i].relay_label);
        wzp_json_object_end(o);
    }
    wzp_json_array_end(o);
}

static const char *pin_name(enum wzp_pin_verdict pin)
{
    static const char *const names[] = {"new", "match", "updated", "mismatch"};
    return names[pin];
}

/* The facts each event carries beyond the common ones. */
static void add_facts(struct wzp_json *o, const struct facts *v)
{
    switch (v->type) {
    case WZP_EVENT_REGISTERED:
    case WZP_EVENT_RELAY_PIN:
        wzp_json_boolean(o, "proven", v->proven);
        wzp_json_text_if(o, "pin", pin_name(v->pin));
        break;
    case WZP_EVENT_UNREGISTERED: wzp_json_integer(o, "retry_ms", v->retry_ms); break;
    case WZP_EVENT_PATH:
        wzp_json_text_if(o, "kind", v->direct ? "direct" : "relay");
        wzp_json_integer(o, "rtt_ms", v->rtt_ms);
        break;
    case WZP_EVENT_SECURITY:
        wzp_json_boolean(o, "e2e", v->e2e);
        wzp_json_boolean(o, "confirmed", v->e2e_confirmed);
        break;
    case WZP_EVENT_INCOMING: wzp_json_boolean(o, "e2e", v->proven); break;
    case WZP_EVENT_MEMBERS: add_members(o, v); break;
    case WZP_EVENT_MEDIA: wzp_json_integer(o, "since_ms", v->since_ms); break;
    case WZP_EVENT_PONG:
        wzp_json_integer(o, "rtt_ms", v->rtt_ms);
        wzp_json_text_if(o, "pin", pin_name(v->pin));
        break;
    case WZP_EVENT_ENDED: wzp_json_text_if(o, "reason", wzp_end_reason_name(v->reason)); break;
    case WZP_EVENT_ERROR: wzp_json_integer(o, "code", v->code); break;
    case WZP_EVENT_MUTED:
        wzp_json_boolean(o, "muted", v->muted);
        wzp_json_boolean(o, "held", v->held);
        break;
    default: break;
    }
}

static void print_json(const struct wzp_events *e, const struct facts *v, const char *peer_name,
                       uint64_t now)
{
    struct wzp_json_line line;
    struct wzp_json *o = &line.json;
    begin(&line, e, wzp_event_name(v->type), v->session, now);
    wzp_json_text_if(o, "peer", v->peer);
    wzp_json_text_if(o, "name", peer_name);
    wzp_json_text_if(o, "alias", v->alias);
    wzp_json_text_if(o, "call_id", v->call_id);
    wzp_json_text_if(o, "room", v->room);
    wzp_json_text_if(o, "relay", v->relay);
    wzp_json_text_if(o, "build", v->build);
    wzp_json_text_if(o, "region", v->region);
    wzp_json_text_if(o, "remote", v->remote);
    wzp_json_text_if(o, "why", v->why);
    wzp_json_text_if(o, "sas", v->sas);
    wzp_json_text_if(o, "certificate", v->fingerprint);
    wzp_json_text_if(o, "text", v->text);
    add_facts(o, v);
    wzp_json_line_end(&line, e->out);
}

/* What a certificate is to us, by enum wzp_pin_verdict. */
static const char *const pin_words[] = {"not seen before", "known", "changed, same relay",
                                        "ANOTHER THAN BEFORE"};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* Who it is, best name first; the fingerprint always goes along. */
static void who(char *out, size_t size, const struct facts *v, const char *name)
{
    if (name)
        snprintf(out, size, "%s (%s)", name, or_empty(v->peer));
    else if (v->alias && *v->alias)
        snprintf(out, size, "%s, who calls themself \"%s\"", or_empty(v->peer), v->alias);
    else
        snprintf(out, size, "%s", or_empty(v->peer));
}

/* The room of a call is the relay's affair. */
static bool is_call(const struct facts *v)
{
    return v->peer && *v->peer;
}

static void print_members(FILE *out, const struct facts *v)
{
    fprintf(out, "in the room: %zu", v->member_count);
    for (size_t i = 0; i < v->member_count; i++) {
        const struct wzp_member *m = &v->members[i];
        fprintf(out, "%s %s%s%s%s", i ? "," : " -", m->alias[0] ? m->alias : m->fingerprint,
                m->relay_label[0] ? " (on " : "", m->relay_label, m->relay_label[0] ? ")" : "");
    }
    fputc('\n', out);
}

static void print_security(FILE *out, const struct facts *v)
{
    if (v->e2e && v->e2e_confirmed)
        fprintf(out, "end-to-end encrypted, safety code %s (compare it by voice)\n",
                or_empty(v->sas));
    else if (v->e2e)
        fprintf(out, "end-to-end encryption agreed, safety code %s\n", or_empty(v->sas));
    else
        fprintf(out, "encrypted to the relay only: %s\n", or_empty(v->why));
}

static void print_pin(FILE *out, const struct facts *v)
{
    switch (v->pin) {
    case WZP_PIN_NEW:
        fprintf(out, "relay %s: %s\n      (%s)\n", or_empty(v->relay), or_empty(v->text),
                or_empty(v->fingerprint));
        break;
    case WZP_PIN_UPDATED:
        fprintf(out, "relay %s has a new certificate and proved that it is the same relay\n",
                or_empty(v->relay));
        break;
    case WZP_PIN_MISMATCH:
        fprintf(out,
                "WARNING: relay %s shows another certificate than before (%s). Somebody may be in "
                "between.\n",
                or_empty(v->relay), or_empty(v->fingerprint));
        break;
    case WZP_PIN_MATCH: break;
    }
}

static void print_error(const struct wzp_events *e, const struct facts *v)
{
    bool named = v->relay && *v->relay;
    fprintf(stderr, "wzp %s: %s%s%s\n", e->command, named ? v->relay : "", named ? ": " : "",
            v->text && *v->text ? v->text : wzp_strerror(v->code));
}

static void print_text(const struct wzp_events *e, const struct facts *v, const char *peer_name)
{
    FILE *out = e->out;
    char name[256];
    who(name, sizeof name, v, peer_name);
    switch (v->type) {
    case WZP_EVENT_REGISTERED:
        fprintf(out, "registered at %s%s%s%s\n", or_empty(v->relay),
                v->build && *v->build ? ", build " : "", or_empty(v->build),
                v->proven ? ", identity proven" : "");
        break;
    case WZP_EVENT_UNREGISTERED:
        fprintf(out, "not registered at %s: %s", or_empty(v->relay), or_empty(v->text));
        if (v->retry_ms > 0)
            fprintf(out, "; next try in %.0f s", v->retry_ms / 1000.0);
        fputc('\n', out);
        break;
    case WZP_EVENT_RELAY_PIN: print_pin(out, v); break;
    case WZP_EVENT_INCOMING:
        fprintf(out, "incoming call from %s%s\n", name,
                v->proven ? "" : " (identity not proven: hop-by-hop only)");
        break;
    case WZP_EVENT_RINGING: fprintf(out, "ringing\n"); break;
    case WZP_EVENT_ANSWERED: fprintf(out, "answered\n"); break;
    case WZP_EVENT_JOINED:
        fprintf(out, "connected%s%s\n", is_call(v) ? "" : " to room ",
                is_call(v) ? "" : or_empty(v->room));
        break;
    case WZP_EVENT_MEMBERS:
        if (!is_call(v))
            print_members(out, v);
        break;
    case WZP_EVENT_PATH:
        fprintf(out, "media path: %s %s, %u ms round trip%s%s\n", v->direct ? "direct to" : "relay",
                or_empty(v->remote), v->rtt_ms, v->why && *v->why ? ", " : "", or_empty(v->why));
        break;
    case WZP_EVENT_SECURITY: print_security(out, v); break;
    case WZP_EVENT_MEDIA: fprintf(out, "first sound after %u ms\n", v->since_ms); break;
    case WZP_EVENT_QUALITY: fprintf(out, "the relay recommends %s\n", or_empty(v->text)); break;
    case WZP_EVENT_ENDED:
        fprintf(out, "ended: %s%s%s\n", wzp_end_reason_name(v->reason),
                v->text && *v->text ? ", " : "", or_empty(v->text));
        break;
    case WZP_EVENT_PONG:
        fprintf(out, "%s: %u ms, build %s, certificate %s (%s)\n", or_empty(v->relay), v->rtt_ms,
                v->build && *v->build ? v->build : "unknown", or_empty(v->fingerprint),
                pin_words[v->pin]);
        break;
    case WZP_EVENT_ERROR: print_error(e, v); break;
    case WZP_EVENT_CONNECTING: fprintf(out, "connecting to %s\n", or_empty(v->relay)); break;
    case WZP_EVENT_NOTICE: fprintf(out, "%s\n", or_empty(v->text)); break;
    case WZP_EVENT_STATS:
    case WZP_EVENT_MUTED: /* the word that did it says so */
    case WZP_EVENT_COUNT: break;
    }
    fflush(out);
}

void wzp_events_print(const struct wzp_events *e, const struct wzp_event *event,
                      const char *peer_name, uint64_t now)
{
    struct facts facts;
    if (event->type == WZP_EVENT_STATS) {
        wzp_events_stats(e, event->session, &event->u.stats, now);
        return;
    }
    gather(&facts, event);
    if (e->json)
        print_json(e, &facts, peer_name, now);
    else
        print_text(e, &facts, peer_name);
}

void wzp_events_error(const struct wzp_events *e, const struct wzp_error *err, const char *relay,
                      uint64_t now)
{
    struct facts facts = {
        .type = WZP_EVENT_ERROR, .code = err->code, .text = err->text, .relay = relay};
    if (e->json)
        print_json(e, &facts, NULL, now);
    else
        print_text(e, &facts, NULL);
}

static void stats_json(const struct wzp_events *e, wzp_session_id session,
                       const struct wzp_session_stats *s, uint64_t now)
{
    const struct wzp_playout_stats *h = &s->heard;
    struct wzp_json_line line;
    struct wzp_json *o = &line.json;
    begin(&line, e, "stats", session, now);
    const struct wzp_codec_info *in = wzp_codec_info(s->codec_in);
    const struct wzp_codec_info *out = wzp_codec_info(s->codec_out);
    wzp_json_number(o, "duration_s", (double)s->duration_ms / 1e3);
    wzp_json_text_if(o, "kind", s->direct ? "direct" : "relay");
    wzp_json_number(o, "rtt_ms", (double)s->path.rtt_smoothed / 1e6);
    wzp_json_integer(o, "mtu", (int64_t)s->path.mtu);
    wzp_json_text_if(o, "codec_out", out ? out->name : NULL);
    wzp_json_text_if(o, "codec_in", in ? in->name : NULL);
    wzp_json_integer(o, "frames_sent", (int64_t)s->frames_sent);
    wzp_json_integer(o, "frames_decoded", (int64_t)h->frames_decoded);
    wzp_json_integer(o, "frames_dred", (int64_t)h->frames_dred);
    wzp_json_integer(o, "frames_lbrr", (int64_t)h->frames_lbrr);
    wzp_json_integer(o, "frames_concealed", (int64_t)h->frames_concealed);
    wzp_json_integer(o, "received", (int64_t)h->jitter.received);
    wzp_json_integer(o, "lost", (int64_t)h->jitter.lost);
    wzp_json_integer(o, "late", (int64_t)h->jitter.late);
    wzp_json_integer(o, "underruns", (int64_t)h->underruns);
    wzp_json_number(o, "loss_percent", h->jitter.loss_percent_5s);
    wzp_json_number(o, "jitter_ms", h->jitter.jitter_ms);
    wzp_json_integer(o, "buffer_ms", h->jitter.buffered_ms);
    wzp_json_integer(o, "delay_ms", h->delay_ms);
    wzp_json_number(o, "drift_ppm", h->jitter.drift_ppm);
    wzp_json_integer(o, "speakers", (int64_t)s->speakers);
    wzp_json_number(o, "level_in_dbfs", s->level_in_dbfs);
    wzp_json_number(o, "level_out_dbfs", s->level_out_dbfs);
    wzp_json_number(o, "mos", s->mos);
    wzp_json_boolean(o, "e2e", s->e2e);
    wzp_json_integer(o, "sealed_failed", (int64_t)s->sealed_failed);
    wzp_json_line_end(&line, e->out);
}

void wzp_events_stats(const struct wzp_events *e, wzp_session_id session,
                      const struct wzp_session_stats *s, uint64_t now)
{
    if (e->json) {
        stats_json(e, session, s, now);
        return;
    }
    const struct wzp_playout_stats *h = &s->heard;
    fprintf(e->out,
            "%.0f s: %s, rtt %.0f ms, loss %.1f %%, jitter %.0f ms, buffer %u ms, rebuilt %llu, "
            "concealed %llu, heard %.0f dBFS, MOS %.1f\n",
            (double)s->duration_ms / 1e3, s->direct ? "direct" : "relay",
            (double)s->path.rtt_smoothed / 1e6, h->jitter.loss_percent_5s, h->jitter.jitter_ms,
            h->jitter.buffered_ms, (unsigned long long)(h->frames_dred + h->frames_lbrr),
            (unsigned long long)h->frames_concealed, s->level_out_dbfs, s->mos);
    fflush(e->out);
}
