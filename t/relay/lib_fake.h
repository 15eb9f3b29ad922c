/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Stand-ins for clients, without QUIC: they count what the relay sends and keep the last messages.
 * For tests of the dispatcher and its state. */
#ifndef WZP_T_RELAY_LIB_FAKE_H
#define WZP_T_RELAY_LIB_FAKE_H

#include "base/random.h"
#include "relay/dispatch.h"
#include "relay/state.h"

struct fake {
    struct wzp_relay_client *client;
    struct wzp_addr address;
    unsigned sent;
    uint64_t bytes; /* sent to it in total */
    unsigned by_type[WZP_SIGNAL_COUNT + 1];
    char last[2048];       /* the last message, truncated */
    char earlier[2][2048]; /* the two before it, the newer first */
    char reason[128];      /* of the close */
    bool closed;
    uint64_t code;   /* of the close */
    int result;      /* what its send function returns */
    uint64_t heard;  /* what its `heard` returns: packets received from it */
    uint64_t steady; /* what its `steady` returns: time without a long pause, ns */
};

/* A relay with a fixed seed; NULL config: defaults. */
struct wzp_relay *fake_relay(const struct wzp_relay_config *config);
/* Opens a connection of the stand-in; *fake must not move afterwards. */
void fake_open(struct wzp_relay *r, struct fake *fake, const char *sni, uint64_t now);
/* The same from an address such as "192.0.2.7:1000". */
void fake_open_from(struct wzp_relay *r, struct fake *fake, const char *sni, const char *address,
                    uint64_t now);
void fake_gone(struct wzp_relay *r, struct fake *fake, uint64_t now);
void fake_send(struct wzp_relay *r, struct fake *fake, const char *text, uint64_t now);
/* The identity whose seed is all `seed` bytes. */
void fake_identity(struct wzp_identity *out, uint8_t seed);
/* The fingerprint of that identity; static memory, valid for two calls. */
const char *fake_name(uint8_t seed);
/* RegisterPresence of the identity whose seed is all `seed` bytes, with that class. True when
 * the ack says success. */
bool fake_register(struct wzp_relay *r, struct fake *fake, uint8_t seed,
                   enum wzp_registration_class standing, uint64_t now);
/* Opens a `_signal` connection (from that address) and registers as above. Bails when refused. */
void fake_come(struct wzp_relay *r, struct fake *fake, uint8_t seed,
               enum wzp_registration_class standing, uint64_t now);
void fake_come_from(struct wzp_relay *r, struct fake *fake, const char *address, uint8_t seed,
                    enum wzp_registration_class standing, uint64_t now);
/* Subscribes to the presence of the person of that seed. */
void fake_watch(struct wzp_relay *r, struct fake *fake, uint8_t seed, uint64_t now);
/* A check: the last message to `fake` is that the person of that seed has that presence state. */
void fake_is_told(const struct fake *fake, uint8_t seed, const char *state, const char *what);

#endif
