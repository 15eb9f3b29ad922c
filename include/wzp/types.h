/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The types that all public headers and all folders of the source share: results and error
 * sentences, addresses, time, logging, randomness, codecs, sizes of texts, packets and the four
 * functions of a driver. Needs nothing but this folder and the system. */
#ifndef WZP_TYPES_H
#define WZP_TYPES_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the version of this interface ---- */

#define WZP_VERSION_MAJOR 0
#define WZP_VERSION_MINOR 1
#define WZP_VERSION_PATCH 0
/* The number in the shared library's name: it rises when programs must be compiled anew. */
#define WZP_ABI 0

/* "0.1.0", the version of the library that is loaded, static; the macros tell the version that the
 * program was compiled with. */
const char *wzp_library_version(void);

/* ---- results and sentences ---- */

/* X-macro: name, number, words. Numbers are stable: scripts and logs may show them. */
#define WZP_ERROR_TABLE(X)                                                                         \
    X(WZP_E_MEMORY, -1, "out of memory")                                                           \
    X(WZP_E_ARGUMENT, -2, "invalid argument")                                                      \
    X(WZP_E_SHORT, -3, "too short: bytes are missing")                                             \
    X(WZP_E_SYNTAX, -4, "malformed input")                                                         \
    X(WZP_E_RANGE, -5, "value out of range")                                                       \
    X(WZP_E_LIMIT, -6, "limit reached")                                                            \
    X(WZP_E_UNKNOWN, -7, "unknown kind or name")                                                   \
    X(WZP_E_DUPLICATE, -8, "already there")                                                        \
    X(WZP_E_NOT_FOUND, -9, "not found")                                                            \
    X(WZP_E_STATE, -10, "not possible in this state")                                              \
    X(WZP_E_AGAIN, -11, "not now, try again later")                                                \
    X(WZP_E_CLOSED, -12, "closed")                                                                 \
    X(WZP_E_TIMEOUT, -13, "timed out")                                                             \
    X(WZP_E_REFUSED, -14, "refused")                                                               \
    X(WZP_E_CRYPTO, -15, "cryptographic check failed")                                             \
    X(WZP_E_REPLAY, -16, "replayed or too old")                                                    \
    X(WZP_E_TOO_BIG, -17, "too big")                                                               \
    X(WZP_E_UNSUPPORTED, -18, "not supported")                                                     \
    X(WZP_E_NETWORK, -19, "network error")                                                         \
    X(WZP_E_PROTOCOL, -20, "protocol violation")                                                   \
    X(WZP_E_IO, -21, "input/output error")                                                         \
    X(WZP_E_DEVICE, -22, "audio device error")                                                     \
    X(WZP_E_INTERNAL, -23, "internal error")

enum {
#define WZP_ERROR_ENUM(name, number, words) name = (number),
    WZP_ERROR_TABLE(WZP_ERROR_ENUM)
#undef WZP_ERROR_ENUM
};

/* Longest sentence kept, with its final 0. */
#define WZP_ERROR_TEXT_MAX 240

/* An error with a sentence for people. Owned by the caller; all zero means "no error". */
struct wzp_error {
    int code;                      /* a WZP_E_* */
    char text[WZP_ERROR_TEXT_MAX]; /* one sentence without line end: what and where */
};

/* Words for a code; never NULL, static. 0 gives "ok". */
const char *wzp_strerror(int code);

/* ---- memory that changes its owner ---- */

/* For memory that an embedder's host hands to the library; like malloc, NULL when out of memory. */
void *wzp_alloc(size_t size);
/* Releases memory that the library made for its caller, and memory from wzp_alloc. NULL is fine. */
void wzp_free(void *block);

/* ---- time: nanoseconds of a monotonic clock, whose zero is arbitrary ---- */

#define WZP_MICROSECOND UINT64_C(1000)
#define WZP_MILLISECOND UINT64_C(1000000)
#define WZP_SECOND UINT64_C(1000000000)

/* What an expiry function returns when no timer is set. */
#define WZP_NEVER UINT64_MAX

/* ---- addresses ---- */

/* "[v6]:65535" with scope and final 0. */
#define WZP_ADDR_TEXT_MAX 72

/* An IPv4 or IPv6 address with port, or nothing (family AF_UNSPEC). All-zero is "nothing". */
struct wzp_addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } u;
    socklen_t length; /* of the sockaddr in use, 0 for nothing */
};

/* From a sockaddr; IPv4-mapped IPv6 becomes IPv4. WZP_E_UNSUPPORTED for other families. */
int wzp_addr_from_sockaddr(struct wzp_addr *out, const struct sockaddr *sa, socklen_t length);
/* Parses strictly "a.b.c.d:port" or "[v6]:port", the form used in protocol messages: no names, no
 * leading zeros. WZP_E_SYNTAX, WZP_E_RANGE. */
