/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/relay_tap.h"

#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "loop/files.h"
#include "relay/tap.h"

#define STEP (50 * WZP_MILLISECOND)

struct wzp_relay_tap_file {
    struct wzp_timer *timer;
    struct wzp_relay *relay;
    struct wzp_log log;
    uint64_t length, limit;
    bool ended;
    char path[WZP_PATH_MAX];
};

/* Writes the stored packets to the file; the first piece creates it. */
static int write_some(struct wzp_relay_tap_file *f, struct wzp_error *err)
{
    const uint8_t *bytes;
    size_t length = wzp_relay_tap_take(f->relay, &bytes);
    if (length == 0)
        return 0;
    if (f->length + length > f->limit)
        return wzp_error_set(err, WZP_E_TOO_BIG, "%s is full", f->path);
    int result = wzp_file_extend(f->path, f->length == 0, true, f->length, bytes, length, err);
    f->length += length;
    return result;
}

/* On a full disk only the tap stops, not the relay. */
static void on_time(void *context)
{
    struct wzp_relay_tap_file *f = context;
    struct wzp_error err = {0};
    if (f->ended || !write_some(f, &err))
        return;
    f->ended = true;
    wzp_log(&f->log, WZP_LOG_ERROR, "debug tap: %s; it ends here", err.text);
}

int wzp_relay_tap_open(struct wzp_relay_tap_file **out, struct wzp_loop *l, struct wzp_relay *relay,
                       const char *path, uint64_t limit, const struct wzp_log *log,
                       struct wzp_error *err)
{
    struct timespec wall;
    struct wzp_relay_tap_file *f = wzp_calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the debug tap");
    f->relay = relay;
    f->log = *log;
    f->limit = limit;
    clock_gettime(CLOCK_REALTIME, &wall);
    int result = 0;
    if (!wzp_text_copy(f->path, sizeof f->path, path))
        result = wzp_error_set(err, WZP_E_TOO_BIG, "the path of the debug tap is too long");
    if (!result &&
        (wzp_relay_tap_start(relay, (uint64_t)wall.tv_sec * WZP_SECOND + (uint64_t)wall.tv_nsec,
                             wzp_loop_now(l)) ||
         wzp_timer_start(&f->timer, l, STEP, STEP, on_time, f)))
        result = wzp_error_set(err, WZP_E_MEMORY, "not enough memory for the debug tap");
    if (!result)
        result = write_some(f, err);
    if (result) {
        f->ended = true;
        wzp_relay_tap_close(f);
    } else {
        *out = f;
    }
    return result;
}

void wzp_relay_tap_close(struct wzp_relay_tap_file *f)
{
    if (!f)
        return;
    wzp_timer_close(f->timer);
    on_time(f);
    wzp_free(f);
}
