/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The QUIC connections of the phone, each for an owner: opening them, signals on them, and the
 * owner's table of functions, by which the owner learns what happens on its connection. Source:
 * wzp-protocol(7), Names, Closing. */
#ifndef WZP_PHONE_LINK_H
#define WZP_PHONE_LINK_H

#include "phone/internal.h"

/* The callbacks of a connection's owner; members may be NULL. The owner may drop the link inside
 * any of them. After `closed` the link is gone. */
struct wzp_link_calls {
    const char *name;   /* for logs: "registration", "media", ... */
    uint64_t rtt_guess; /* before it is measured, ns; 0: the usual */
    void (*connected)(void *owner, struct wzp_link *link, uint64_t now);
    void (*signal)(void *owner, struct wzp_link *link, const struct wzp_signal *signal,
                   uint64_t now);
    void (*datagram)(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                     uint64_t now);
    void (*uni)(void *owner, struct wzp_link *link, const uint8_t *data, size_t length,
                uint64_t now);
    void (*closed)(void *owner, struct wzp_link *link, const struct wzp_quic_close *why,
                   uint64_t now);
};

/* Dials an address under the name sni for owner. WZP_E_LIMIT, WZP_E_MEMORY, WZP_E_ARGUMENT. */
int wzp_link_open(struct wzp_link **out, struct wzp_phone *p, const struct wzp_link_calls *calls,
                  void *owner, const struct wzp_addr *local, const struct wzp_addr *remote,
                  const char *sni, uint64_t now);
/* The same for a connection that a peer opened to us. */
int wzp_link_adopt(struct wzp_link **out, struct wzp_phone *p, const struct wzp_link_calls *calls,
                   void *owner, struct wzp_quic_conn *conn);
/* The owner gives the connection up: it is closed with code 0 and the reason (flush: after what is
 * queued), and the owner hears nothing more of it. *link becomes NULL; it may be NULL before. */
void wzp_link_drop(struct wzp_link **link, const char *reason, bool flush, uint64_t now);
/* Writes and sends one signal. WZP_E_STATE when the link is closed; else as wzp_signal_write and
 * wzp_quic_conn_send_signal. */
int wzp_link_send(struct wzp_link *link, const struct wzp_signal *signal, uint64_t now);
/* Frees the links that are closed; all: also the others, whose endpoint is gone. */
void wzp_link_reap(struct wzp_phone *p, bool all);
/* The endpoint's callbacks; their owner argument is the phone. */
struct wzp_quic_callbacks wzp_link_callbacks(void);

#endif
