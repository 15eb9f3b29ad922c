/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Definition of struct wzp_space. Private to this folder. */
#ifndef WZP_LOOP_SPACE_INTERNAL_H
#define WZP_LOOP_SPACE_INTERNAL_H

#include "loop/internal.h"
#include "loop/space.h"

struct wzp_space {
    struct wzp_loop_item item;
    struct wzp_loop *loop;
    struct wzp_loop_place place; /* of the host in this namespace */
    struct wzp_host files;
    struct wzp_networks *networks; /* as last seen in it; NULL: never */
    int fd;
    char path[40];
    bool closing;
    int tunnel; /* -1: none */
    uv_poll_t poll;
    void (*receive)(void *context, const uint8_t *packet, size_t length);
    void *context;
};

/* For threads that may outlive the space: duplicates the descriptor to enter by, which the caller
 * closes. WZP_SPACE_NOWHERE for NULL, -1 on failure. */
int wzp_space_dup(const struct wzp_space *space);
int wzp_space_enter_fd(int fd);

#endif
