/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* An analysis as a page for people: one self-contained file of HTML with drawings in SVG, light or
 * dark as the reader's browser prefers, without scripts and without external resources. */
#ifndef WZP_APP_ANALYZE_REPORT_H
#define WZP_APP_ANALYZE_REPORT_H

#include "app/analyze.h"
#include "base/buffer.h"

#define WZP_ANALYSIS_REPORT_MAX (64u * 1024 * 1024) /* bytes, of 16 long streams */

/* name: of the capture file, untrusted. out->result tells whether memory sufficed. */
void wzp_analysis_report(struct wzp_buffer *out, const struct wzp_analysis *a, const char *name);
/* One sentence about a stream, "" when there is nothing to say. */
void wzp_analysis_verdict(char *out, size_t size, const struct wzp_analysis_stream *s);

#endif
