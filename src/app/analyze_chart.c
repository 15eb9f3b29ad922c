/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/analyze_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WIDTH 1000.0
#define HEIGHT 150.0
#define LEFT 52.0
#define RIGHT 12.0
#define TOP 12.0
#define BOTTOM 22.0
#define LINES 4 /* of the grid, approximately */
#define TICKS 9 /* of the time axis, at most */

struct drawing {
    struct wzp_buffer *out;
    const struct wzp_chart *chart;
    const struct wzp_analysis *a;
    const struct wzp_chart_source *s;
    double most;
};

void wzp_chart_text(struct wzp_buffer *out, const char *text)
{
    char safe[512];
    wzp_text_filter(safe, sizeof safe, text, strlen(text));
    for (const char *c = safe; *c; c++)
        switch (*c) {
        case '<': wzp_buffer_text(out, "&lt;"); break;
        case '>': wzp_buffer_text(out, "&gt;"); break;
        case '&': wzp_buffer_text(out, "&amp;"); break;
        case '"': wzp_buffer_text(out, "&quot;"); break;
        default: wzp_buffer_char(out, *c);
        }
}

void wzp_chart_time(char *out, size_t size, double seconds)
{
    unsigned whole = (unsigned)(seconds + 0.5);
    if (whole >= 3600)
        snprintf(out, size, "%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(out, size, "%u:%02u", whole / 60, whole % 60);
}

/* ---- places ---- */

static double x_of(const struct drawing *d, double seconds)
{
    double whole = d->a->bin_seconds * (double)d->a->bin_count;
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / whole;
}

static double middle_of(const struct drawing *d, size_t bin)
{
    return x_of(d, ((double)bin + 0.5) * d->a->bin_seconds);
}

static double y_of(const struct drawing *d, double value)
{
    double part = (value - d->chart->least) / (d->most - d->chart->least);
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - fmin(1, fmax(0, part)));
}

