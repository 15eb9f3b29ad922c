/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Threads side by side, each with a loop of its own, that share nothing and send each other
 * messages: one ring for each pair and direction, one producer, one consumer, no lock. */
#ifndef WZP_LOOP_CREW_H
#define WZP_LOOP_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

#define WZP_CREW_MAX 64
#define WZP_CREW_MAIL_MAX 2000  /* bytes of one piece of mail */
#define WZP_CREW_MAIL_SLOTS 256 /* that may wait for each pair */

struct wzp_crew;
/* A crew of `count` members. Number 0 is the caller's thread with its loop `first`; the others get
 * loops of their own, which do not run yet and are the caller's to fill meanwhile. UDP addresses
 * that are opened on any of these loops from now on are shared by all that open them: packets go to
 * the thread whose number their QUIC connection ID names (modulo count), where the kernel can tell,
 * provided that they were opened in the order of the numbers. WZP_E_MEMORY, WZP_E_IO. */
int wzp_crew_new(struct wzp_crew **out, struct wzp_loop *first, unsigned count,
                 struct wzp_error *err);
struct wzp_loop *wzp_crew_loop(const struct wzp_crew *crew, unsigned number);
/* Who takes the mail of a member, on its thread. Before the start. */
void wzp_crew_on_mail(struct wzp_crew *crew, unsigned number,
                      void (*take)(void *context, unsigned from, const void *data, size_t length),
                      void *context);
/* Lets the others run. WZP_E_IO, WZP_E_MEMORY (those that run already go on). */
int wzp_crew_start(struct wzp_crew *crew, struct wzp_error *err);
/* From the thread of member `from`. False: too long, or too much waits already. The data are
 * `first` and behind them `second`, which may be empty. */
bool wzp_crew_send(struct wzp_crew *crew, unsigned from, unsigned to, const void *first,
                   size_t first_length, const void *second, size_t second_length);
/* Ends the others' loops and waits for their threads; what they had on them may then be freed from
 * the caller's thread. Mail that waits is lost, and what is sent afterwards is not taken. */
void wzp_crew_stop(struct wzp_crew *crew);
/* After wzp_crew_stop, before `first` is freed: frees the others' loops. NULL is fine. */
void wzp_crew_free(struct wzp_crew *crew);

#endif
