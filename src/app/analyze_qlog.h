/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* qlog files beside a capture: round trips, congestion windows, lost packets and path probes of the
 * call's QUIC connections, on the capture's time axis. The files are those of our --qlog: ngtcp2's
 * records, and one record of ours that gives the time of day of their zero. */
#ifndef WZP_APP_ANALYZE_QLOG_H
#define WZP_APP_ANALYZE_QLOG_H

#include "app/analyze.h"
#include "base/buffer.h"

/* Our own record, the second of a file: the time of day of the records' zero. */
#define WZP_QLOG_CLOCK "\x1e{\"time\":0,\"name\":\"wzp:clock\",\"data\":{\"unix_ms\":%llu}}\n"

/* Adds the connection of one file to the analysis if it carried media during the capture; otherwise
 * counts it in connections_left_out. name: the file's, for people. WZP_E_SYNTAX (no qlog),
 * WZP_E_NOT_FOUND (no record gives its time of day), WZP_E_MEMORY, with a sentence. */
int wzp_analysis_qlog(struct wzp_analysis *a, const char *name, const char *text, size_t length,
                      struct wzp_error *err);

#endif
