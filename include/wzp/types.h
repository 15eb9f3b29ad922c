/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The words that all public headers share, and all rooms inside with them: results and sentences,
 * addresses, time, logging, randomness, codecs, sizes of texts, packets and the four calls of a
 * driver. Needs nothing but this folder and the system. */
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
/* The number in the name of the shared library: it rises when programs must be compiled anew. */
#define WZP_ABI 0

/* "0.1.0" of the library that runs, static; the macros are of the one that was compiled with. */
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

/* A failure that a person reads. Caller owned; all zero means "no error". */
struct wzp_error {
    int code;                      /* a WZP_E_* */
    char text[WZP_ERROR_TEXT_MAX]; /* one sentence without line end: what and where */
};

/* Words for a code; never NULL, static. 0 gives "ok". */
const char *wzp_strerror(int code);

/* ---- memory that changes hands ---- */

/* What a host of the embedder's makes for the library; as malloc, NULL when memory lacks. */
void *wzp_alloc(size_t size);
/* Releases what the library made for its caller, and what wzp_alloc gave. NULL is fine. */
void wzp_free(void *block);

/* ---- time: nanoseconds of a monotonic clock whose origin nobody may assume ---- */

#define WZP_MICROSECOND UINT64_C(1000)
#define WZP_MILLISECOND UINT64_C(1000000)
#define WZP_SECOND UINT64_C(1000000000)

/* "No appointment": what an expiry function returns when nothing is due. */
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

/* From the kernel's form; IPv4-mapped becomes IPv4. WZP_E_UNSUPPORTED for other families. */
int wzp_addr_from_sockaddr(struct wzp_addr *out, const struct sockaddr *sa, socklen_t length);
/* Strict "a.b.c.d:port" or "[v6]:port", as the wire has it: no names, no leading zeros.
 * WZP_E_SYNTAX, WZP_E_RANGE. */
int wzp_addr_parse(struct wzp_addr *out, const char *text, size_t length);
/* Writes the wire spelling, with final 0; out holds WZP_ADDR_TEXT_MAX. Nothing is "". Returns
 * out. */
const char *wzp_addr_format(char *out, const struct wzp_addr *addr);

/* ---- what the host lends ---- */

/* A source of random bytes. fill must not fail. The struct is copied by value; context belongs
 * to whoever made it. */
struct wzp_random {
    void (*fill)(void *context, void *out, size_t length);
    void *context;
};

enum wzp_log_level { WZP_LOG_ERROR, WZP_LOG_WARN, WZP_LOG_INFO, WZP_LOG_DEBUG };

#define WZP_LOG_LINE_MAX 512

/* A sink; copied by value. write NULL = silent. line has no line end and is safe to show. */
struct wzp_log {
    void (*write)(void *context, enum wzp_log_level level, const char *line);
    void *context;
    enum wzp_log_level level; /* lines above it are not even formatted */
};

/* ---- packets and drivers ---- */

#define WZP_PACKET_MAX 1452 /* bytes, the largest UDP payload we send */

/* `length` bytes in `data` that form UDP payloads of `segment` bytes each (the last may be shorter)
 * to one peer: one sendmsg with UDP_SEGMENT, or several. */
struct wzp_packet {
    struct wzp_addr local, remote;
    uint8_t *data;   /* in: caller's buffer */
    size_t capacity; /* in: at least WZP_PACKET_MAX; up to 64 KiB to allow several segments */
    size_t length;
    size_t segment;
    uint8_t ecn; /* the two bits of RFC 3168 */
};

/* The four calls of a sans-I/O object (a phone, a relay) as its drivers hold it. local is the
 * address a payload came to, remote where from. expiry: when handle_expiry wants to be called next,
 * WZP_NEVER for no appointment. next_packet: 1 with a packet, 0 when there is nothing to send now;
 * it is called until 0 after every batch of receives, after handle_expiry and after commands to the
 * object. None of them fails. */
struct wzp_driver {
    void *object;
    void (*receive)(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now);
    uint64_t (*expiry)(const void *object);
    void (*handle_expiry)(void *object, uint64_t now);
    int (*next_packet)(void *object, struct wzp_packet *out, uint64_t now);
};

/* ---- sizes; texts with their final 0 ---- */

#define WZP_SEED_SIZE 32
#define WZP_FINGERPRINT_TEXT_MAX 40     /* 8 groups of 4 digits with ':' */
#define WZP_TLS_FINGERPRINT_TEXT_MAX 96 /* of a certificate: 32 pairs with ':' */
#define WZP_CERTIFICATE_HASH_SIZE 32    /* SHA-256 of the DER */
#define WZP_ALIAS_MAX 64
#define WZP_RELAY_TEXT_MAX 272  /* "host:port" as typed, lower case */
#define WZP_ROOM_TEXT_MAX 254   /* a room's name, which travels as an SNI */
#define WZP_E2E_SAS_TEXT_MAX 16 /* "0547-1281-1633" */

/* ---- words of the protocol ---- */

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

/* Is somebody registered? As our relay tells it. */
enum wzp_presence {
    WZP_PRESENCE_UNKNOWN, /* it does not tell, or is not asked */
    WZP_PRESENCE_OFFLINE, /* nobody that may be seen */
    WZP_PRESENCE_ONLINE,
    WZP_PRESENCE_UNPROVEN /* somebody who did not prove to be that person */
};

/* What a relay's certificate is to us. */
enum wzp_pin_verdict {
    WZP_PIN_NEW,     /* unknown relay: stored */
    WZP_PIN_MATCH,   /* same certificate */
    WZP_PIN_UPDATED, /* certificate changed, same proven identity: accepted and updated */
    WZP_PIN_MISMATCH /* certificate changed, or another identity on it: stop and ask; not stored */
};

#ifdef __cplusplus
}
#endif

#endif
