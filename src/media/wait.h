/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What does waiting for redundancy pay? Counts, for frames that were lost and that a later packet
 * can rebuild, how long playout must wait for that packet; and weighs what each further step of
 * delay would rebuild against what the delay costs. Apart from the network's jitter, which is
 * delay.h's. Pure arithmetic. Source: ITU-T G.107 for the weights. */
#ifndef WZP_MEDIA_WAIT_H
#define WZP_MEDIA_WAIT_H

#define WZP_WAIT_STEP_MS 20
#define WZP_WAIT_STEPS 10

/* All zero is the initial state. */
struct wzp_wait {
    /* Share of frames that need a wait of (i + 1) steps: of the last seconds, of the last half
     * minute. */
    float fast[WZP_WAIT_STEPS], slow[WZP_WAIT_STEPS];
    unsigned frames; /* seen, up to the memory */
    unsigned steps;  /* chosen */
};

/* `count` frames (received or lost) went by. */
void wzp_wait_frames(struct wzp_wait *w, unsigned count);
/* What a lost frame that can be had in time is worth: rebuilt to a likeness; as it was; as it was,
 * and so long after the last one that came that concealment has nothing to say any more. */
enum wzp_wait_worth { WZP_WAIT_LIKENESS, WZP_WAIT_WHOLE, WZP_WAIT_SPEECH };
/* One of them was lost and can be rebuilt by a packet that came `wait_ms` after its own time. */
void wzp_wait_rescue(struct wzp_wait *w, unsigned wait_ms, enum wzp_wait_worth worth);
/* The wait that pays, in ms; 0 = none does. */
unsigned wzp_wait_ms(struct wzp_wait *w);

#endif
