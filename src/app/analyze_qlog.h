/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The connections' side of a call: what qlog files beside a capture tell of round trips, congestion
 * windows, lost packets and probes of paths, on the capture's time axis. The files are those of our
 * --qlog: ngtcp2's records, and one of ours that says which time of day their zero is. */
#ifndef WZP_APP_ANALYZE_QLOG_H
#define WZP_APP_ANALYZE_QLOG_H

#include "app/analyze.h"
#include "base/buffer.h"

/* The record of ours, the second of a file: time of day of the records' zero. */
#define WZP_QLOG_CLOCK "\x1e{\"time\":0,\"name\":\"wzp:clock\",\"data\":{\"unix_ms\":%llu}}\n"

/* Adds what a file tells of one connection to the analysis, when it carried media while the capture
 * went on; otherwise it is counted in connections_left_out. name: the file's, for people.
 * WZP_E_SYNTAX (no qlog), WZP_E_NOT_FOUND (nothing says when it was), WZP_E_MEMORY, with a
 * sentence. */
int wzp_analysis_qlog(struct wzp_analysis *a, const char *name, const char *text, size_t length,
                      struct wzp_error *err);

#endif
