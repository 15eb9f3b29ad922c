/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The usual cast of a scenario: Ann and Bob with their phones and a relay, in one simulated
 * network; and a call between them with speech both ways. */
#ifndef WZP_T_SIM_LIB_STAGE_H
#define WZP_T_SIM_LIB_STAGE_H

#include "sim/actors.h"

#define STAGE_RELAY "10.0.0.1:4433"
#define STAGE_ANN "10.0.0.2:5000"
#define STAGE_BOB "10.0.0.3:5000"

/* Static in tests: diaries are large. */
struct stage {
    struct wzp_sim *sim;
    struct wzp_sim_relay relay;
    struct wzp_sim_phone ann, bob;
    enum wzp_codec codec; /* of Ann and Bob; set it before the curtain rises */
    bool ann_fine, bob_fine; /* see wzp_sim_phone_options; likewise */
    int16_t *speech;      /* owned; kept from one curtain to the next */
    size_t samples;
    wzp_session_id call, bobs; /* Ann's handle of their call, and Bob's */
};
/* Relay and both phones, registered; line (may be NULL) is every phone's up- and down-link. Bob
 * answers. Bails when it cannot be done. */
void stage_raise(struct stage *s, uint64_t seed, const struct wzp_sim_link *line);
void stage_lower(struct stage *s);
/* The speech goes too. */
void stage_fini(struct stage *s);
/* Another phone with that identity, registered at the stage's relay. */
void stage_add(struct stage *s, struct wzp_sim_phone *phone, const char *address, uint64_t seed,
               bool registered);
bool stage_wait_both(struct stage *s, enum wzp_event_type type, size_t count, uint64_t limit);
/* Ann calls Bob, both speak; true when both hear each other within the limit. False: there may be
 * no session on either side. */
bool stage_call(struct stage *s, uint64_t limit);
/* Lets time pass and says how alike Ann's loudspeaker and the speech were in it (0..1). The
 * duration is longer than the speech (6 s). */
double stage_listen(struct stage *s, struct wzp_sim_phone *listener, uint64_t duration);
/* By how many ms the longest silence that the phone heard from that sample on is longer than the
 * speech's own. */
unsigned stage_extra_gap(const struct stage *s, const struct wzp_sim_phone *listener, size_t from);

#endif
