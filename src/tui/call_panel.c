/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One call or room in detail: peer, duration, levels, path and its reason, protection,
 * measurements, and their curves over the last minutes. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"
#include "tui/layout.h"
#include "tui/width.h"

/* A session that was up has lost its media connection, and is kept until that is restored. */
static bool interrupted(const struct wzp_view_session *s)
{
    return s->state == WZP_VIEW_UP && !s->stats.up;
}

const char *wzp_tui_state(char *out, size_t capacity, const struct wzp_view_session *s)
{
    static const char *const words[] = {[WZP_VIEW_CALLING] = "calling",
                                        [WZP_VIEW_RINGING] = "ringing",
                                        [WZP_VIEW_INCOMING] = "calls you",
                                        [WZP_VIEW_JOINING] = "connecting",
                                        [WZP_VIEW_UP] = "talking"};
    const char *word = words[s->state];
    if (s->state == WZP_VIEW_UP && s->stats.is_room)
        word = "in the room";
    if (s->stats.held)
        word = "on hold";
    if (interrupted(s))
        word = "interrupted";
    snprintf(out, capacity, "%s", word);
    return out;
}

static const char *path_of(char *out, size_t capacity, struct wzp_tui *t,
                           const struct wzp_view_session *s, enum wzp_style *style)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    *style = s->stats.direct ? WZP_STYLE_GOOD : WZP_STYLE_NORMAL;
    if (!s->stats.up) {
        *style = WZP_STYLE_DIM;
        snprintf(out, capacity, interrupted(s) ? "none any more" : "none yet");
    } else if (s->stats.direct) {
        snprintf(out, capacity, "direct to %s", s->stats.remote);
    } else {
        snprintf(out, capacity, "over the relay %.100s",
                 r && r->path_relay[0] ? r->path_relay : s->stats.remote);
    }
    return out;
}

/* Describes the encryption: "end to end, code compared", ...; *style: how good that is. */
static const char *security_of(char *out, size_t capacity, struct wzp_tui *t,
                               const struct wzp_view_session *s, enum wzp_style *style)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    bool verified = r && r->verified;
    *style = WZP_STYLE_GOOD;
    if (s->stats.e2e && s->stats.e2e_confirmed)
        snprintf(out, capacity, "end to end%s", verified ? ", code compared" : "");
    else if (interrupted(s))
        snprintf(out, capacity, "nothing is sent");
    else if (s->stats.e2e)
        snprintf(out, capacity, "end to end is agreed, nothing sealed came yet");
    else if (s->stats.up || (r && r->e2e_said))
        snprintf(out, capacity, "to the relay only; the relay could listen");
    else
        snprintf(out, capacity, "not known yet");
    if (!s->stats.e2e_confirmed)
        *style = s->stats.up && !s->stats.e2e ? WZP_STYLE_WARN : WZP_STYLE_DIM;
    return out;
}

/* ---- the upper part ---- */

static int draw_head(struct wzp_tui *t, struct wzp_area a, const struct wzp_view_session *s)
{
    char who[160], state[32], duration[16];
    wzp_tui_who(who, sizeof who, s);
    wzp_tui_state(state, sizeof state, s);
    const char *flag = t->talking && t->talk_session == s->id ? ", talking while you hold the key"
                       : s->stats.muted                       ? ", you are muted"
                                                              : "";
    int right = a.width;
    unsigned volume =
        t->view->volume && !s->stats.is_room ? t->view->volume(t->view->context, s->id, "") : 100;
    char loud[48] = "";
    if (volume == 0)
        snprintf(loud, sizeof loud, ", they are silenced");
    else if (volume != 100)
        snprintf(loud, sizeof loud, ", they are at %u %%", volume);
    if (s->stats.up) {
        right = wzp_draw_right(a, a.width, 0, WZP_STYLE_STRONG,
                               wzp_tui_duration(duration, s->stats.duration_ms)) -
                1;
    }
    wzp_draw_fit(a, 0, 0, right, WZP_STYLE_TITLE, who);
    struct wzp_area line = wzp_area_part(a, 0, 1, a.width, 1);
    int x = wzp_draw_text(line, 0, 0, WZP_STYLE_NORMAL, state);
    x = wzp_draw_text(line, x, 0, WZP_STYLE_WARN, flag);
    x = wzp_draw_text(line, x, 0, volume ? WZP_STYLE_DIM : WZP_STYLE_WARN, loud);
    if (!s->stats.is_room && x + 42 < a.width)
        wzp_draw_right(line, a.width, 0, WZP_STYLE_DIM, s->stats.peer);
    return 2;
}

