/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the screen remembers of sessions: from events, and measurements over time. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tui/internal.h"
#include "wzp/app.h"

#define PEAK_HOLD (1500 * WZP_MILLISECOND)
#define SILENT_DBFS (-80.0) /* a working microphone is louder than that in any room */
#define SILENT_TIME (4 * WZP_SECOND)

struct wzp_remembered *wzp_tui_remembered(struct wzp_tui *t, wzp_session_id id, bool make)
{
    struct wzp_remembered **free_place = NULL;
    for (size_t i = 0; i < WZP_SESSIONS_SHOWN; i++) {
        if (t->sessions[i] && t->sessions[i]->id == id)
            return t->sessions[i];
        if (!t->sessions[i] && !free_place)
            free_place = &t->sessions[i];
    }
    if (!make || !free_place)
        return NULL;
    *free_place = wzp_calloc(1, sizeof **free_place);
    if (*free_place)
        (*free_place)->id = id;
    return *free_place;
}

void wzp_remember_forget(struct wzp_tui *t, wzp_session_id id)
{
    for (size_t i = 0; i < WZP_SESSIONS_SHOWN; i++)
        if (t->sessions[i] && t->sessions[i]->id == id) {
            wzp_free(t->sessions[i]->members);
            wzp_free(t->sessions[i]);
            t->sessions[i] = NULL;
        }
    if (t->focus == id)
        t->focus = 0;
    if (t->talking && t->talk_session == id)
        t->talking = false;
}

static void keep(char *out, size_t capacity, const char *text)
{
    if (text)
        wzp_text_filter(out, capacity, text, strlen(text));
}

static void keep_members(struct wzp_remembered *r, const struct wzp_event *event)
{
    size_t count = event->u.members.count;
    if (count > WZP_MEMBERS_MAX)
        count = WZP_MEMBERS_MAX;
    struct wzp_member *copy = wzp_alloc((count ? count : 1) * (sizeof *copy + WZP_NAME_MAX));
    if (!copy)
        return;
    char(*names)[WZP_NAME_MAX] = (char(*)[WZP_NAME_MAX])(void *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        const struct wzp_member *from = &event->u.members.items[i];
        copy[i] = (struct wzp_member){.self = from->self};
        keep(copy[i].fingerprint, sizeof copy[i].fingerprint, from->fingerprint);
        keep(copy[i].alias, sizeof copy[i].alias, from->alias);
        keep(copy[i].relay_label, sizeof copy[i].relay_label, from->relay_label);
        copy[i].self = from->self;
        copy[i].unproven = from->unproven;
        if (from->name) {
            keep(names[i], sizeof names[i], from->name);
            copy[i].name = names[i];
        }
    }
    wzp_free(r->members);
    r->members = copy;
    r->member_count = count;
}

void wzp_remember_event(struct wzp_tui *t, const struct wzp_event *event)
{
    if (!event->session)
        return;
    struct wzp_remembered *r =
        wzp_tui_remembered(t, event->session, event->type != WZP_EVENT_ENDED);
    if (!r)
        return;
    switch (event->type) {
    case WZP_EVENT_INCOMING:
        r->proven = event->u.incoming.proven;
        r->offers_e2e = event->u.incoming.e2e;
        keep(r->incoming_why, sizeof r->incoming_why, event->u.incoming.why);
        r->appeared_at = t->now ? t->now : 1;
        break;
    case WZP_EVENT_PATH:
    case WZP_EVENT_JOINED:
        r->has_path = true;
        keep(r->path_why, sizeof r->path_why, event->u.path.why);
        keep(r->path_relay, sizeof r->path_relay, event->u.path.relay);
        break;
    case WZP_EVENT_SECURITY:
        r->e2e_said = true;
        r->verified = event->u.security.verified;
        keep(r->security_why, sizeof r->security_why, event->u.security.why);
        break;
    case WZP_EVENT_QUALITY: keep(r->quality, sizeof r->quality, event->u.quality.text); break;
    case WZP_EVENT_MEMBERS: keep_members(r, event); break;
    default: break;
    }
}

static void hold_peak(struct wzp_peak *p, double dbfs, uint64_t now)
{
    p->value = wzp_tui_meter(dbfs);
    if (p->value >= p->peak || now - p->peak_at > PEAK_HOLD) {
        p->peak = p->value;
        p->peak_at = now;
    }
}

/* Called about five times a second: updates the meters. */
void wzp_remember_levels(struct wzp_tui *t, const struct wzp_view_session *s)
{
    struct wzp_remembered *r = wzp_tui_remembered(t, s->id, true);
    if (!r)
        return;
    bool heard = !s->stats.muted && !s->stats.held;
    hold_peak(&r->in, s->stats.level_in_dbfs, t->now);
    hold_peak(&r->out, s->stats.level_out_dbfs, t->now);
    if (!s->stats.up || !heard || s->stats.level_in_dbfs > SILENT_DBFS) {
        r->silent_since = 0;
        if (heard && s->stats.level_in_dbfs > SILENT_DBFS)
            r->silence_told = false;
    } else if (!r->silent_since) {
        r->silent_since = t->now;
    } else if (!r->silence_told && t->now - r->silent_since >= SILENT_TIME) {
        r->silence_told = true;
        wzp_tui_notice(t, WZP_STYLE_WARN,
                       "Your microphone gives silence: nobody hears you (screen devices helps)",
                       t->now);
    }
}

/* Called once a second: updates curves and rates. */
void wzp_remember_sample(struct wzp_tui *t, const struct wzp_view_session *s)
{
    struct wzp_remembered *r = wzp_tui_remembered(t, s->id, true);
    if (!r || !s->stats.up)
        return;
    struct wzp_trace *trace = &r->trace;
    if (trace->count == WZP_TRACE_MAX) {
        size_t rest = (WZP_TRACE_MAX - 1) * sizeof trace->rtt_ms[0];
        memmove(trace->rtt_ms, trace->rtt_ms + 1, rest);
        memmove(trace->loss_percent, trace->loss_percent + 1, rest);
        memmove(trace->buffer_ms, trace->buffer_ms + 1, rest);
        trace->count--;
    }
    size_t i = trace->count++;
    uint64_t rtt = s->stats.path.rtt_smoothed;
    trace->rtt_ms[i] = rtt ? (float)((double)rtt / 1e6) : NAN;
    trace->loss_percent[i] = (float)s->stats.heard.jitter.loss_percent_5s;
    trace->buffer_ms[i] = (float)s->stats.heard.jitter.buffered_ms;
    double seconds = (double)(t->now - r->rates_at) / 1e9;
    if (r->rates_at && seconds > 0.1) {
        r->sent_rate = (double)(s->stats.bytes_sent - r->sent_before) * 8 / 1000 / seconds;
        r->received_rate =
            (double)(s->stats.path.bytes_received - r->received_before) * 8 / 1000 / seconds;
    }
    r->rates_at = t->now;
    r->sent_before = s->stats.bytes_sent;
    r->received_before = s->stats.path.bytes_received;
}
