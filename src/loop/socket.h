/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A Unix socket on which programs of the same user exchange lines of text. Only that user may
 * connect (mode 0600, and the peer's user ID is checked). */
#ifndef WZP_LOOP_SOCKET_H
#define WZP_LOOP_SOCKET_H

#include "loop/loop.h"

#define WZP_SOCKET_LINE_MAX (64 * 1024) /* bytes; a peer with a longer line is disconnected */
/* Bytes that a peer has not read yet; beyond that it is disconnected. */
#define WZP_SOCKET_QUEUE_MAX (4 * 1024 * 1024)
#define WZP_SOCKET_PEERS_MAX 32

struct wzp_socket;
struct wzp_socket_peer;
struct wzp_socket_handlers {
    /* One whole line without its end. */
    void (*line)(void *context, struct wzp_socket_peer *peer, const char *line);
    /* The peer has disconnected, or is being disconnected: it must not be used any more. */
    void (*closed)(void *context, struct wzp_socket_peer *peer);
};
/* Listens at a path; folders of it that are missing are made (0700). A socket on which no process
 * listens is replaced. who: the kind of program that listens, for error sentences ("softphone").
 * WZP_E_DUPLICATE when a process listens there, WZP_E_REFUSED when the path is something else, or
 * the folder belongs to another user or is open to others, WZP_E_TOO_BIG (path), WZP_E_IO,
 * WZP_E_MEMORY, with a sentence. handlers outlive the socket. */
int wzp_socket_listen(struct wzp_socket **out, struct wzp_loop *l, const char *path,
                      const char *who, const struct wzp_socket_handlers *handlers, void *context,
                      struct wzp_error *err);
/* Disconnects all peers and removes the file; not from inside a handler. NULL is fine. */
void wzp_socket_close(struct wzp_socket *s);
/* Sends text, whole lines, as soon as the peer reads. WZP_E_LIMIT: the peer reads too slowly and
 * was disconnected (closed was called); WZP_E_MEMORY and WZP_E_CLOSED likewise. */
int wzp_socket_send(struct wzp_socket_peer *peer, const char *text, size_t length);
/* Storage of the peer for a pointer of the caller. */
void **wzp_socket_peer_data(struct wzp_socket_peer *peer);
/* Peer by index, NULL past the end. */
struct wzp_socket_peer *wzp_socket_peer(const struct wzp_socket *s, size_t i);

/* The client side, for short programs: connects and returns a blocking file descriptor,
 * WZP_E_NOT_FOUND when no process listens there, WZP_E_TIMEOUT when the listener does not accept
 * within 2 s, WZP_E_REFUSED, WZP_E_TOO_BIG, WZP_E_IO, with a sentence. */
int wzp_socket_connect(const char *path, const char *who, struct wzp_error *err);

#endif
