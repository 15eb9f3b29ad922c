/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* STUN Binding (RFC 8489), only what the network uses: a bare request, and the address in the
 * answer. Source: wzp-protocol(7), STUN. */
#ifndef WZP_NAT_STUN_H
#define WZP_NAT_STUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/random.h"

#define WZP_STUN_HEADER_SIZE 20
#define WZP_STUN_ID_SIZE 12
#define WZP_STUN_COOKIE UINT32_C(0x2112A442)
#define WZP_STUN_PORT 3478
#define WZP_STUN_RESPONSE_MAX 44 /* header and one XOR-MAPPED-ADDRESS of IPv6 */
#define WZP_STUN_WISH_MAX 44     /* the longest request with attributes */

/* The servers asked when the settings name none. */
#define WZP_STUN_SERVERS 3
extern const char *const wzp_stun_servers[WZP_STUN_SERVERS];

/* Why there is no valid answer (wzp-protocol(7), STUN). */
enum wzp_stun_error {
    WZP_STUN_OK,
    WZP_STUN_IO, /* text */
    WZP_STUN_TIMEOUT,
    WZP_STUN_MALFORMED,      /* text */
    WZP_STUN_MISMATCH,       /* another transaction */
    WZP_STUN_ERROR_RESPONSE, /* number */
    WZP_STUN_NO_ADDRESS,
    WZP_STUN_DNS, /* text */
};
/* A sentence in out (with final 0, cut to capacity). text and number as the kind needs them. */
void wzp_stun_error_text(char *out, size_t capacity, enum wzp_stun_error kind, const char *text,
                         unsigned number);

struct wzp_stun_answer {
    struct wzp_addr mapped;
    struct wzp_addr other; /* OTHER-ADDRESS (RFC 5780 7.4), none when the server has only one */
    unsigned error_code;   /* WZP_STUN_ERROR_RESPONSE: 300..699, 0 when it was not readable */
    const char *malformed; /* WZP_STUN_MALFORMED: what was wrong; static */
};

/* Fresh transaction id. */
void wzp_stun_id(uint8_t id[WZP_STUN_ID_SIZE], const struct wzp_random *random);
/* A request without attributes: exactly WZP_STUN_HEADER_SIZE bytes. */
void wzp_stun_write_request(uint8_t out[WZP_STUN_HEADER_SIZE], const uint8_t id[WZP_STUN_ID_SIZE]);
/* A request as long as the longest answer: relays of ours do not send an answer that is longer than
 * the request. Exactly WZP_STUN_RESPONSE_MAX bytes, filled with a SOFTWARE attribute. */
void wzp_stun_write_padded_request(uint8_t out[WZP_STUN_RESPONSE_MAX],
                                   const uint8_t id[WZP_STUN_ID_SIZE]);
/* What a request may ask of a server with two addresses (CHANGE-REQUEST, RESPONSE-PORT; RFC 5780
 * 7): an answer from the other address, from the other port, and to another port of our address. */
enum { WZP_STUN_CHANGE_PORT = 2, WZP_STUN_CHANGE_IP = 4 };
/* A request with these attributes: change as above or 0, response_port or 0 for the port it came
 * from. As long as the longest answer, so that relays answer it, too. Returns its length,
 * WZP_STUN_WISH_MAX. */
size_t wzp_stun_write_wish(uint8_t out[WZP_STUN_WISH_MAX], const uint8_t id[WZP_STUN_ID_SIZE],
                           unsigned change, uint16_t response_port);
/* True when data looks like a STUN message: first two bits zero, cookie, length within data. */
bool wzp_stun_is_message(const uint8_t *data, size_t length);
/* Reads the answer to the request with this id, in the order of checks of wzp-protocol(7), STUN.
 * Attributes that run past the end stop the walk; unknown ones are skipped; trailing bytes are
 * ignored. */
enum wzp_stun_error wzp_stun_parse(struct wzp_stun_answer *out, const uint8_t *data, size_t length,
                                   const uint8_t id[WZP_STUN_ID_SIZE]);
/* True when the message is a Binding request; id gets its transaction. */
bool wzp_stun_is_request(const uint8_t *data, size_t length, uint8_t id[WZP_STUN_ID_SIZE]);
/* The RESPONSE-PORT of a request, to which its answer must go; 0 for the port it came from. */
uint16_t wzp_stun_response_port(const uint8_t *data, size_t length);
/* A success response that carries addr as XOR-MAPPED-ADDRESS. Returns its length (32 or 44), 0 for
 * an address of no family or too little room. */
size_t wzp_stun_write_response(uint8_t *out, size_t capacity, const uint8_t id[WZP_STUN_ID_SIZE],
                               const struct wzp_addr *addr);

#endif
