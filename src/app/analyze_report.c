/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/analyze_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/analyze_chart.h"
#include "base/text.h"
#include "media/playout.h"

static const char style[] =
    ":root{color-scheme:light dark;--paper:#fcfcfb;--card:#fff;--ink:#1c2227;--soft:#67727c;"
    "--grid:#e6e9ec;--edge:#e1e4e7;--fec:#1f9e8a;--dred:#3b6fe0;--rq:#9a56d6;--made:#e4572e;"
    "--net:#93a3b1;--play:#1c2227;--aim:#d19a1a;--good:#1f9e8a;--fair:#d19a1a;--bad:#e4572e}\n"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181c;--card:#1b2026;--ink:#e7ebee;"
    "--soft:#95a1ac;--grid:#2a3138;--edge:#2a3138;--fec:#3cc9b1;--dred:#6c9bff;--rq:#bd86f0;"
    "--made:#ff7a54;--net:#5f7182;--play:#e7ebee;--aim:#e8b84a;--good:#3cc9b1;--fair:#e8b84a;"
    "--bad:#ff7a54}}\n"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\n"
    "main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}"
    "h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}"
    "h2{font-size:19px;margin:40px 0 4px;overflow-wrap:anywhere}"
    "h3{font-size:16px;margin:24px 0 2px;overflow-wrap:anywhere}h3 small{color:var(--soft);"
    "font-weight:400;margin-left:6px}p{margin:0 0 16px}.soft{color:var(--soft)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;"
    "margin:18px 0 22px}.tile{background:var(--card);border:1px solid var(--edge);"
    "border-radius:10px;padding:12px 14px}.tile b{display:block;font-size:24px;line-height:1.2;"
    "font-weight:600;font-variant-numeric:tabular-nums}.tile b small{font-size:14px;"
    "font-weight:400;color:var(--soft)}.tile span{color:var(--soft);font-size:13px}\n"
    ".good b{color:var(--good)}.fair b{color:var(--fair)}.bad b{color:var(--bad)}\n"
    "figure{margin:0 0 12px;background:var(--card);border:1px solid var(--edge);"
    "border-radius:10px;padding:10px 12px "
    "4px;overflow-x:auto}figcaption{display:flex;flex-wrap:wrap;"
    "gap:2px 14px;align-items:baseline;font-size:13px}figcaption b{font-size:14px}"
    "figcaption span{color:var(--soft);margin-left:-6px;margin-right:auto}"
    "figcaption i{font-style:normal;color:var(--soft)}figcaption i:before{content:'';"
    "display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;"
    "background:currentColor;vertical-align:-1px}figcaption i.l:before{height:3px;width:14px;"
    "vertical-align:3px}\n"
    "svg{display:block;width:100%;min-width:620px;height:auto;overflow:visible}.grid{stroke:var(--"
    "grid);"
    "fill:none}.tick,.time{fill:var(--soft);font-size:11px;font-variant-numeric:tabular-nums}"
    ".tick{text-anchor:end}.time{text-anchor:middle}.line{fill:none;stroke-width:1.6;"
    "stroke-linejoin:round;stroke-linecap:round}.area{stroke:none}.hint{fill:transparent}"
    ".hint:hover{fill:var(--soft);fill-opacity:.15}.mark{stroke:var(--aim);"
    "stroke-dasharray:3 3;fill:none}\n";

/* Style sheet rules of each colour: for lines, for areas, and for the legend. */
static const struct {
    const char *class, *colour;
    double opacity; /* of an area */
} colours[] = {{"fec", "fec", 1},      {"dred", "dred", 1},    {"rq", "rq", 1},
               {"made", "made", 1},    {"lost", "made", 0.75}, {"net", "net", 0.45},
               {"play", "play", 1},    {"aim", "aim", 1},      {"level", "dred", 0.55},
               {"buffer", "fec", 0.4}, {"in", "dred", 1},      {"out", "fec", 1},
               {"mos", "fec", 1}};

