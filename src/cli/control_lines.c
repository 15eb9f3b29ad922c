/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/control_lines.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "loop/socket.h"

#define REQUEST_MAX (60 * 1024) /* less than the longest line that the server reads */

int wzp_control_lines_open(struct wzp_control_lines *r, int fd, const struct wzp_operands *words,
                           int patience)
{
    struct wzp_buffer b;
    struct wzp_json j;
    *r = (struct wzp_control_lines){.fd = fd, .patience = patience};
    wzp_buffer_init(&r->in, WZP_SOCKET_QUEUE_MAX);
    wzp_buffer_init(&b, REQUEST_MAX);
    wzp_json_init(&j, &b);
    wzp_json_object_begin(&j, NULL);
    wzp_json_text(&j, "command", words->items[0]);
    wzp_json_array_begin(&j, "arguments");
    for (size_t i = 1; i < words->count; i++)
        wzp_json_text(&j, NULL, words->items[i]);
    wzp_json_array_end(&j);
    wzp_json_object_end(&j);
    wzp_buffer_char(&b, '\n');
    bool sent = wzp_json_finish(&j) == 0 && b.result == 0 &&
                send(fd, b.text, b.length, MSG_NOSIGNAL) == (ssize_t)b.length;
    wzp_buffer_fini(&b);
    return sent ? 0 : WZP_E_IO;
}

char *wzp_control_line(struct wzp_control_lines *r)
{
    size_t looked = r->used; /* bytes before this hold no line end */
    for (;;) {
        char *end = memchr(r->in.text + looked, '\n', r->in.length - looked);
        if (end) {
            char *line = r->in.text + r->used;
            *end = '\0';
            r->used = (size_t)(end - r->in.text) + 1;
            return line;
        }
        if (r->used > 0) {
            r->in.length -= r->used;
            memmove(r->in.text, r->in.text + r->used, r->in.length);
            r->used = 0;
        }
        looked = r->in.length;
        struct pollfd p = {.fd = r->fd, .events = POLLIN};
        int ready = poll(&p, 1, r->patience);
        if (ready < 0 && errno == EINTR)
            continue;
        char bytes[4096];
        ssize_t n = ready > 0 ? read(r->fd, bytes, sizeof bytes) : -1;
        if (n <= 0 || r->in.result)
            return NULL;
        wzp_buffer_add(&r->in, bytes, (size_t)n);
    }
}

void wzp_control_lines_close(struct wzp_control_lines *r)
{
    wzp_buffer_fini(&r->in);
    close(r->fd);
}
