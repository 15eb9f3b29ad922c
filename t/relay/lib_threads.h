/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two relay objects that act as two threads of one relay, in one real thread, and the queue of
 * letters (messages between threads, see relay/threads.h) between them. */
#ifndef WZP_T_RELAY_LIB_THREADS_H
#define WZP_T_RELAY_LIB_THREADS_H

#include "lib_fake.h"

extern struct wzp_relay *threads[2];
extern bool threads_full[2];    /* the queue accepts no letters from that thread */
extern unsigned threads_passed; /* packets handed over from one thread to the other */

void threads_begin(unsigned max_sessions);
void threads_end(void);
/* Delivers all letters in the queue, and those sent in response. */
void threads_deliver(uint64_t now);
/* The same while the n-th allocation fails. */
void threads_deliver_lacking(long n, uint64_t now);

#endif
