/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Connections of the phone: dialling with a purpose, signals on them, and the callbacks of the QUIC
 * endpoint handed to whoever owns the connection. Source: wire.md 1.3, 1.10. */
#ifndef WZP_PHONE_LINK_H
#define WZP_PHONE_LINK_H

#include "phone/internal.h"

/* Dials place under the name sni for owner. WZP_E_LIMIT, WZP_E_MEMORY, WZP_E_ARGUMENT. */
int wzp_link_open(struct wzp_link **out, struct wzp_phone *p, enum wzp_link_kind kind,
                  const struct wzp_relay_place *place, const char *sni, void *owner, uint64_t now);
/* The owner turns away: nothing more is heard of this connection, which is closed with code 0
 * and the reason (flush: after what is queued). *link becomes NULL; it may be NULL before. */
void wzp_link_drop(struct wzp_link **link, const char *reason, bool flush, uint64_t now);
/* Writes and sends one signal. WZP_E_STATE when the link is closed; else as wzp_signal_write and
 * wzp_quic_conn_send_signal. */
int wzp_link_send(struct wzp_link *link, const struct wzp_signal *signal, uint64_t now);
/* Frees the links that are closed. */
void wzp_link_reap(struct wzp_phone *p);
/* What the endpoint calls; its owner is the phone. */
struct wzp_quic_callbacks wzp_link_callbacks(void);

#endif
