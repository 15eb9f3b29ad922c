/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Writing a capture: nothing is allocated or written to disk while packets pass, at most a second
 * is lost, memory is bounded. */
#include "app/capture_file.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/time.h"
#include "tap.h"

/* A disk in memory. */
static uint8_t disk[1024 * 1024];
static size_t disk_length;
static unsigned writes;
static int disk_error;

static int extend(void *context, const struct wzp_host_file *file, bool fresh, uint64_t offset,
                  const void *data, size_t length, struct wzp_error *err)
{
    (void)context;
    writes++;
    if (disk_error)
        return wzp_error_set(err, disk_error, "the disk is full");
    if (!file->secret || fresh != (offset == 0) || offset + length > sizeof disk)
        return wzp_error_set(err, WZP_E_INTERNAL, "not as it should be");
    memcpy(disk + offset, data, length);
    disk_length = (size_t)offset + length;
    return 0;
}

static uint64_t wall(void *context)
{
    (void)context;
    return UINT64_C(1700000000000);
}

static const struct wzp_host_calls calls = {
    .size = sizeof calls, .wall_ms = wall, .file_extend = extend};
static const struct wzp_host host = {.calls = &calls};

static struct wzp_capture_file *begin(uint64_t now)
{
    struct wzp_capture_file *f;
    struct wzp_error err = {0};
    if (wzp_capture_file_new(&f, &host, "call.pcapng", WZP_CAPTURE_CALL, "", now, &err))
        bail("no capture: %s", err.text);
    return f;
}

static void passes(void)
{
    static const uint8_t media[100] = {0};
    struct wzp_capture_reader r;
    struct wzp_capture_record out;
    struct wzp_error err = {0};
    struct wzp_capture_file *f = begin(7 * WZP_SECOND);
    struct wzp_capture_record packet = {
        .type = WZP_CAPTURE_PACKET, .data = media, .length = sizeof media};
    unsigned due = 0, before = writes, count = 0;
    uint64_t allocations = wzp_alloc_calls(), packets, lost;
    for (packet.at = 7 * WZP_SECOND; packet.at < 8 * WZP_SECOND; packet.at += 20 * WZP_MILLISECOND)
        due += wzp_capture_file_add(f, &packet);
    is_int(due, 0, "for a second nothing has to be written");
    packet.at = 8 * WZP_SECOND;
    ok(wzp_capture_file_add(f, &packet), "then it is time");
    is_int(writes, before, "nothing was, while packets passed");
    is_int(wzp_alloc_calls(), allocations, "and nothing allocated");
    is_int(wzp_capture_file_write(f, packet.at, &err), 0, "it is written: %s", err.text);
    ok(!wzp_capture_file_is_due(f, packet.at), "and no longer due");
    wzp_capture_open(&r, disk, disk_length);
    while (wzp_capture_next(&r, &out) == 1)
        if (count++ == 1)
            ok(out.at == UINT64_C(1700000000020000000), "times are those of the wall");
    is_int(count, 51, "all is in the file");
    wzp_capture_file_counts(f, &packets, &lost);
    ok(packets == 51 && lost == 0, "as it says itself");
    wzp_capture_file_free(f);
}

static void too_much(void)
{
    static const uint8_t media[1200] = {0};
    struct wzp_error err = {0};
    struct wzp_capture_file *f = begin(0);
    const struct wzp_capture_record packet = {
        .type = WZP_CAPTURE_PACKET, .data = media, .length = sizeof media};
    uint64_t packets, lost;
    for (int i = 0; i < 1000; i++)
        wzp_capture_file_add(f, &packet);
    wzp_capture_file_counts(f, &packets, &lost);
    ok(packets == 1000 && lost > 700 && lost < 900,
       "what does not fit until the next write is counted: %ju", (uintmax_t)lost);
    is_int(wzp_capture_file_write(f, 0, &err), 0, "the rest is written");
    disk_error = WZP_E_IO;
    wzp_capture_file_add(f, &packet);
    is_int(wzp_capture_file_write(f, 0, &err), WZP_E_IO, "a full disk is said: %s", err.text);
    disk_error = 0;
    wzp_capture_file_free(f);
}

static void refusals(void)
{
    struct wzp_capture_file *f;
    struct wzp_error err = {0};
    static char path[WZP_PATH_MAX + 10];
    memset(path, 'x', sizeof path - 1);
    int result = wzp_capture_file_new(&f, &host, path, WZP_CAPTURE_CALL, "", 0, &err);
    ok((result == WZP_E_TOO_BIG || result == WZP_E_MEMORY) && !f, "a path too long: %s", err.text);
    disk_error = WZP_E_DUPLICATE;
    result = wzp_capture_file_new(&f, &host, "call.pcapng", WZP_CAPTURE_CALL, "", 0, &err);
    ok((result == WZP_E_DUPLICATE || result == WZP_E_MEMORY) && !f, "a file that is there already");
    disk_error = 0;
}

TAP_MAIN
{
    passes();
    too_much();
    refusals();
}
