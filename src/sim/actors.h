/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Phones and relays of a simulated network, for test scenarios: a relay with its identity; a phone
 * with a virtual sound card (its own clock may drift), a voice signal as microphone input, a
 * recording of what it plays, and a log of its events (its "diary"). */
#ifndef WZP_SIM_ACTORS_H
#define WZP_SIM_ACTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/identity.h"
#include "crypto/pins.h"
#include "phone/echo.h"
#include "sim/card.h"
#include "sim/directory.h"
#include "sim/more.h"
#include "sim/network.h"
#include "wzp/app.h"
#include "wzp/relay.h"

#define WZP_SIM_DIARY_MAX 256

struct wzp_sim_relay {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_relay *relay;
    struct wzp_relay_config config;
    struct wzp_identity identity;
    char address[WZP_ADDR_TEXT_MAX];
    struct wzp_sim_directory *directory; /* directory shared with other relays, or NULL */
    struct wzp_sim_directory_seat *seat;
};
/* The identity of a seed; every use of a seed in the simulation gives the same one. The caller
 * wipes it. */
void wzp_sim_identity(struct wzp_identity *out, uint64_t seed);
/* Starts a relay at `address`; the seed makes its identity. config NULL = default. WZP_E_*. */
int wzp_sim_relay_start(struct wzp_sim_relay *r, struct wzp_sim *sim, const char *address,
                        uint64_t seed, const struct wzp_relay_config *config);
/* The same for one that shares a directory; config->directory must name one. */
int wzp_sim_relay_start_in(struct wzp_sim_relay *r, struct wzp_sim_directory *directory,
                           struct wzp_sim *sim, const char *address, uint64_t seed,
                           const struct wzp_relay_config *config);
/* Crash: the relay disappears without sending anything. wzp_sim_relay_restart starts it again (same
 * identity, empty memory). */
void wzp_sim_relay_crash(struct wzp_sim_relay *r);
int wzp_sim_relay_restart(struct wzp_sim_relay *r);
void wzp_sim_relay_stop(struct wzp_sim_relay *r);

struct wzp_sim_phone {
    struct wzp_sim *sim;
    struct wzp_sim_host *host;
    struct wzp_phone *phone;
    struct wzp_listener listener;
    struct wzp_identity identity;
    struct wzp_pins pins;
    struct wzp_event *diary[WZP_SIM_DIARY_MAX]; /* copies */
    size_t diary_count;
    wzp_session_id last_incoming;
    bool auto_answer; /* accept every call */
    bool answer_due;
    bool echoes; /* sends the sound of the last incoming call back */
    struct wzp_echo echo;
    struct wzp_sim_card card;
    bool recording;             /* what the card plays is kept */
    bool asleep;                /* the card is stopped: nothing is captured or played */
    struct wzp_sim_timer clock; /* of the card; runs while there is something to play or answer */
    uint64_t clock_from;        /* the clock ticks then, and every period of the card */
    uint16_t port;
    bool own_host, direct;
    struct wzp_sim_more more; /* ports of a port search (NAT traversal) */
    size_t most_ports;        /* that were open at once */
    /* A suspended machine: the phone's clock stands still, arriving packets are lost. */
    bool sleeps;
    uint64_t slept_at, lag; /* lag: ns by which the phone's clock is behind */
    /* A stalled machine: arriving packets wait in the socket. */
    bool stalls;
    struct wzp_sim_waiting *waiting, **waiting_end;
};
struct wzp_sim_phone_options {
    const char *address; /* "10.0.0.2:5000" */
    /* the host with that address; NULL: a new host on the internet, with these lines */
    struct wzp_sim_host *host;
    const struct wzp_sim_link *up, *down;
    uint64_t seed; /* identity */
    const char *alias;
    const struct wzp_sim_relay *relay; /* the relay to register with or join rooms on */
    double drift_ppm;                  /* drift of the sound card against virtual time */
    bool fine; /* encode as in production; otherwise with low complexity and without DRED */
    enum wzp_e2e_policy e2e;
    bool echo;
    enum wzp_codec codec;
    /* For direct paths: the phone may send its addresses to peers, knows its host's networks (and
     * is told of changes), is bound to all addresses of the host, and asks these STUN servers. */
    bool direct, portmap, port_search;
    const char *stun[4];
};
/* Makes a phone and connects it to the network; registers when `registered`. Stop with
 * wzp_sim_phone_stop, also after an error. */
int wzp_sim_phone_start(struct wzp_sim_phone *p, struct wzp_sim *sim,
                        const struct wzp_sim_phone_options *options, bool registered);
void wzp_sim_phone_stop(struct wzp_sim_phone *p);
/* Give a command to the phone, and let it send the resulting packets. 0 or WZP_E_*. */
int wzp_sim_phone_call(struct wzp_sim_phone *p, wzp_session_id *session,
                       const struct wzp_sim_phone *peer);
int wzp_sim_phone_join(struct wzp_sim_phone *p, wzp_session_id *session, const char *room);
int wzp_sim_phone_hangup(struct wzp_sim_phone *p, wzp_session_id session);
/* Suspends its machine: no time passes for it, and packets to it are lost. */
void wzp_sim_phone_sleep(struct wzp_sim_phone *p);
/* Resumes a suspended machine, and tells the phone. */
void wzp_sim_phone_wake(struct wzp_sim_phone *p);
/* Stalls the phone: its process gets no CPU time, so nothing is read or sent until
 * wzp_sim_phone_resume. Its sound card stands still meanwhile. */
void wzp_sim_phone_stall(struct wzp_sim_phone *p);
/* Ends the stall: as in any event loop the timers run first, then waiting packets are read. */
void wzp_sim_phone_resume(struct wzp_sim_phone *p);
/* The phone's own time: for commands that take one, when it may have slept. */
uint64_t wzp_sim_phone_now(const struct wzp_sim_phone *p);
/* To be called after any other wzp_phone_* command on p->phone, to send its packets. */
void wzp_sim_phone_kick(struct wzp_sim_phone *p);
/* Latest diary entry of a type (session 0 = any), NULL when there is none. */
const struct wzp_event *wzp_sim_phone_find(const struct wzp_sim_phone *p, enum wzp_event_type type,
                                           wzp_session_id session);
size_t wzp_sim_phone_count(const struct wzp_sim_phone *p, enum wzp_event_type type);
/* Runs until the diary holds more than `count` events of that type, or the limit has passed. */
bool wzp_sim_phone_wait(struct wzp_sim_phone *p, enum wzp_event_type type, size_t count,
                        uint64_t limit);

#endif
