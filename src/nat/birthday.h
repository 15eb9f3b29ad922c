/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The birthday search finds a port pair for a direct path when one side's NAT gives every
 * destination a random port (the hard side) and the other side's NAT gives one port to all (the
 * easy side). The hard side opens many sockets, each of which sends one question to the other's
 * address; the easy side sends questions to random ports of the hard side. By the birthday paradox
 * two of them meet after a second or more. Between our own programs only, in the background, never
 * on a metered network or against the user's wish; the call meanwhile goes over the relay. Source:
 * wzp-protocol(7), Addresses.
 *
 * With 256 ports open and 1200 questions to 64512 ports the chance is 1 - (1 - 256/64512)^1200 =
 * 99.1 %. */
#ifndef WZP_NAT_BIRTHDAY_H
#define WZP_NAT_BIRTHDAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "nat/predict.h"
#include "nat/punch.h"

#define WZP_BIRTHDAY_SOCKETS 256 /* of the hard side */
#define WZP_BIRTHDAY_PROBES 1200 /* of the easy side; with the others' below 1500 */
#define WZP_BIRTHDAY_PORT_MIN 1024
#define WZP_BIRTHDAY_TIME (10 * WZP_SECOND)
#define WZP_BIRTHDAY_SPACING (7 * WZP_MILLISECOND)        /* between questions of the easy side */
#define WZP_BIRTHDAY_SOCKET_SPACING (2 * WZP_MILLISECOND) /* between sockets of the hard one */
#define WZP_BIRTHDAY_ANSWERS 8                            /* sent at most per side */

enum wzp_birthday_side { WZP_BIRTHDAY_NO, WZP_BIRTHDAY_EASY, WZP_BIRTHDAY_HARD };
enum wzp_birthday_state {
    WZP_BIRTHDAY_IDLE,
    WZP_BIRTHDAY_SEARCHING,
    WZP_BIRTHDAY_FOUND,
    WZP_BIRTHDAY_GIVEN_UP
};

/* Which side we are: both must be willing, and exactly one NAT hard and random. */
enum wzp_birthday_side wzp_birthday_side_of(const struct wzp_nat_hint *own,
                                            const struct wzp_nat_hint *peer);

struct wzp_birthday {
    enum wzp_birthday_side side;
    enum wzp_birthday_state state;
    struct wzp_random random;
    struct wzp_punch_key key;
    bool dialer;          /* our punches are marked as the dialer's */
    struct wzp_addr peer; /* its reflexive address; only the hard side uses the port */
    uint64_t started, next_at;
    unsigned sent, answers;
    uint8_t tried[65536 / 8]; /* ports that were asked already */
    struct wzp_addr found;    /* the peer's address that works */
    unsigned found_socket;    /* the hard side's socket that works */
    struct wzp_addr reply_to; /* an answer that is due */
    unsigned reply_socket;
    struct wzp_punch reply;
    bool reply_due;
};

/* Begins at now. The host opens WZP_BIRTHDAY_SOCKETS sockets for the hard side (fewer are fine:
 * what cannot be opened is skipped) and closes all but found_socket at the end. */
void wzp_birthday_start(struct wzp_birthday *b, enum wzp_birthday_side side,
                        const struct wzp_punch_key *key, bool dialer, const struct wzp_addr *peer,
                        const struct wzp_random *random, uint64_t now);
/* 1 with a datagram for out->remote; *socket is the number of the socket it leaves from (0..255;
 * the easy side uses its one shared socket, number 0). */
int wzp_birthday_next_packet(struct wzp_birthday *b, struct wzp_packet *out, unsigned *socket,
                             uint64_t now);
/* Takes a punch that came in on this socket. True when it was the peer's and of this search. */
bool wzp_birthday_receive(struct wzp_birthday *b, unsigned socket, const struct wzp_addr *remote,
                          const uint8_t *data, size_t length, uint64_t now);
uint64_t wzp_birthday_expiry(const struct wzp_birthday *b);
void wzp_birthday_handle_expiry(struct wzp_birthday *b, uint64_t now);
/* Ends the search: nothing is sent any more. */
void wzp_birthday_stop(struct wzp_birthday *b);

#endif
