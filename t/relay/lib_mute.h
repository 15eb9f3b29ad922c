/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A client link without QUIC (struct wzp_relay_link) that discards what it is given, for fuzz
 * harnesses and benchmarks (which include lib_mute.c). Tests that look at what was sent use
 * lib_fake.h. */
#ifndef WZP_T_RELAY_LIB_MUTE_H
#define WZP_T_RELAY_LIB_MUTE_H

#include "relay/state.h"

/* Aborts when the text is not `length` bytes long. */
int mute_send(void *at, const char *text, size_t length, uint64_t now);
/* Aborts when the reason is longer than a relay's reasons may be. */
void mute_close(void *at, uint64_t code, const char *reason, bool flush, uint64_t now);
/* The remote address is 192.0.2.1:1000. */
void mute_path(const void *at, struct wzp_addr *local, struct wzp_addr *remote);
/* All ones. */
int mute_export_key(const void *at, uint8_t out[32], const char *label);
uint64_t mute_heard(const void *at);

extern const struct wzp_relay_link mute_link;

#endif
