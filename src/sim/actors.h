/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* People and relays of a simulated network: a relay with its identity; a phone with a virtual sound
 * card (a clock of its own that may drift), a voice to speak, a recording of what it hears, and a
 * diary of its events. Scenarios are written with these. */
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
    struct wzp_sim_directory *directory; /* that it shares with others, or NULL */
    struct wzp_sim_directory_seat *seat;
};
/* The identity of a seed; the same all over this world. The caller wipes it. */
void wzp_sim_identity(struct wzp_identity *out, uint64_t seed);
/* Starts a relay at `address`; the seed makes its identity. config NULL = default. WZP_E_*. */
int wzp_sim_relay_start(struct wzp_sim_relay *r, struct wzp_sim *sim, const char *address,
                        uint64_t seed, const struct wzp_relay_config *config);
/* The same for one that shares a directory; config->directory must name one. */
int wzp_sim_relay_start_in(struct wzp_sim_relay *r, struct wzp_sim_directory *directory,
                           struct wzp_sim *sim, const char *address, uint64_t seed,
                           const struct wzp_relay_config *config);
/* Crash: gone without a word. Start again with wzp_sim_relay_restart (same identity, empty memory).
 */
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
    bool echoes; /* what is heard of the last incoming call is said again */
    struct wzp_echo echo;
    struct wzp_sim_card card;
    bool recording;             /* what the card plays is kept */
    bool asleep;                /* the card stands still: nothing is captured, nothing played */
    struct wzp_sim_timer clock; /* of the card; rings while there is something to play or answer */
    uint64_t clock_from;        /* and one card's period later, and so on */
    uint16_t port;
    bool own_host, direct;
    struct wzp_sim_more more; /* ports of a search */
    size_t most_ports;        /* that were open at once */
    /* A machine that sleeps: the phone's clock stands still, what comes is lost. */
    bool sleeps;
    uint64_t slept_at, lag; /* lag: ns by which the phone's clock is behind */
    /* A machine that is busy with something else: what comes waits in the socket. */
    bool stalls;
    struct wzp_sim_waiting *waiting, **waiting_end;
};
struct wzp_sim_phone_options {
    const char *address; /* "10.0.0.2:5000" */
    /* who has that address; NULL: a new host on the internet, with these lines */
    struct wzp_sim_host *host;
    const struct wzp_sim_link *up, *down;
    uint64_t seed; /* identity */
    const char *alias;
    const struct wzp_sim_relay *relay; /* to register at or join rooms on */
    double drift_ppm;                  /* sound card against virtual time */
    bool fine; /* speech is coded as in life; otherwise with the least computing, without DRED */
    enum wzp_e2e_policy e2e;
    bool echo;
    enum wzp_codec codec;
    /* Direct paths: it may give its addresses to peers, knows its host's networks (and hears when
     * they change), is bound to all addresses of the host, and asks these STUN servers. */
    bool direct, portmap, port_search;
    const char *stun[4];
};
/* Makes a phone and plugs it in; registers when `registered`. Stop with wzp_sim_phone_stop, also
 * after an error. */
int wzp_sim_phone_start(struct wzp_sim_phone *p, struct wzp_sim *sim,
                        const struct wzp_sim_phone_options *options, bool registered);
void wzp_sim_phone_stop(struct wzp_sim_phone *p);
/* Commands that also send what follows from them. 0 or WZP_E_*. */
int wzp_sim_phone_call(struct wzp_sim_phone *p, wzp_session_id *session,
                       const struct wzp_sim_phone *peer);
int wzp_sim_phone_join(struct wzp_sim_phone *p, wzp_session_id *session, const char *room);
int wzp_sim_phone_hangup(struct wzp_sim_phone *p, wzp_session_id session);
/* Its machine sleeps: no time passes for it, and packets to it are lost. */
void wzp_sim_phone_sleep(struct wzp_sim_phone *p);
/* And wakes, and tells its programs. */
void wzp_sim_phone_wake(struct wzp_sim_phone *p);
/* Its machine has no time for it: nothing is read and nothing sent until it has again. Its sound
 * card stands still meanwhile. */
void wzp_sim_phone_stall(struct wzp_sim_phone *p);
/* It has again: as in any loop the timers come first, then what waits in the socket. */
void wzp_sim_phone_resume(struct wzp_sim_phone *p);
/* The phone's own time: for commands that take one, when it may have slept. */
uint64_t wzp_sim_phone_now(const struct wzp_sim_phone *p);
/* After any other wzp_phone_* command on p->phone. */
void wzp_sim_phone_kick(struct wzp_sim_phone *p);
/* Latest diary entry of a type (session 0 = any), NULL when there is none. */
const struct wzp_event *wzp_sim_phone_find(const struct wzp_sim_phone *p, enum wzp_event_type type,
                                           wzp_session_id session);
size_t wzp_sim_phone_count(const struct wzp_sim_phone *p, enum wzp_event_type type);
/* Runs until an event of that type is in the diary (after `count` of them) or the limit passed. */
bool wzp_sim_phone_wait(struct wzp_sim_phone *p, enum wzp_event_type type, size_t count,
                        uint64_t limit);

#endif
