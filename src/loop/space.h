/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A space: a network namespace (network_namespaces(7)) that only this process holds, so that it is
 * a machine of its own. It has no name, so it ends with the process, whatever ends that. Programs
 * can be run in it to configure it, a softphone or relay of this process can have its sockets in
 * it, and a tunnel device (TUN) leads out of it: packets sent to the device come to this process.
 * Needs the rights CAP_SYS_ADMIN and CAP_NET_ADMIN, which root has. */
#ifndef WZP_LOOP_SPACE_H
#define WZP_LOOP_SPACE_H

#include "loop/host.h"

#define WZP_SPACE_PACKET_MAX 2048 /* bytes of an IP packet; longer ones are dropped */

struct wzp_space;

/* Makes a namespace with its loopback up and nothing else. WZP_E_REFUSED (missing rights),
 * WZP_E_UNSUPPORTED (the kernel has none), WZP_E_MEMORY, WZP_E_IO, with a sentence. */
int wzp_space_new(struct wzp_space **out, struct wzp_loop *l, struct wzp_error *err);
/* Everything with sockets in it must be closed before. NULL is fine. */
void wzp_space_free(struct wzp_space *space);

/* Moves the calling thread into the namespace; -1: failed. The result is passed to leave, which
 * moves it back, and ends the process when that fails: whatever it opened later would be in the
 * wrong namespace. space NULL: nothing happens. */
int wzp_space_enter(const struct wzp_space *space);
void wzp_space_leave(int way_back);
#define WZP_SPACE_NOWHERE (-2) /* what enter returns for NULL */

/* A path that names the namespace to programs of iproute2 ("netns PATH"); valid as long as it
 * exists. */
const char *wzp_space_path(const struct wzp_space *space);
/* Runs a system program in the namespace (argv, NULL at the end; no shell) with `input` as its
 * standard input, and waits for it, 10 s at most. WZP_E_NOT_FOUND, WZP_E_IO with its error
 * output. */
int wzp_space_run(struct wzp_space *space, const char *const *argv, const char *input,
                  struct wzp_error *err);
/* Sets a sysctl of its network, such as "ipv4/ip_forward" (/proc/sys/net). WZP_E_IO. */
int wzp_space_set(struct wzp_space *space, const char *variable, const char *value,
                  struct wzp_error *err);
/* Makes its tunnel device, down and without addresses; packets that leave by it are passed to
 * receive. One per space. WZP_E_STATE, WZP_E_UNSUPPORTED, WZP_E_IO. */
int wzp_space_tunnel(struct wzp_space *space, const char *name,
                     void (*receive)(void *context, const uint8_t *packet, size_t length),
                     void *context, struct wzp_error *err);
/* Sends a packet into the namespace through its tunnel; dropped when the kernel has no room. */
void wzp_space_send(struct wzp_space *space, const uint8_t *packet, size_t length);
/* Makes its NAT forget every flow (conntrack). WZP_E_UNSUPPORTED: the kernel cannot do that. */
int wzp_space_forget_flows(struct wzp_space *space);
/* The host of a softphone or relay in the namespace; `files` keeps its files and outlives it. One
 * per space. */
void wzp_space_host(struct wzp_host *out, struct wzp_space *space, const struct wzp_host *files,
                    const struct wzp_log *log);

#endif
