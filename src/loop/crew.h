/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A crew: several threads, each with its own event loop, that share no state and send each other
 * messages ("mail"). Each ordered pair of threads has a lock-free single-producer single-consumer
 * ring. */
#ifndef WZP_LOOP_CREW_H
#define WZP_LOOP_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

#define WZP_CREW_MAX 64
#define WZP_CREW_MAIL_MAX 2000  /* bytes of one message */
#define WZP_CREW_MAIL_SLOTS 256 /* messages that may wait per pair and direction */

struct wzp_crew;
/* A crew of `count` members. Number 0 is the caller's thread with its loop `first`; the others get
 * loops of their own, which do not run yet, so that the caller can set them up first. UDP addresses
 * that are opened on these loops from now on are shared by all loops that open them (SO_REUSEPORT):
 * where the kernel supports it, a packet goes to the thread whose number its QUIC connection ID
 * names (modulo count), provided that the sockets were opened in the order of the numbers.
 * WZP_E_MEMORY, WZP_E_IO. */
int wzp_crew_new(struct wzp_crew **out, struct wzp_loop *first, unsigned count,
                 struct wzp_error *err);
struct wzp_loop *wzp_crew_loop(const struct wzp_crew *crew, unsigned number);
/* Sets the function that receives a member's messages, on that member's thread. Call it before the
 * start. */
void wzp_crew_on_mail(struct wzp_crew *crew, unsigned number,
                      void (*take)(void *context, unsigned from, const void *data, size_t length),
                      void *context);
/* Starts the other members' threads. WZP_E_IO, WZP_E_MEMORY (threads that already run go on). */
int wzp_crew_start(struct wzp_crew *crew, struct wzp_error *err);
/* Sends a message; call it on the thread of member `from`. False: the message is too long, or the
 * ring is full. The data are `first` and behind them `second`, which may be empty. */
bool wzp_crew_send(struct wzp_crew *crew, unsigned from, unsigned to, const void *first,
                   size_t first_length, const void *second, size_t second_length);
/* Ends the other members' loops and joins their threads; what lived on those loops may then be
 * freed from the caller's thread. Waiting messages are lost, and later ones are not accepted. */
void wzp_crew_stop(struct wzp_crew *crew);
/* Frees the other members' loops: after wzp_crew_stop, and before `first` is freed. NULL is
 * fine. */
void wzp_crew_free(struct wzp_crew *crew);

#endif
