/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A namespace as the files of this room know it. Not for others. */
#ifndef WZP_LOOP_SPACE_INTERNAL_H
#define WZP_LOOP_SPACE_INTERNAL_H

#include "loop/internal.h"
#include "loop/space.h"

struct wzp_space {
    struct wzp_loop_item item;
    struct wzp_loop *loop;
    struct wzp_loop_place place; /* of the host that is there */
    struct wzp_host files;
    struct wzp_networks *networks; /* as seen there last, NULL: never */
    int fd;
    char path[40];
    bool closing;
    int tunnel; /* -1: none */
    uv_poll_t poll;
    void (*receive)(void *context, const uint8_t *packet, size_t length);
    void *context;
};

/* For threads that may outlive the space: a descriptor of it to enter by, and to close;
 * WZP_SPACE_NOWHERE for NULL, -1 when there is none to be had. */
int wzp_space_dup(const struct wzp_space *space);
int wzp_space_enter_fd(int fd);

#endif
