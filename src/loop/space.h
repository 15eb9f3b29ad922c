/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Machines of their own within this one: network namespaces (network_namespaces(7)) that only this
 * process holds. They have no names, so they are gone with it, whatever ends it. In each, programs
 * can be run that set it up, a softphone or relay of this process can have its sockets, and a
 * tunnel device (TUN) leads out of it: packets that are sent there come here. Needs the rights
 * CAP_SYS_ADMIN and CAP_NET_ADMIN, which root has. */
#ifndef WZP_LOOP_SPACE_H
#define WZP_LOOP_SPACE_H

#include "loop/host.h"

#define WZP_SPACE_PACKET_MAX 2048 /* bytes of IP; longer ones do not leave it */

struct wzp_space;

/* A namespace with its loopback up and nothing else. WZP_E_REFUSED (no right to), WZP_E_UNSUPPORTED
 * (the kernel has none), WZP_E_MEMORY, WZP_E_IO, with a sentence. */
int wzp_space_new(struct wzp_space **out, struct wzp_loop *l, struct wzp_error *err);
/* What has sockets in it was closed before. NULL is fine. */
void wzp_space_free(struct wzp_space *space);

/* The calling thread is there from now on; -1: it could not go. What comes back is for leave, which
 * ends the process when there is no way back: whatever it opened later would be in the wrong place.
 * space NULL: nothing happens. */
int wzp_space_enter(const struct wzp_space *space);
void wzp_space_leave(int way_back);
#define WZP_SPACE_NOWHERE (-2) /* what enter gives for NULL */

/* A path that names it to programs of iproute2 ("netns PATH"), as long as it is there. */
const char *wzp_space_path(const struct wzp_space *space);
/* Runs a program of the system in it (argv, NULL at the end; no shell) with that text as its input,
 * and waits for it, 10 s at most. WZP_E_NOT_FOUND, WZP_E_IO with what it complained of. */
int wzp_space_run(struct wzp_space *space, const char *const *argv, const char *input,
                  struct wzp_error *err);
/* Sets a variable of its network, "ipv4/ip_forward" (/proc/sys/net). WZP_E_IO. */
int wzp_space_set(struct wzp_space *space, const char *variable, const char *value,
                  struct wzp_error *err);
/* Makes its tunnel device of that name, down and without addresses; what leaves by it is handed to
 * receive. One per space. WZP_E_STATE, WZP_E_UNSUPPORTED, WZP_E_IO. */
int wzp_space_tunnel(struct wzp_space *space, const char *name,
                     void (*receive)(void *context, const uint8_t *packet, size_t length),
                     void *context, struct wzp_error *err);
/* Puts a packet into it by its tunnel; dropped when the kernel has no room. */
void wzp_space_send(struct wzp_space *space, const uint8_t *packet, size_t length);
/* Its address translation forgets every flow. WZP_E_UNSUPPORTED: this kernel cannot be asked to. */
int wzp_space_forget_flows(struct wzp_space *space);
/* The host of a softphone or relay that is there; files keeps its files, and outlives it. One per
 * space. */
void wzp_space_host(struct wzp_host *out, struct wzp_space *space, const struct wzp_host *files,
                    const struct wzp_log *log);

#endif