static int draw_levels(struct wzp_tui *t, struct wzp_area a, int y,
                       const struct wzp_view_session *s)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    const struct wzp_peak none = {0};
    const struct {
        const char *label;
        const struct wzp_peak *peak;
        double dbfs;
    } rows[] = {
        {"You", r ? &r->in : &none, s->stats.level_in_dbfs},
        {s->stats.is_room ? "Others" : "They", r ? &r->out : &none, s->stats.level_out_dbfs}};
    int column = a.width >= 44 ? WZP_LABEL_COLUMNS : 7, width = a.width - column - 8;
    if (width > 60)
        width = 60;
    for (int i = 0; i < 2; i++, y++) {
        bool silent = i == 0 && s->stats.muted;
        wzp_draw_text(a, 0, y, WZP_STYLE_DIM, rows[i].label);
        wzp_draw_meter(a, column, y, width, silent ? 0 : rows[i].peak->value,
                       silent ? -1 : rows[i].peak->peak, WZP_STYLE_GOOD);
        if (silent)
            wzp_draw_text(a, column + width + 1, y, WZP_STYLE_WARN, "muted");
        else if (rows[i].dbfs > -100)
            wzp_draw_format(a, column + width + 1, y, WZP_STYLE_DIM, "%3.0f dB", rows[i].dbfs);
        else
            wzp_draw_text(a, column + width + 1, y, WZP_STYLE_DIM, "silent");
    }
    return y;
}

/* ---- the fields ---- */

struct field {
    const char *label;
    enum wzp_style style;
    char value[240];
};
#define FIELDS_MAX 16

__attribute__((format(printf, 5, 6))) static void add(struct field *fields, size_t *count,
                                                      const char *label, enum wzp_style style,
                                                      const char *format, ...)
{
    if (*count == FIELDS_MAX)
        return;
    struct field *f = &fields[(*count)++];
    va_list arguments;
    f->label = label;
    f->style = style;
    va_start(arguments, format);
    vsnprintf(f->value, sizeof f->value, format, arguments);
    va_end(arguments);
}

static void add_code(struct field *fields, size_t *count, struct wzp_tui *t,
                     const struct wzp_view_session *s, bool verified)
{
    char key[WZP_KEY_NAME_MAX];
    const struct wzp_binding *b = wzp_keymap_key_of(&t->keymap, WZP_CONTEXT_CALL, "code-agrees");
    if (verified) {
        add(fields, count, "Code", WZP_STYLE_STRONG, "%s  ✓ compared", s->stats.sas);
        return;
    }
    add(fields, count, "Code", WZP_STYLE_STRONG, "%s  not compared", s->stats.sas);
    add(fields, count, "", WZP_STYLE_DIM, "read it aloud to each other; %s if it is the same",
        b ? wzp_key_name(key, b->key) : ":code-agrees");
}

/* Adds the quality as "MOS 2.9, poor: losses": the estimate, and where it is not good its main
 * cause. */
