/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Drawings of a report: charts over time in SVG, all with one time axis. What is drawn has a class
 * and no colour; colours are the page's. */
#ifndef WZP_APP_ANALYZE_CHART_H
#define WZP_APP_ANALYZE_CHART_H

#include "app/analyze.h"
#include "base/buffer.h"

/* A value per bin; negative (or below the chart's least): nothing there. */
typedef double (*wzp_chart_value)(const struct wzp_analysis_bin *bin);

enum wzp_chart_form {
    WZP_CHART_LINE,
    WZP_CHART_POINTS, /* a line through what there is, over holes, too */
    WZP_CHART_AREA,   /* from the chart's bottom */
    WZP_CHART_BAND,   /* between value and low */
    WZP_CHART_COLUMNS /* stacked on those before it */
};
struct wzp_chart_series {
    const char *label, *class; /* label NULL: not in the legend; class NULL: no more series */
    enum wzp_chart_form form;
    wzp_chart_value value, low;
};
#define WZP_CHART_SERIES_MAX 6
struct wzp_chart {
    const char *title, *unit;
    double least, most; /* of the axis; most grows to what is drawn up to `limit` */
    double limit;
    struct wzp_chart_series series[WZP_CHART_SERIES_MAX + 1];
    bool has_marks, has_hints; /* vertical lines of what changed; words when one points there */
    bool is_of_packets;        /* says something also where no sound can be made of them */
};
/* Of whom: a stream, or a connection. */
struct wzp_chart_source {
    const struct wzp_analysis_bin *bins;
    const struct wzp_analysis_mark *marks;
    size_t mark_count;
};
/* False when the source has nothing to draw: nothing was written. */
bool wzp_chart_draw(struct wzp_buffer *out, const struct wzp_chart *chart,
                    const struct wzp_analysis *a, const struct wzp_chart_source *s);
/* Text from anywhere, safe inside HTML. */
void wzp_chart_text(struct wzp_buffer *out, const char *text);
/* "0:07", "12:30", "1:02:03". */
void wzp_chart_time(char *out, size_t size, double seconds);

#endif
