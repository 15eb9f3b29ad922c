/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the phone knows about its own place in the network, from the registration on: the machine's
 * addresses, what the relay and STUN servers see, what kind of router is in front of us, a port
 * that the router opened. Everything is asked through the socket that media uses, and nothing of it
 * ever delays a call: an offer carries what is known. Source: wzp-protocol(7), Addresses, Race,
 * Moving. */
#ifndef WZP_PHONE_GROUND_H
#define WZP_PHONE_GROUND_H

#include "phone/internal.h"

/* Nothing is known. */
void wzp_ground_init(struct wzp_phone *p);
/* The machine's networks, and where our socket is bound (p->locals), may have changed. */
void wzp_ground_set_networks(struct wzp_phone *p, const struct wzp_networks *networks,
                             uint64_t now);
void wzp_ground_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                         uint64_t now);
/* Asks everybody anew. */
void wzp_ground_ask(struct wzp_phone *p, uint64_t now);
/* The same after a change of networks. The relay tells the address that it has validated, which at
 * first is the old one: it is asked a little later. */
void wzp_ground_moved(struct wzp_phone *p, uint64_t now);
/* The relay's answer. */
void wzp_ground_reflected(struct wzp_phone *p, const char *address, uint64_t now);
/* Until when an offer should wait for the first word about our own address, so that there is
 * anything to say; 0: not at all. At most 250 ms after the registration. */
uint64_t wzp_ground_awaited(const struct wzp_phone *p, uint64_t now);
/* A datagram that is not QUIC; true when it was for us. */
bool wzp_ground_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now);
void wzp_ground_work_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                          uint64_t now);
/* What an offer, answer or update of a call says; the call's counter goes up. Empty when the
 * settings say so. */
void wzp_ground_take(const struct wzp_phone *p, struct wzp_gather_counter *counter,
                     struct wzp_ground_texts *out);
/* What a peer of ours should know of our router. */
void wzp_ground_hint(const struct wzp_phone *p, struct wzp_nat_hint *out);
/* Gives the router its port back; false while it is not done. */
void wzp_ground_stop(struct wzp_phone *p, uint64_t now);
bool wzp_ground_stopped(const struct wzp_phone *p);

/* When its time comes. */
uint64_t wzp_ground_expiry(const struct wzp_phone *p);
/* True when what is known has changed and settled: the calls should be told. */
bool wzp_ground_expire(struct wzp_phone *p, uint64_t now);

#endif