int wzp_addr_parse(struct wzp_addr *out, const char *text, size_t length);
/* Writes the address in that form, with final 0, or "" for nothing; out holds WZP_ADDR_TEXT_MAX.
 * Returns out. */
const char *wzp_addr_format(char *out, const struct wzp_addr *addr);

/* ---- provided by the host ---- */

/* A source of random bytes. fill must not fail. The struct is copied by value; context must outlive
 * the copies. */
struct wzp_random {
    void (*fill)(void *context, void *out, size_t length);
    void *context;
};

enum wzp_log_level { WZP_LOG_ERROR, WZP_LOG_WARN, WZP_LOG_INFO, WZP_LOG_DEBUG };

#define WZP_LOG_LINE_MAX 512

/* A log sink; copied by value. write NULL = no log. line has no line end and is safe to show on a
 * terminal. */
struct wzp_log {
    void (*write)(void *context, enum wzp_log_level level, const char *line);
    void *context;
    enum wzp_log_level level; /* less important lines are not even formatted */
};

/* ---- packets and drivers ---- */

#define WZP_PACKET_MAX 1452 /* bytes, the largest UDP payload we send */

/* `length` bytes in `data`: consecutive UDP payloads of `segment` bytes each (the last may be
 * shorter) to one remote address. They go out with one sendmsg with UDP_SEGMENT, or several. */
struct wzp_packet {
    struct wzp_addr local, remote;
    uint8_t *data;   /* in: caller's buffer */
    size_t capacity; /* in: at least WZP_PACKET_MAX; up to 64 KiB to allow several segments */
    size_t length;
    size_t segment;
    uint8_t ecn; /* the ECN bits of RFC 3168 */
};

/* The four functions by which a driver (a loop with sockets and timers) runs a sans-I/O object (a
 * phone, a relay). receive: a UDP payload arrived at local from remote. expiry: when handle_expiry
 * is to be called next, WZP_NEVER when no timer is set. next_packet: 1 with a packet, 0 when there
 * is nothing to send now; the driver calls it until it returns 0, after every batch of receives,
 * after handle_expiry and after commands to the object. None of them fails. */
struct wzp_driver {
    void *object;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    uint64_t (*expiry)(const void *object);
    void (*handle_expiry)(void *object, uint64_t now);
    int (*next_packet)(void *object, struct wzp_packet *out, uint64_t now);
};

/* ---- sizes; those of texts count the final 0 ---- */

#define WZP_SEED_SIZE 32
#define WZP_FINGERPRINT_TEXT_MAX 40     /* 8 groups of 4 digits with ':' */
#define WZP_TLS_FINGERPRINT_TEXT_MAX 96 /* of a certificate: 32 pairs with ':' */
#define WZP_CERTIFICATE_HASH_SIZE 32    /* SHA-256 of the DER */
#define WZP_ALIAS_MAX 64
#define WZP_RELAY_TEXT_MAX 272  /* "host:port" as typed, lower case */
#define WZP_ROOM_TEXT_MAX 254   /* a room's name, which is sent as the TLS SNI */
#define WZP_E2E_SAS_TEXT_MAX 16 /* "0547-1281-1633" */

/* ---- protocol constants ---- */

enum wzp_codec {
    WZP_CODEC_OPUS_24K = 0,
    WZP_CODEC_OPUS_16K = 1,
    WZP_CODEC_OPUS_6K = 2,
    WZP_CODEC_CODEC2_3200 = 3,
    WZP_CODEC_CODEC2_1200 = 4,
    WZP_CODEC_COMFORT_NOISE = 5,
    WZP_CODEC_OPUS_32K = 6,
    WZP_CODEC_OPUS_48K = 7,
    WZP_CODEC_OPUS_64K = 8,
    WZP_CODEC_COUNT = 9 /* ids from here on are invalid on the wire */
};

/* Whether somebody is registered, as our relay tells it. */
enum wzp_presence {
    WZP_PRESENCE_UNKNOWN, /* the relay does not tell, or was not asked */
    WZP_PRESENCE_OFFLINE, /* not registered, or hidden */
    WZP_PRESENCE_ONLINE,
    WZP_PRESENCE_UNPROVEN /* registered without proof of that identity */
};

/* The result of comparing a relay's certificate with the pinned one. */
enum wzp_pin_verdict {
    WZP_PIN_NEW,     /* no certificate was pinned for this relay: it is stored */
    WZP_PIN_MATCH,   /* same certificate */
    WZP_PIN_UPDATED, /* certificate changed, same proven identity: accepted and updated */
    /* the certificate changed, or came with another identity: stop and ask the person; not
     * stored */
    WZP_PIN_MISMATCH
};

#ifdef __cplusplus
}
#endif

#endif