static void write_style(struct wzp_buffer *out)
{
    wzp_buffer_text(out, "<style>");
    wzp_buffer_text(out, style);
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
        wzp_buffer_format(out,
                          ".line.%s{stroke:var(--%s)}.area.%s{fill:var(--%s);fill-opacity:%.2f}"
                          "figcaption i.%s:before{background:var(--%s);opacity:%.2f}\n",
                          colours[i].class, colours[i].colour, colours[i].class, colours[i].colour,
                          colours[i].opacity, colours[i].class, colours[i].colour,
                          fmax(colours[i].opacity, 0.6));
    wzp_buffer_text(out,
                    "table{border-collapse:collapse;width:100%;margin:8px 0 0;font-size:14px}"
                    "td,th{padding:5px 8px;border-bottom:1px solid var(--edge);text-align:left;"
                    "font-weight:400}td{text-align:right;font-variant-numeric:tabular-nums;"
                    "white-space:nowrap}thead th{color:var(--soft)}thead th+th{text-align:right}"
                    "details{margin:14px 0}summary{cursor:pointer;color:var(--soft)}"
                    "@media(max-width:560px){h1{font-size:21px}main{padding:20px 12px}"
                    /* The charts shrink on narrow pages, their labels must not. */
                    ".tick,.time{font-size:17px}.time{transform:translateY(5px)}}"
                    "@media print{figure{break-inside:avoid}}</style>\n");
}

/* ---- values of bins ---- */

static double origin_share(const struct wzp_analysis_bin *b, enum wzp_origin origin)
{
    double all = wzp_analysis_voice_ms(b);
    return all > 0 ? 100 * (double)b->origin_ms[origin] / all : 0;
}

static double lbrr(const struct wzp_analysis_bin *b)
{
    return origin_share(b, WZP_ORIGIN_LBRR);
}

static double dred(const struct wzp_analysis_bin *b)
{
    return origin_share(b, WZP_ORIGIN_DRED);
}

static double repaired(const struct wzp_analysis_bin *b)
{
    return origin_share(b, WZP_ORIGIN_REPAIRED);
}

static double concealed(const struct wzp_analysis_bin *b)
{
    return origin_share(b, WZP_ORIGIN_CONCEALED);
}

static double lost(const struct wzp_analysis_bin *b)
{
    double all = (double)b->lost + b->packets;
    return all > 0 ? 100 * b->lost / all : -1;
}

static double spread_low(const struct wzp_analysis_bin *b)
{
    return (double)b->spread_low_ms;
}

static double spread_high(const struct wzp_analysis_bin *b)
{
    return (double)b->spread_high_ms;
}

static double delay(const struct wzp_analysis_bin *b)
{
    return (double)b->delay_ms;
}

static double target(const struct wzp_analysis_bin *b)
{
    return b->delay_ms >= 0 ? (double)b->target_ms : -1;
}

static double buffered(const struct wzp_analysis_bin *b)
{
    return (double)b->buffered_ms;
}

static double rtt(const struct wzp_analysis_bin *b)
{
    return (double)b->rtt_ms;
}

static double rate(const struct wzp_analysis_bin *b)
{
    return (double)b->kbps;
}

static double rate_out(const struct wzp_analysis_bin *b)
{
    return b->kbps_out > 0 ? (double)b->kbps_out : -1;
}

static double mos(const struct wzp_analysis_bin *b)
{
    return (double)b->mos;
}

static double rtt_smoothed(const struct wzp_analysis_bin *b)
{
    return (double)b->rtt_smoothed_ms;
}

static double window(const struct wzp_analysis_bin *b)
{
    return (double)b->window_kib;
}

static double flight(const struct wzp_analysis_bin *b)
{
    return (double)b->flight_kib;
}

static double lost_packets(const struct wzp_analysis_bin *b)
{
    return b->lost;
}

static double level(const struct wzp_analysis_bin *b)
{
    return b->pulls > 0 ? fmax(-80, (double)b->level_dbfs) : -200;
}

/* ---- charts ---- */

