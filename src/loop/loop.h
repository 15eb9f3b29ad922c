/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The real world: libuv loop, UDP sockets with recvmmsg/sendmmsg and GSO, timers, names, files,
 * clocks and randomness. It drives any sans-I/O object (a phone, a relay) through struct
 * wzp_driver; sim/ is the other driver of the same objects. One loop = one thread. */
#ifndef WZP_LOOP_LOOP_H
#define WZP_LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "base/packet.h"
#include "wzp/loop.h"

/* CLOCK_MONOTONIC, ns, read anew. */
uint64_t wzp_loop_now(const struct wzp_loop *l);
uint64_t wzp_thread_time(void);            /* ns of processor time this thread has taken */
uint64_t wzp_wall_ms(void);                /* ms since 1970 */
struct wzp_random wzp_system_random(void); /* getrandom */

/* ---- UDP ---- */
struct wzp_udp;
/* Opens and binds sockets. addr none or NULL: an IPv4 and (where available) an IPv6 socket on one
 * free port. addr "[::]:port": the same on that port. Any other: only that address; port 0: a free
 * port. When bound to a wildcard address (0.0.0.0, ::), the driver's receive is told which of the
 * host's addresses a packet came to, and a packet that names such an address as local is sent from
 * it. Packets are never fragmented; socket buffers are large where the system allows. Nothing is
 * read before wzp_udp_attach. WZP_E_NETWORK with a sentence, WZP_E_MEMORY, WZP_E_IO. */
int wzp_udp_open(struct wzp_udp **out, struct wzp_loop *l, const struct wzp_addr *addr,
                 struct wzp_error *err);
/* May be called from inside the driver, which is not called again. NULL is fine. Packets that are
 * queued but not sent yet are lost. */
void wzp_udp_close(struct wzp_udp *u);
/* The object to drive; its expiry is watched, its packets are sent after every batch of receives,
 * expiry, and wzp_udp_kick. */
void wzp_udp_attach(struct wzp_udp *u, const struct wzp_driver *driver);
/* To be called after commands were given to the object: sends its packets and sets its timer anew.
 * From inside the driver this happens when the driver returns. */
void wzp_udp_kick(struct wzp_udp *u);
/* While many packets arrive (5000 a second), the sockets of this loop may let its thread sleep for
 * up to 0.2 ms, so that it receives several at once. For a relay, which does nothing else on this
 * thread: sound and screens would have to wait. */
void wzp_loop_gather(struct wzp_loop *l);
/* From now on reports (not from inside the driver) when the system learns, by ICMP, that packets to
 * an address cannot be delivered: WZP_E_REFUSED, port unreachable; WZP_E_NETWORK, no route. Not for
 * servers: forged ICMP messages would cost a system call each. */
void wzp_udp_on_unreachable(struct wzp_udp *u,
                            void (*unreachable)(void *owner, const struct wzp_addr *remote,
                                                int code, uint64_t now),
                            void *owner);
/* Opens one more IPv4 socket for the same object, on a free port, for some seconds; as port_more
 * and port_less of wzp/host.h. WZP_E_LIMIT, WZP_E_NETWORK, WZP_E_MEMORY, WZP_E_IO. */
int wzp_udp_more(struct wzp_udp *u, struct wzp_addr *out);
/* Closes such a socket; packets queued for it are lost. Does nothing when `local` is not one of
 * them. */
void wzp_udp_less(struct wzp_udp *u, const struct wzp_addr *local);
/* Local address of the socket of a family (AF_INET, AF_INET6); the empty address when there is no
 * such socket. */
struct wzp_addr wzp_udp_local(const struct wzp_udp *u, int family);
/* Counters since wzp_udp_open. packets: UDP payloads; batches: system calls; gso_sends: several
 * payloads handed over as one; send_errors: what the kernel refused (too big, no route, filtered)
 * or what has no socket of its family; truncated: received, but longer than any packet of ours. */
struct wzp_udp_stats {
    uint64_t packets_in, packets_out, batches_in, batches_out, gso_sends, send_errors, truncated;
};
/* A copy of the counters. */
void wzp_udp_stats(const struct wzp_udp *u, struct wzp_udp_stats *out);

/* ---- timers, signals, wake-ups ---- */
struct wzp_timer;
/* Calls back after delay, then every `repeat` ns when repeat > 0, until closed (also from its own
 * callback). Precise to what the kernel's timers are, not to milliseconds. A late loop makes one
 * call for several missed expiries. WZP_E_MEMORY, WZP_E_IO. */
int wzp_timer_start(struct wzp_timer **out, struct wzp_loop *l, uint64_t delay, uint64_t repeat,
                    void (*fire)(void *context), void *context);
/* Also from inside fire; NULL is fine. */
void wzp_timer_close(struct wzp_timer *t);
/* Process signals (SIGINT, SIGTERM, ...). WZP_E_MEMORY, WZP_E_IO, WZP_E_ARGUMENT (a signal nobody
 * can catch). */
struct wzp_signal_watch;
int wzp_signal_watch_start(struct wzp_signal_watch **out, struct wzp_loop *l, int number,
                           void (*fire)(void *context, int number), void *context);
/* Also from inside fire; NULL is fine. */
void wzp_signal_watch_close(struct wzp_signal_watch *w);
/* A wake-up of the loop that any thread may trigger ("ring", uv_async): wzp_audio_options.wake
 * calls it. Several rings before the loop handles them count as one. Close it after the other
 * thread ended. */
struct wzp_wake;
/* WZP_E_MEMORY, WZP_E_IO. fire is called on the loop's thread. */
int wzp_wake_new(struct wzp_wake **out, struct wzp_loop *l, void (*fire)(void *context),
                 void *context);
void wzp_wake_ring(struct wzp_wake *w); /* any thread, lock-free */
/* From the loop's thread; NULL is fine. */
void wzp_wake_close(struct wzp_wake *w);
/* Lines of standard input (or any fd, which stays the caller's): whole lines without their end, up
 * to WZP_LINES_MAX bytes, the rest of a longer one is dropped; line NULL = end, once. The fd's
 * flags are left alone. WZP_E_ARGUMENT (no such fd), WZP_E_MEMORY, WZP_E_IO. */
#define WZP_LINES_MAX 1024
struct wzp_lines;
int wzp_lines_start(struct wzp_lines **out, struct wzp_loop *l, int fd,
                    void (*line)(void *context, const char *line), void *context);
/* Also from inside line; NULL is fine. */
void wzp_lines_close(struct wzp_lines *r);

#endif
