/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writes the packets of one session into a capture file (wire/capture.h), for wzp analyze and
 * Wireshark. Packets are first stored in memory in the file's format, and written about once a
 * second. The file holds the audio in clear, also that of an encrypted call: only its owner may
 * read it. */
#ifndef WZP_APP_CAPTURE_FILE_H
#define WZP_APP_CAPTURE_FILE_H

#include "wire/capture.h"
#include "wzp/host.h"

struct wzp_capture_file;
/* Makes the file, readable by its owner only. WZP_E_DUPLICATE when there is one. name: of the room,
 * filtered, or "". Freed with wzp_capture_file_free. */
int wzp_capture_file_new(struct wzp_capture_file **out, const struct wzp_host *host,
                         const char *path, enum wzp_capture_kind kind, const char *name,
                         uint64_t now, struct wzp_error *err);
/* Frees it. Records that were not written are lost: call wzp_capture_file_write first. */
void wzp_capture_file_free(struct wzp_capture_file *f);
/* Stores a record, whose time is the host's clock. Allocates no memory; a record for which there is
 * no space is counted as lost. True: it is time to write. */
bool wzp_capture_file_add(struct wzp_capture_file *f, const struct wzp_capture_record *record);
/* Is the next write due, by the time that passed or the memory that is used? */
bool wzp_capture_file_is_due(const struct wzp_capture_file *f, uint64_t now);
/* Writes the stored records. Errors of the host's file_extend; WZP_E_TOO_BIG: the file has reached
 * its limit of 1 GiB. */
int wzp_capture_file_write(struct wzp_capture_file *f, uint64_t now, struct wzp_error *err);
/* The numbers of packets stored and lost. */
void wzp_capture_file_counts(const struct wzp_capture_file *f, uint64_t *packets, uint64_t *lost);
const char *wzp_capture_file_path(const struct wzp_capture_file *f);

#endif