static const struct wzp_chart charts[] = {
    {.title = "What was missing, and what stood in for it",
     .unit = "% of the voice",
     .most = 4,
     .limit = 100,
     .has_marks = true,
     .has_hints = true,
     .series = {{"FEC", "fec", WZP_CHART_COLUMNS, lbrr, NULL},
                {"DRED", "dred", WZP_CHART_COLUMNS, dred, NULL},
                {"copies, RaptorQ", "rq", WZP_CHART_COLUMNS, repaired, NULL},
                {"concealed", "made", WZP_CHART_COLUMNS, concealed, NULL},
                {0}}},
    {.title = "Lost on the way",
     .unit = "% of the packets",
     .is_of_packets = true,
     .most = 4,
     .limit = 100,
     .series = {{NULL, "lost", WZP_CHART_COLUMNS, lost, NULL}, {0}}},
    {.title = "Delay",
     .unit = "ms beyond the fastest packet",
     .is_of_packets = true,
     .most = 40,
     .limit = 1000,
     .has_marks = true,
     .series = {{"packets came", "net", WZP_CHART_BAND, spread_high, spread_low},
                {"wanted", "aim", WZP_CHART_LINE, target, NULL},
                {"played", "play", WZP_CHART_LINE, delay, NULL},
                {0}}},
    {.title = "Buffer",
     .unit = "ms of sound waiting",
     .most = 40,
     .limit = 2000,
     .series = {{NULL, "buffer", WZP_CHART_AREA, buffered, NULL}, {0}}},
    {.title = "Round trip",
     .unit = "ms",
     .most = 20,
     .limit = 5000,
     .series = {{NULL, "in", WZP_CHART_POINTS, rtt, NULL}, {0}}},
    {.title = "Rate",
     .unit = "kbit/s of payload, over a second at least",
     .most = 20,
     .limit = 1000,
     .series = {{"received", "in", WZP_CHART_LINE, rate, NULL},
                {"sent", "out", WZP_CHART_LINE, rate_out, NULL},
                {0}}},
    {.title = "Level",
     .unit = "dBFS, loudest 20 ms",
     .least = -80,
     .most = 0,
     .limit = 0,
     .series = {{NULL, "level", WZP_CHART_AREA, level, NULL}, {0}}},
    {.title = "Quality",
     .unit = "MOS by the E-model",
     .least = 1,
     .most = 5,
     .limit = 5,
     .series = {{NULL, "mos", WZP_CHART_LINE, mos, NULL}, {0}}},
};

/* The charts of a QUIC connection. */
static const struct wzp_chart lanes[] = {
    {.title = "Round trip",
     .unit = "ms, with the time that an acknowledgement waited",
     .most = 20,
     .limit = 5000,
     .has_marks = true,
     .series = {{"shortest", "net", WZP_CHART_AREA, rtt, NULL},
                {"smoothed", "in", WZP_CHART_POINTS, rtt_smoothed, NULL},
                {0}}},
    {.title = "Congestion window",
     .unit = "KiB",
     .most = 16,
     .limit = 4096,
     .series = {{"under way at most", "buffer", WZP_CHART_AREA, flight, NULL},
                {"may be", "aim", WZP_CHART_POINTS, window, NULL},
                {0}}},
    {.title = "Lost",
     .unit = "packets that we sent",
     .most = 4,
     .limit = 10000,
     .series = {{NULL, "lost", WZP_CHART_COLUMNS, lost_packets, NULL}, {0}}},
};

/* ---- words ---- */

void wzp_analysis_verdict(char *out, size_t size, const struct wzp_analysis_stream *s)
{
    const struct wzp_playout_stats *h = &s->heard;
    double rebuilt = (double)wzp_playout_rebuilt(h), all = (double)wzp_playout_voice(h);
    out[0] = 0;
    if (s->is_sealed)
        snprintf(out, size,
                 "Encrypted from end to end: what is in the packets cannot be heard here, only how "
                 "they came.");
    else if (all > 0)
        snprintf(out, size,
                 "%.1f %% of the voice was heard as it came, %.1f %% was rebuilt, %.1f %% was made "
                 "up.",
                 100 * (double)h->frames_decoded / all, 100 * rebuilt / all,
                 100 * (double)h->frames_concealed / all);
}

static void tile(struct wzp_buffer *out, const char *class, const char *value, const char *unit,
                 const char *label)
{
    wzp_buffer_format(out,
                      "<div class=\"tile %s\"><b>%s<small> %s</small></b><span>%s</span></div>",
                      class, value, unit, label);
}

