/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The usual setting of a scenario: Ann and Bob with their phones and a relay in one simulated
 * network, and a call between them with speech both ways. */
#ifndef WZP_T_SIM_LIB_STAGE_H
#define WZP_T_SIM_LIB_STAGE_H

#include "sim/actors.h"

#define STAGE_RELAY "10.0.0.1:4433"
#define STAGE_ANN "10.0.0.2:5000"
#define STAGE_BOB "10.0.0.3:5000"

/* Static in tests: recorded events are large. */
struct stage {
    struct wzp_sim *sim;
    struct wzp_sim_relay relay;
    struct wzp_sim_phone ann, bob;
    enum wzp_codec codec;    /* of Ann and Bob; set before stage_raise */
    bool ann_fine, bob_fine; /* see wzp_sim_phone_options; set before stage_raise */
    int16_t *speech;         /* owned; kept between stage_lower and stage_raise */
    size_t samples;
    wzp_session_id call, bobs; /* Ann's handle of their call, and Bob's */
};
/* Starts the relay and both phones; returns when they are registered. line (may be NULL) is the up-
 * and down-link of every phone. Bob answers automatically. Bails when that fails. */
void stage_raise(struct stage *s, uint64_t seed, const struct wzp_sim_link *line);
void stage_lower(struct stage *s);
/* Frees the speech. */
void stage_fini(struct stage *s);
/* Adds another phone with the identity of that seed at the stage's relay. */
void stage_add(struct stage *s, struct wzp_sim_phone *phone, const char *address, uint64_t seed,
               bool registered);
bool stage_wait_both(struct stage *s, enum wzp_event_type type, size_t count, uint64_t limit);
/* Ann calls Bob, both speak; true when both hear each other within the limit. False: there may be
 * no session on either side. */
bool stage_call(struct stage *s, uint64_t limit);
/* Lets time pass and returns how similar what the listener's loudspeaker played was to the speech
 * (0..1). The duration must be longer than the speech (6 s). */
double stage_listen(struct stage *s, struct wzp_sim_phone *listener, uint64_t duration);
/* By how many ms the longest silence that the listener heard, from that sample on, exceeds the
 * longest one of the speech itself. */
unsigned stage_extra_gap(const struct stage *s, const struct wzp_sim_phone *listener, size_t from);

#endif
