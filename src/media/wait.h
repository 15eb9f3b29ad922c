/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* How long should playout wait for redundancy? Counts, for lost frames that a later packet can
 * rebuild, how long playout must wait for that packet, and weighs what each further step of delay
 * would rebuild against what the delay costs. The network's jitter is separate (delay.h). Pure
 * arithmetic. Source: ITU-T G.107 for the weights. */
#ifndef WZP_MEDIA_WAIT_H
#define WZP_MEDIA_WAIT_H

#define WZP_WAIT_STEP_MS 20
#define WZP_WAIT_STEPS 10

/* All zero is the initial state. */
struct wzp_wait {
    /* Share of frames that need a wait of (i + 1) steps: over the last seconds (fast) and over the
     * last half minute (slow). */
    float fast[WZP_WAIT_STEPS], slow[WZP_WAIT_STEPS];
    unsigned frames; /* seen, up to the memory */
    unsigned steps;  /* chosen */
};

/* `count` frames (received or lost) went by. */
void wzp_wait_frames(struct wzp_wait *w, unsigned count);
/* What it is worth to have a lost frame in time. LIKENESS: it is rebuilt approximately (DRED).
 * WHOLE: it is recovered exactly. SPEECH: it is recovered exactly, and so long after the last
 * packet that concealment has faded out. */
enum wzp_wait_worth { WZP_WAIT_LIKENESS, WZP_WAIT_WHOLE, WZP_WAIT_SPEECH };
/* One frame was lost and can be rebuilt by a packet that came `wait_ms` after the frame's own
 * time. */
void wzp_wait_rescue(struct wzp_wait *w, unsigned wait_ms, enum wzp_wait_worth worth);
/* The wait that is worth its delay, in ms; 0 = no wait is. */
unsigned wzp_wait_ms(struct wzp_wait *w);

#endif
