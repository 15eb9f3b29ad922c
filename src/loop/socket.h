/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A socket in the file system where programs of the same person talk in lines. Only that person
 * gets in (mode 0600, and the other side's user is asked for). */
#ifndef WZP_LOOP_SOCKET_H
#define WZP_LOOP_SOCKET_H

#include "loop/loop.h"

#define WZP_SOCKET_LINE_MAX (64 * 1024) /* bytes of a line; who sends longer ones is sent away */
/* Bytes not read yet by a peer; then it is sent away. */
#define WZP_SOCKET_QUEUE_MAX (4 * 1024 * 1024)
#define WZP_SOCKET_PEERS_MAX 32

struct wzp_socket;
struct wzp_socket_peer;
struct wzp_socket_handlers {
    /* One whole line without its end. */
    void (*line)(void *context, struct wzp_socket_peer *peer, const char *line);
    /* The peer is gone, or is being sent away: it must not be used any more. */
    void (*closed)(void *context, struct wzp_socket_peer *peer);
};
/* Listens at a path; folders of it that are missing are made (0700). A socket that nobody answers
 * at is replaced. who: the kind of program that listens there, as sentences say it ("softphone").
 * WZP_E_DUPLICATE when somebody does, WZP_E_REFUSED when something else is there, or the folder is
 * another's or open to others, WZP_E_TOO_BIG (path), WZP_E_IO, WZP_E_MEMORY, with a sentence.
 * handlers outlive the socket. */
int wzp_socket_listen(struct wzp_socket **out, struct wzp_loop *l, const char *path,
                      const char *who, const struct wzp_socket_handlers *handlers, void *context,
                      struct wzp_error *err);
/* Sends everybody away and removes the file; not from inside a handler. NULL is fine. */
void wzp_socket_close(struct wzp_socket *s);
/* Sends text, whole lines, as soon as the peer reads. WZP_E_LIMIT: it reads too slowly and is sent
 * away (closed was called), WZP_E_MEMORY, WZP_E_CLOSED the same. */
int wzp_socket_send(struct wzp_socket_peer *peer, const char *text, size_t length);
/* The peer's place for whatever the caller keeps of it. */
void **wzp_socket_peer_data(struct wzp_socket_peer *peer);
/* Peer by place, NULL past the end. */
struct wzp_socket_peer *wzp_socket_peer(const struct wzp_socket *s, size_t i);

/* The other side, for short programs: connects and returns a blocking file, WZP_E_NOT_FOUND when
 * nobody listens there, WZP_E_TIMEOUT when who listens takes nobody in for 2 s, WZP_E_REFUSED,
 * WZP_E_TOO_BIG, WZP_E_IO, with a sentence. */
int wzp_socket_connect(const char *path, const char *who, struct wzp_error *err);

#endif
