/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two threads of one relay, without threads, and the way between them. */
#ifndef WZP_T_RELAY_LIB_THREADS_H
#define WZP_T_RELAY_LIB_THREADS_H

#include "lib_fake.h"

extern struct wzp_relay *threads[2];
extern bool threads_full[2];    /* nothing is taken from that one */
extern unsigned threads_passed; /* packets from one to the other */

void threads_begin(unsigned max_sessions);
void threads_end(void);
/* All letters that are under way, and what comes of them. */
void threads_deliver(uint64_t now);
/* The same, and the n-th allocation fails meanwhile. */
void threads_deliver_lacking(long n, uint64_t now);

#endif