static void add_quality(struct field *fields, size_t *count, const struct wzp_view_session *s)
{
    const struct wzp_jitter_stats *jitter = &s->stats.heard.jitter;
    double rtt = (double)s->stats.path.rtt_smoothed / 1e6;
    const char *why = jitter->loss_percent_5s >= 3 ? ": losses"
                      : rtt >= 400                 ? ": a long way"
                      : jitter->jitter_ms >= 40    ? ": jitter"
                                                   : "";
    if (s->stats.mos <= 0)
        add(fields, count, "Quality", WZP_STYLE_DIM, "nothing was heard yet");
    else if (s->stats.mos >= 4)
        add(fields, count, "Quality", WZP_STYLE_NORMAL, "MOS %.1f, good", s->stats.mos);
    else
        add(fields, count, "Quality", s->stats.mos >= 3.6 ? WZP_STYLE_NORMAL : WZP_STYLE_WARN,
            "MOS %.1f, %s%s", s->stats.mos, s->stats.mos >= 3.6 ? "fair" : "poor", why);
}

/* low: there are few rows, so the safety code, which is to be compared by voice, comes first. */
static void add_protection(struct field *fields, size_t *count, struct wzp_tui *t,
                           const struct wzp_view_session *s, bool low)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    char text[240];
    enum wzp_style style;
    bool has_code = s->stats.e2e_confirmed && s->stats.sas[0];
    if (low && has_code)
        add(fields, count, "Code", WZP_STYLE_STRONG, "%s%s", s->stats.sas,
            r && r->verified ? "  ✓" : "");
    if (low && s->stats.up && s->stats.mos > 0 && s->stats.mos < 3.6)
        add_quality(fields, count, s);
    path_of(text, sizeof text, t, s, &style);
    add(fields, count, "Path", style, "%s", text);
    if (r && r->path_why[0] && !low && !interrupted(s))
        add(fields, count, "", WZP_STYLE_DIM, "%s", r->path_why);
    security_of(text, sizeof text, t, s, &style);
    add(fields, count, "Encrypted", style, "%s", text);
    if (r && r->security_why[0] && !s->stats.e2e_confirmed && !interrupted(s))
        add(fields, count, "", WZP_STYLE_DIM, "%s", r->security_why);
    if (has_code && !low)
        add_code(fields, count, t, s, r && r->verified);
    if (r && r->quality[0])
        add(fields, count, "Advice", WZP_STYLE_DIM, "%s", r->quality);
}

static enum wzp_style judge(double value, double doubt, double bad)
{
    return value >= bad ? WZP_STYLE_BAD : value >= doubt ? WZP_STYLE_WARN : WZP_STYLE_NORMAL;
}

static void add_measures(struct field *fields, size_t *count, struct wzp_tui *t,
                         const struct wzp_view_session *s)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    const struct wzp_playout_stats *h = &s->stats.heard;
    double rtt = (double)s->stats.path.rtt_smoothed / 1e6, loss = h->jitter.loss_percent_5s;
    if (!s->stats.up)
        return;
    add_quality(fields, count, s);
    add(fields, count, "Round trip", judge(rtt, 200, 400), "%.0f ms, varies by %.0f", rtt,
        (double)s->stats.path.rtt_variation / 1e6);
    add(fields, count, "Loss", judge(loss, 2, 10), "%.1f %%", loss);
    add(fields, count, "Rebuilt", WZP_STYLE_NORMAL, "%llu frames, %llu made up",
        (unsigned long long)wzp_playout_rebuilt(h),
        (unsigned long long)h->frames_concealed);
    add(fields, count, "Jitter", judge(h->jitter.jitter_ms, 30, 80), "%.1f ms",
        h->jitter.jitter_ms);
    add(fields, count, "Buffer", WZP_STYLE_NORMAL, "%u ms, wanted %u", h->jitter.buffered_ms,
        h->jitter.target_ms);
    add(fields, count, "Sending", WZP_STYLE_NORMAL, "%s, %.0f kbit/s",
        wzp_tui_codec(s->stats.codec_out), r ? r->sent_rate : 0);
    add(fields, count, "Receiving", WZP_STYLE_NORMAL, "%s, %.0f kbit/s",
        wzp_tui_codec(s->stats.codec_in), r ? r->received_rate : 0);
}

