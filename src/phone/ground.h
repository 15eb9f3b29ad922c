/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The ground is the phone's own network situation, learnt from the registration on: the machine's
 * addresses, the reflexive addresses that the relay and STUN servers see, the type of the NAT, and
 * a port that the router forwards to us. Everything is asked through the socket that media uses. No
 * call waits for it longer than wzp_ground_awaited says: an offer carries what is known. Source:
 * wzp-protocol(7), Addresses, Race, Moving. */
#ifndef WZP_PHONE_GROUND_H
#define WZP_PHONE_GROUND_H

#include "phone/internal.h"

/* Initial state: nothing is known. */
void wzp_ground_init(struct wzp_phone *p);
/* The machine's networks, and where our socket is bound (p->locals), may have changed. */
void wzp_ground_set_networks(struct wzp_phone *p, const struct wzp_networks *networks,
                             uint64_t now);
void wzp_ground_set_stun(struct wzp_phone *p, const struct wzp_addr *servers, size_t count,
                         uint64_t now);
/* Asks the relay and the STUN servers again. */
void wzp_ground_ask(struct wzp_phone *p, uint64_t now);
/* The same after a change of networks. The relay is asked a little later, because it reports only
 * an address that it has validated, which at first is still the old one. */
void wzp_ground_moved(struct wzp_phone *p, uint64_t now);
/* Takes the relay's answer, our address as it sees it. */
void wzp_ground_reflected(struct wzp_phone *p, const char *address, uint64_t now);
/* Until when an offer should wait for the first answer about our own address, without which it has
 * nothing to announce; 0: not at all. At most 250 ms after the registration. */
uint64_t wzp_ground_awaited(const struct wzp_phone *p, uint64_t now);
/* Takes a datagram that is not QUIC; true when it belonged to one of our questions. */
bool wzp_ground_receive(struct wzp_phone *p, const struct wzp_addr *remote, const uint8_t *data,
                        size_t length, uint64_t now);
void wzp_ground_work_done(struct wzp_phone *p, const struct wzp_portmap_work_result *done,
                          uint64_t now);
/* The candidates for an offer, answer or update of a call; counts the call's generation up. Empty
 * when the settings demand the relay. */
void wzp_ground_take(const struct wzp_phone *p, struct wzp_gather_counter *counter,
                     struct wzp_ground_texts *out);
/* What a peer of ours is told about our NAT. */
void wzp_ground_hint(const struct wzp_phone *p, struct wzp_nat_hint *out);
/* Removes the port mapping from the router; stopped is false until that is done. */
void wzp_ground_stop(struct wzp_phone *p, uint64_t now);
bool wzp_ground_stopped(const struct wzp_phone *p);

/* The next deadline, WZP_NEVER for none. */
uint64_t wzp_ground_expiry(const struct wzp_phone *p);
/* The work that is due. True when our candidates have changed and settled: the calls should be
 * told. */
bool wzp_ground_expire(struct wzp_phone *p, uint64_t now);

#endif