/* good and fair are the upper limits of these verdicts; beyond fair it is bad. */
static const char *judged(double value, double good, double fair)
{
    return value <= good ? "good" : value <= fair ? "fair" : "bad";
}

static void figure_tile(struct wzp_buffer *out, const struct wzp_analysis_stream *s,
                        const char *key, const char *label, double good, double fair)
{
    char text[32];
    double value;
    for (size_t i = 0; wzp_analysis_figure(i); i++) {
        const struct wzp_analysis_figure *f = wzp_analysis_figure(i);
        if (strcmp(f->key, key) != 0 || !f->value(s, &value))
            continue;
        snprintf(text, sizeof text, "%.*f", f->decimals, value);
        tile(out, good < 0 ? judged(-value, good, fair) : judged(value, good, fair), text, f->unit,
             label);
    }
}

static void write_tiles(struct wzp_buffer *out, const struct wzp_analysis_stream *s)
{
    wzp_buffer_text(out, "<div class=\"tiles\">");
    figure_tile(out, s, "mos", "MOS, estimated", -4.0, -3.6);
    figure_tile(out, s, "lost_percent", "lost on the way", 2, 10);
    figure_tile(out, s, "longest_hole", "most lost in a row", 3, 10);
    figure_tile(out, s, "concealed_percent", "made up", 1, 5);
    figure_tile(out, s, "delay_p50_ms", "buffer, median", 80, 200);
    figure_tile(out, s, "delay_p95_ms", "buffer, 95 %", 120, 300);
    wzp_buffer_text(out, "</div>\n");
}

/* The counters of the call itself, beside those of the replay. */
static void write_counts(struct wzp_buffer *out, const struct wzp_analysis_stream *s)
{
    const struct {
        const char *label;
        uint64_t here;
        enum wzp_capture_count there;
    } rows[] = {{"packets expected", s->heard.jitter.expected, WZP_COUNT_EXPECTED},
                {"packets that came", s->heard.jitter.received, WZP_COUNT_RECEIVED},
                {"packets too late", s->heard.jitter.late, WZP_COUNT_LATE},
                {"frames as they came", s->heard.frames_decoded, WZP_COUNT_DECODED},
                {"frames by FEC", s->heard.frames_lbrr, WZP_COUNT_LBRR},
                {"frames by DRED", s->heard.frames_dred, WZP_COUNT_DRED},
                {"frames by copies, RaptorQ", s->heard.frames_repaired, WZP_COUNT_REPAIRED},
                {"frames concealed", s->heard.frames_concealed, WZP_COUNT_CONCEALED},
                {"frames of silence", s->heard.frames_silence, WZP_COUNT_SILENCE}};
    if (!s->has_counts)
        return;
    wzp_buffer_text(out, "<details><summary>What the call counted itself</summary><table><thead>"
                         "<tr><th></th><th>here</th><th>the call</th></tr></thead>");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        wzp_buffer_format(out, "<tr><th>%s</th><td>%llu</td><td>%lu</td></tr>", rows[i].label,
                          (unsigned long long)rows[i].here,
                          (unsigned long)s->counts[rows[i].there]);
    wzp_buffer_text(out, "</table></details>\n");
}

static void write_marks(struct wzp_buffer *out, const struct wzp_analysis_mark *marks, size_t count)
{
    char text[32];

    if (count == 0)
        return;
    wzp_buffer_text(out, "<details><summary>What changed</summary><table>");
    for (size_t i = 0; i < count; i++) {
        wzp_chart_time(text, sizeof text, marks[i].seconds);
        wzp_buffer_text(out, "<tr><th>");
        wzp_chart_text(out, marks[i].text);
        wzp_buffer_format(out, "</th><td>%s</td></tr>", text);
    }
    wzp_buffer_text(out, "</table></details>\n");
}

static void write_figures(struct wzp_buffer *out, const struct wzp_analysis_stream *s)
{
    double value;
    wzp_buffer_text(out, "<details open><summary>All figures</summary><table>");
    for (size_t i = 0; wzp_analysis_figure(i); i++) {
        const struct wzp_analysis_figure *f = wzp_analysis_figure(i);
        if (f->value(s, &value))
            wzp_buffer_format(out, "<tr><th>%s</th><td>%.*f %s</td></tr>", f->label, f->decimals,
                              value, f->unit);
    }
    wzp_buffer_text(out, "</table></details>\n");
    write_marks(out, s->marks, s->mark_count);
}