/* Draws the fields; the value of one may take a second row. */
static int draw_fields(struct wzp_area a, int y, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count && y < a.height; i++) {
        const struct field *f = &fields[i];
        int room = a.width - WZP_LABEL_COLUMNS;
        if (!f->label[0] && wzp_width_text(f->value) > room && a.height > 12)
            y += wzp_draw_paragraph(wzp_area_part(a, WZP_LABEL_COLUMNS, 0, room, y + 2), y,
                                    f->style, f->value);
        else
            y = wzp_tui_field(a, y, f->label, f->style, f->value);
    }
    return y;
}

/* ---- curves ---- */

static double most_of(const float *values, size_t count, double least)
{
    double most = least;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i]))
            most = fmax(most, (double)values[i]);
    return most;
}

static void draw_curves(struct wzp_area a, const struct wzp_trace *trace)
{
    const struct {
        const char *name, *unit;
        const float *values;
        double least; /* the least top of the scale, so that small variations look small */
    } curves[] = {{"round trip", "ms", trace->rtt_ms, 50},
                  {"loss", "%", trace->loss_percent, 5},
                  {"buffer", "ms", trace->buffer_ms, 100}};
    struct wzp_piece columns[3];
    if (a.height < 3)
        return;
    for (int i = 0; i < 3; i++)
        columns[i] =
            (struct wzp_piece){.least = 18, .weight = 1, .most = WZP_TRACE_MAX / 2, .rank = i};
    wzp_layout(columns, 3, a.width, 2);
    int high = a.height - 1 > 6 ? 6 : a.height - 1;
    for (int i = 0; i < 3; i++) {
        if (columns[i].at < 0)
            continue;
        double most = ceil(most_of(curves[i].values, trace->count, curves[i].least) / 5) * 5;
        struct wzp_area part = wzp_area_part(a, columns[i].at, 0, columns[i].length, high + 1);
        wzp_draw_format(part, 0, 0, WZP_STYLE_DIM, "%s, top %.0f %s", curves[i].name, most,
                        curves[i].unit);
        wzp_draw_graph(wzp_area_part(part, 0, 1, part.width, high), WZP_STYLE_ACCENT,
                       curves[i].values, trace->count, most);
    }
}

/* Blank rows, placed where they help most, as far as rows are left. */
struct gaps {
    int head, levels, upper, lower;
};
#define CURVES_LEAST 4
#define LOW 10 /* with fewer rows the protection is not shown completely */

static void share_air(struct gaps *g, int spare)
{
    *g = (struct gaps){
        .head = spare >= 1, .lower = spare >= 2, .levels = spare >= 3, .upper = spare >= 4};
}

void wzp_tui_draw_call(struct wzp_tui *t, struct wzp_area a, const struct wzp_view_session *s)
{
    const struct wzp_remembered *r = wzp_tui_remembered(t, s->id, false);
    struct field upper[FIELDS_MAX], lower[FIELDS_MAX];
    size_t upper_count = 0, lower_count = 0;
    struct gaps gaps;
    add_protection(upper, &upper_count, t, s, a.height < LOW);
    add_measures(lower, &lower_count, t, s);
    /* two columns of measurements where the width allows it */
    int split = a.width >= 72 ? a.width / 2 : 0;
    size_t left = split ? (lower_count + 1) / 2 : lower_count;
    share_air(&gaps, a.height - 4 - (int)upper_count - (int)left - CURVES_LEAST);
    int y = draw_head(t, a, s) + gaps.head;
    if (s->stats.up && y + 3 < a.height)
        y = draw_levels(t, a, y, s) + gaps.levels;
    y = draw_fields(a, y, upper, upper_count) + gaps.upper;
    int end = draw_fields(split ? wzp_area_part(a, 0, 0, split - 2, a.height) : a, y, lower, left);
    if (split)
        draw_fields(wzp_area_part(a, split, 0, a.width - split, a.height), y, lower + left,
                    lower_count - left);
    end += gaps.lower;
    if (r && r->trace.count > 1)
        draw_curves(wzp_area_part(a, 0, end, a.width, a.height - end), &r->trace);
}