/* 1, 2 or 5 times a power of ten. */
static double round_step(double raw)
{
    double power = pow(10, floor(log10(raw)));
    double part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static bool is_there(const struct drawing *d, double value)
{
    return isfinite(value) && value >= d->chart->least && (value >= 0 || d->chart->least < 0);
}

/* Finds the ends of the axis. False: no bin has a value. */
static bool measure(struct drawing *d)
{
    bool any = false;
    double top = d->chart->most;
    for (size_t i = 0; i < d->a->bin_count; i++) {
        double sum = 0;
        for (const struct wzp_chart_series *s = d->chart->series; s->class; s++) {
            double value = s->value(&d->s->bins[i]);
            if (!is_there(d, value))
                continue;
            any = any || s->form != WZP_CHART_COLUMNS || d->s->bins[i].packets > 0;
            sum = s->form == WZP_CHART_COLUMNS ? sum + value : value;
            top = fmax(top, sum);
        }
    }
    d->most = fmin(top, d->chart->limit);
    double step = round_step((d->most - d->chart->least) / LINES);
    if (d->most < d->chart->limit)
        d->most = d->chart->least + step * ceil((d->most - d->chart->least) / step - 1e-6);
    return any;
}

/* ---- frame ---- */

static void draw_grid(struct drawing *d)
{
    double step = round_step((d->most - d->chart->least) / LINES);
    int lines = (int)((d->most - d->chart->least) / step + 0.01);
    for (int i = 0; i <= lines; i++) {
        double v = d->chart->least + i * step, y = y_of(d, v);
        wzp_buffer_format(d->out, "<path class=\"grid\" d=\"M%.0f %.1fH%.0f\"/>", LEFT, y,
                          WIDTH - RIGHT);
        wzp_buffer_format(d->out, "<text class=\"tick\" x=\"%.0f\" y=\"%.1f\">%.*f</text>",
                          LEFT - 8, y + 4, step < 1 ? 1 : 0, v);
    }
}

static void draw_times(struct drawing *d)
{
    static const double steps[] = {1,   2,   5,   10,   15,   30,   60,   120,
                                   300, 600, 900, 1800, 3600, 7200, 14400};
    double whole = d->a->bin_seconds * (double)d->a->bin_count;
    size_t at = 0;
    char text[32];
    while (at + 1 < sizeof steps / sizeof *steps && whole / steps[at] > TICKS)
        at++;
    int ticks = (int)(whole / steps[at]);
    for (int i = 0; i <= ticks; i++) {
        double t = i * steps[at];
        wzp_chart_time(text, sizeof text, t);
        wzp_buffer_format(d->out,
                          "<path class=\"grid\" d=\"M%.1f %.0fv4\"/>"
                          "<text class=\"time\" x=\"%.1f\" y=\"%.0f\">%s</text>",
                          x_of(d, t), HEIGHT - BOTTOM, x_of(d, t), HEIGHT - 5, text);
    }
}

static void draw_marks(struct drawing *d)
{
    for (size_t i = 0; i < d->s->mark_count; i++) {
        wzp_buffer_format(d->out, "<path class=\"mark\" d=\"M%.1f %.0fV%.0f\"><title>",
                          x_of(d, d->s->marks[i].seconds), TOP, HEIGHT - BOTTOM);
        wzp_chart_text(d->out, d->s->marks[i].text);
        wzp_buffer_text(d->out, "</title></path>");
    }
}

/* Tooltips for each moment. */
static void draw_hints(struct drawing *d)
{
    double width = (WIDTH - LEFT - RIGHT) / (double)d->a->bin_count;
    char text[32];
    for (size_t i = 0; i < d->a->bin_count; i++) {
        const struct wzp_analysis_bin *bin = &d->s->bins[i];
        if (bin->packets == 0 && bin->lost == 0)
            continue;
        wzp_chart_time(text, sizeof text, floor((double)i * d->a->bin_seconds + 1e-6));
        wzp_buffer_format(d->out,
                          "<rect class=\"hint\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
                          "height=\"%.0f\"><title>%s",
                          LEFT + (double)i * width, TOP, width, HEIGHT - TOP - BOTTOM, text);
        if (d->a->bin_seconds < 1)
            wzp_buffer_format(d->out, ".%d", (int)((double)i * d->a->bin_seconds * 10 + 0.5) % 10);
        wzp_buffer_format(d->out, ": %u %s, %u lost", bin->packets,
                          wzp_plural(bin->packets, "packet", "packets"), bin->lost);
        for (int origin = WZP_ORIGIN_LBRR; origin < WZP_ORIGIN_SILENCE; origin++)
            if (bin->origin_ms[origin] > 0)
                wzp_buffer_format(d->out, ", %.0f ms %s", (double)bin->origin_ms[origin],
                                  wzp_origin_name((enum wzp_origin)origin));
        wzp_buffer_text(d->out, "</title></rect>");
    }
}

/* ---- what is in it ---- */

static void draw_line(struct drawing *d, const struct wzp_chart_series *s)
{
    bool pen = false;
    wzp_buffer_format(d->out, "<path class=\"line %s\" d=\"", s->class);
    for (size_t i = 0; i < d->a->bin_count; i++) {
        double value = s->value(&d->s->bins[i]);
        if (is_there(d, value))
            wzp_buffer_format(d->out, "%c%.1f %.1f", pen ? 'L' : 'M', middle_of(d, i),
                              y_of(d, value));
        pen = is_there(d, value) || (pen && s->form == WZP_CHART_POINTS);
        if (is_there(d, value) && s->form == WZP_CHART_LINE &&
            (i + 1 == d->a->bin_count || !is_there(d, s->value(&d->s->bins[i + 1]))))
            wzp_buffer_text(d->out, "h.1"); /* a single value becomes a dot */
    }
    wzp_buffer_text(d->out, "\"/>");
}

/* One piece of a curve without gaps, bins from..to. */
static void draw_piece(struct drawing *d, const struct wzp_chart_series *s, size_t from, size_t to)
{
    double half = d->a->bin_seconds / 2;
    for (size_t i = from; i < to; i++) {
        double y = y_of(d, s->value(&d->s->bins[i]));
        if (i == from)
            wzp_buffer_format(d->out, "M%.1f %.1f", middle_of(d, i) - x_of(d, half) + LEFT, y);
        wzp_buffer_format(d->out, "L%.1f %.1f", middle_of(d, i), y);
        if (i + 1 == to)
            wzp_buffer_format(d->out, "L%.1f %.1f", middle_of(d, i) + x_of(d, half) - LEFT, y);
    }
    for (size_t i = to; i-- > from;) {
        double y = y_of(d, s->low ? s->low(&d->s->bins[i]) : d->chart->least);
        if (i + 1 == to)
            wzp_buffer_format(d->out, "L%.1f %.1f", middle_of(d, i) + x_of(d, half) - LEFT, y);
        if (s->low)
            wzp_buffer_format(d->out, "L%.1f %.1f", middle_of(d, i), y);
        if (i == from)
            wzp_buffer_format(d->out, "L%.1f %.1fZ", middle_of(d, i) - x_of(d, half) + LEFT, y);
    }
}

static void draw_area(struct drawing *d, const struct wzp_chart_series *s)
{
    size_t from = 0;
    wzp_buffer_format(d->out, "<path class=\"area %s\" d=\"", s->class);
    for (size_t i = 0; i <= d->a->bin_count; i++) {
        if (i < d->a->bin_count && is_there(d, s->value(&d->s->bins[i])))
            continue;
        if (i > from)
            draw_piece(d, s, from, i);
        from = i + 1;
    }
    wzp_buffer_text(d->out, "\"/>");
}

/* One series of stacked columns; the series before it are drawn below it. */
static void draw_columns(struct drawing *d, const struct wzp_chart_series *s)
{
    double width = (WIDTH - LEFT - RIGHT) / (double)d->a->bin_count;
    double gap = width > 4 ? 1 : 0;
    wzp_buffer_format(d->out, "<path class=\"area %s\" d=\"", s->class);
    for (size_t i = 0; i < d->a->bin_count; i++) {
        double below = 0, value = s->value(&d->s->bins[i]);
        for (const struct wzp_chart_series *other = d->chart->series; other < s; other++)
            if (other->form == WZP_CHART_COLUMNS)
                below += fmax(0, other->value(&d->s->bins[i]));
        if (!is_there(d, value) || value <= 0)
            continue;
        double bottom = y_of(d, below), top = y_of(d, below + value);
        if (bottom - top < 0.8 && below <= 0)
            top = bottom - 0.8; /* a small value stays visible */
        wzp_buffer_format(d->out, "M%.1f %.1fH%.1fV%.1fH%.1fZ", LEFT + (double)i * width, bottom,
                          LEFT + (double)(i + 1) * width - gap, top, LEFT + (double)i * width);
    }
    wzp_buffer_text(d->out, "\"/>");
}

static void draw_head(struct drawing *d)
{
    wzp_buffer_format(d->out, "<figure><figcaption><b>%s</b> <span>%s</span>", d->chart->title,
                      d->chart->unit);
    for (const struct wzp_chart_series *s = d->chart->series; s->class; s++)
        if (s->label)
            wzp_buffer_format(d->out, "<i class=\"%s %s\">%s</i>",
                              s->form <= WZP_CHART_POINTS ? "l" : "a", s->class, s->label);
    wzp_buffer_format(d->out,
                      "</figcaption><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
                      "aria-label=\"%s\">",
                      WIDTH, HEIGHT, d->chart->title);
}

bool wzp_chart_draw(struct wzp_buffer *out, const struct wzp_chart *chart,
                    const struct wzp_analysis *a, const struct wzp_chart_source *s)
{
    struct drawing d = {.out = out, .chart = chart, .a = a, .s = s};
    if (!measure(&d))
        return false;
    draw_head(&d);
    draw_grid(&d);
    draw_times(&d);
    for (const struct wzp_chart_series *series = chart->series; series->class; series++)
        switch (series->form) {
        case WZP_CHART_POINTS:
        case WZP_CHART_LINE: draw_line(&d, series); break;
        case WZP_CHART_AREA:
        case WZP_CHART_BAND: draw_area(&d, series); break;
        case WZP_CHART_COLUMNS: draw_columns(&d, series); break;
        }
    if (chart->has_marks)
        draw_marks(&d);
    if (chart->has_hints)
        draw_hints(&d);
    wzp_buffer_text(out, "</svg></figure>\n");
    return true;
}
