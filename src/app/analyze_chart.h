/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Charts of a report, in SVG, all with the same time axis. Elements have a class and no colour; the
 * page's style sheet sets the colours. */
#ifndef WZP_APP_ANALYZE_CHART_H
#define WZP_APP_ANALYZE_CHART_H

#include "app/analyze.h"
#include "base/buffer.h"

/* The value of a bin; negative (or below the chart's least): no value. */
typedef double (*wzp_chart_value)(const struct wzp_analysis_bin *bin);

enum wzp_chart_form {
    WZP_CHART_LINE,
    WZP_CHART_POINTS, /* a line through the known values, also across gaps */
    WZP_CHART_AREA,   /* filled from the chart's bottom */
    WZP_CHART_BAND,   /* filled between value and low */
    WZP_CHART_COLUMNS /* columns stacked on the series before */
};
struct wzp_chart_series {
    const char *label, *class; /* label NULL: not in the legend; class NULL: no more series */
    enum wzp_chart_form form;
    wzp_chart_value value, low;
};
#define WZP_CHART_SERIES_MAX 6
struct wzp_chart {
    const char *title, *unit;
    double least, most; /* ends of the axis; most grows to the largest value, up to `limit` */
    double limit;
    struct wzp_chart_series series[WZP_CHART_SERIES_MAX + 1];
    bool has_marks, has_hints; /* vertical lines at changes; tooltips for each moment */
    bool is_of_packets;        /* is shown also where the audio cannot be decoded */
};
/* What is drawn: a stream, or a connection. */
struct wzp_chart_source {
    const struct wzp_analysis_bin *bins;
    const struct wzp_analysis_mark *marks;
    size_t mark_count;
};
/* False when the source has no values: nothing was written. */
bool wzp_chart_draw(struct wzp_buffer *out, const struct wzp_chart *chart,
                    const struct wzp_analysis *a, const struct wzp_chart_source *s);
/* Writes untrusted text, escaped for HTML. */
void wzp_chart_text(struct wzp_buffer *out, const char *text);
/* "0:07", "12:30", "1:02:03". */
void wzp_chart_time(char *out, size_t size, double seconds);

#endif