static void write_connection(struct wzp_buffer *out, const struct wzp_analysis *a,
                             const struct wzp_analysis_connection *c)
{
    struct wzp_chart_source source = {c->bins, c->marks, c->mark_count};

    wzp_buffer_format(out, "<h3>Connection that %s <small>", c->is_client ? "we made" : "came");
    wzp_chart_text(out, c->name);
    wzp_buffer_format(out,
                      "</small></h3>\n<p class=\"soft\">%llu packets sent, %llu of them lost, "
                      "%llu received</p>\n",
                      (unsigned long long)c->sent, (unsigned long long)c->lost,
                      (unsigned long long)c->received);
    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++)
        wzp_chart_draw(out, &lanes[i], a, &source);
    write_marks(out, c->marks, c->mark_count);
}

/* The connections, from qlog files. */
static void write_connections(struct wzp_buffer *out, const struct wzp_analysis *a)
{
    if (a->connection_count + a->connections_left_out == 0)
        return;
    wzp_buffer_text(out, "<h2>What the connections did</h2>\n");
    for (size_t i = 0; i < a->connection_count; i++)
        write_connection(out, a, &a->connections[i]);
    if (a->connections_left_out > 0)
        wzp_buffer_format(
            out, "<p class=\"soft\">%zu further %s no media in this time.</p>\n",
            a->connections_left_out,
            wzp_plural(a->connections_left_out, "connection carried", "connections carried"));
}

static void write_stream(struct wzp_buffer *out, const struct wzp_analysis *a,
                         const struct wzp_analysis_stream *s)
{
    char verdict[200];
    if (a->stream_count > 1 || a->kind == WZP_CAPTURE_RELAY) {
        wzp_buffer_text(out, "<h2>");
        wzp_chart_text(out, s->name);
        wzp_buffer_text(out, "</h2>\n");
    }
    wzp_analysis_verdict(verdict, sizeof verdict, s);
    wzp_buffer_format(out, "<p>%s</p>\n", verdict);
    write_tiles(out, s);
    struct wzp_chart_source source = {s->bins, s->marks, s->mark_count};
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        if (!s->is_sealed || charts[i].is_of_packets)
            wzp_chart_draw(out, &charts[i], a, &source);
    if (a->stream_count == 1)
        write_connections(out, a);
    write_figures(out, s);
    write_counts(out, s);
}

/* ---- the page ---- */

static void write_title(struct wzp_buffer *out, const struct wzp_analysis *a, const char *name)
{
    static const char *const kinds[WZP_CAPTURE_KINDS] = {"Capture", "Call", "Room", "Relay"};
    char day[WZP_DATE_TEXT_MAX], length[32];
    uint64_t seconds = a->began / 1000000000;
    wzp_chart_time(length, sizeof length, a->seconds);
    wzp_date_format(day, seconds);
    wzp_buffer_format(out, "<h1>%s, %s %02u:%02u UTC</h1><p class=\"soft\">%s long, ",
                      kinds[a->kind], day, (unsigned)(seconds / 3600 % 24),
                      (unsigned)(seconds / 60 % 60), length);
    wzp_chart_text(out, name);
    if (a->stream_count > 1)
        wzp_buffer_format(out, ", %zu senders", a->stream_count);
    wzp_buffer_text(out, a->is_cut ? "; the file breaks off</p>\n" : "</p>\n");
}

void wzp_analysis_report(struct wzp_buffer *out, const struct wzp_analysis *a, const char *name)
{
    wzp_buffer_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width,"
                         "initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
                         "content=\"default-src 'none';style-src 'unsafe-inline'\"><title>");
    wzp_chart_text(out, name);
    wzp_buffer_text(out, "</title>\n");
    write_style(out);
    wzp_buffer_text(out, "</head><body><main>\n");
    write_title(out, a, name);
    for (size_t i = 0; i < a->stream_count; i++)
        write_stream(out, a, &a->streams[i]);
    if (a->stream_count > 1)
        write_connections(out, a);
    wzp_buffer_text(out, "</main></body></html>\n");
}
