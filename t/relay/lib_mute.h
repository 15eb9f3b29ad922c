/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A link without QUIC to somebody who keeps nothing and says nothing, for fuzz harnesses and
 * benchmarks (which include lib_mute.c); tests that look at what was sent have lib_fake.h. */
#ifndef WZP_T_RELAY_LIB_MUTE_H
#define WZP_T_RELAY_LIB_MUTE_H

#include "relay/state.h"

/* Aborts when the text does not end where it is said to. */
int mute_send(void *at, const char *text, size_t length, uint64_t now);
/* Aborts when the reason is longer than the relay's are. */
void mute_close(void *at, uint64_t code, const char *reason, bool flush, uint64_t now);
/* 192.0.2.1:1000 */
void mute_path(const void *at, struct wzp_addr *local, struct wzp_addr *remote);
/* All ones. */
int mute_export_key(const void *at, uint8_t out[32], const char *label);
uint64_t mute_heard(const void *at);

extern const struct wzp_relay_link mute_link;

#endif
