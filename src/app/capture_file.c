/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/capture_file.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "base/time.h"

#define BUFFER (256 * 1024)
#define DUE_BYTES (BUFFER / 4)
#define DUE_TIME WZP_SECOND
#define FILE_MAX (UINT64_C(1) << 30)

struct wzp_capture_file {
    struct wzp_host host;
    char path[WZP_PATH_MAX];
    uint64_t began, wall; /* the same moment: the host's clock, and ns since 1970 */
    uint64_t written_at;
    uint64_t offset; /* bytes in the file */
    uint64_t packets, lost;
    size_t length; /* bytes in memory */
    uint8_t buffer[BUFFER];
};

static int put(struct wzp_capture_file *f, bool fresh, struct wzp_error *err)
{
    const struct wzp_host_file file = {WZP_PLACE_PATH, f->path, 0, true};
    if (f->offset + f->length > FILE_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "%s is full: a gibibyte is the most", f->path);
    int result = f->host.calls->file_extend(f->host.context, &file, fresh, f->offset, f->buffer,
                                            f->length, err);
    if (result)
        return result;
    f->offset += f->length;
    f->length = 0;
    return 0;
}

static int begin(struct wzp_capture_file *f, enum wzp_capture_kind kind, const char *name,
                 struct wzp_error *err)
{
    int head = wzp_capture_write_head(f->buffer, BUFFER, "wzp");
    int rest = wzp_capture_write_interface(f->buffer + head, BUFFER - (size_t)head, kind, name);
    f->length = (size_t)head + (size_t)rest;
    return put(f, true, err);
}

int wzp_capture_file_new(struct wzp_capture_file **out, const struct wzp_host *host,
                         const char *path, enum wzp_capture_kind kind, const char *name,
                         uint64_t now, struct wzp_error *err)
{
    *out = NULL;
    struct wzp_capture_file *f = wzp_calloc(1, sizeof *f);
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    f->host = *host;
    f->began = f->written_at = now;
    f->wall = host->calls->wall_ms(host->context) * WZP_MILLISECOND;
    int result = wzp_text_copy(f->path, sizeof f->path, path)
                     ? begin(f, kind, name, err)
                     : wzp_error_set(err, WZP_E_TOO_BIG, "the path is too long");
    if (result)
        wzp_capture_file_free(f);
    else
        *out = f;
    return result;
}

void wzp_capture_file_free(struct wzp_capture_file *f)
{
    wzp_free(f);
}

bool wzp_capture_file_is_due(const struct wzp_capture_file *f, uint64_t now)
{
    return f->length >= DUE_BYTES || wzp_time_since(now, f->written_at) >= DUE_TIME;
}

bool wzp_capture_file_add(struct wzp_capture_file *f, const struct wzp_capture_record *record)
{
    struct wzp_capture_record copy = *record;
    copy.at = f->wall + wzp_time_since(record->at, f->began);
    int length = wzp_capture_write(f->buffer + f->length, BUFFER - f->length, &copy);
    if (length > 0)
        f->length += (size_t)length;
    if (record->type == WZP_CAPTURE_PACKET)
        f->packets++;
    if (length < 0)
        f->lost++;
    return wzp_capture_file_is_due(f, record->at);
}

int wzp_capture_file_write(struct wzp_capture_file *f, uint64_t now, struct wzp_error *err)
{
    f->written_at = now;
    return f->length > 0 ? put(f, false, err) : 0;
}

void wzp_capture_file_counts(const struct wzp_capture_file *f, uint64_t *packets, uint64_t *lost)
{
    *packets = f->packets;
    *lost = f->lost;
}

const char *wzp_capture_file_path(const struct wzp_capture_file *f)
{
    return f->path;
}
