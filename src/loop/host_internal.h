/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Entries of struct wzp_host that are implemented in other files than host.c. Private to this
 * folder. context is a struct wzp_loop_place. */
#ifndef WZP_LOOP_HOST_INTERNAL_H
#define WZP_LOOP_HOST_INTERNAL_H

#include "loop/host.h"

static inline struct wzp_loop *wzp_loop_of(void *context)
{
    return ((struct wzp_loop_place *)context)->loop;
}
static inline struct wzp_space *wzp_space_of(void *context)
{
    return ((struct wzp_loop_place *)context)->space;
}

/* ---- host_audio.c ---- */
int wzp_loop_audio_open(void *context, struct wzp_host_audio **out,
                        const struct wzp_host_audio_options *options, struct wzp_error *err);
void wzp_loop_audio_stats(void *context, const struct wzp_host_audio *audio,
                          struct wzp_audio_stats *out);
int wzp_loop_audio_close(void *context, struct wzp_host_audio *audio);
int wzp_loop_audio_list(void *context,
                        void (*each)(void *owner, const char *name, const char *description,
                                     bool capture, bool playback),
                        void *owner, struct wzp_error *err);

/* ---- host_networks.c ---- */
void wzp_loop_networks(void *context, struct wzp_networks *out);
int wzp_loop_networks_watch(void *context, struct wzp_host_request **out,
                            void (*changed)(void *owner, uint64_t now), void *owner);
void wzp_loop_networks_unwatch(void *context, struct wzp_host_request *watch);

/* ---- host.c ---- */
int wzp_loop_work(void *context, void (*run)(void *owner), void (*done)(void *owner), void *owner);

/* ---- inquire.c ---- */
int wzp_loop_inquire(void *context, const struct wzp_inquiry *inquiry,
                     void (*tell)(void *owner, const struct wzp_finding *finding), void *owner);

/* ---- resolve.c ---- */
/* Resolves "host", "host:port", literals (also "fe80::1%eth0"). Calls done later (for literals
 * too), once, with up to 16 addresses in the system's order of preference, or with count 0 and an
 * error sentence. A malformed name is refused at once, and done is not called: WZP_E_SYNTAX,
 * WZP_E_RANGE, WZP_E_MEMORY, WZP_E_IO. */
int wzp_loop_resolve(void *context, struct wzp_host_request **out, const char *name,
                     uint16_t default_port,
                     void (*done)(void *owner, const struct wzp_addr *addrs, size_t count,
                                  const struct wzp_error *err),
                     void *owner, struct wzp_error *err);
void wzp_loop_resolve_cancel(void *context, struct wzp_host_request *request);

#endif
