/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names that become an SNI: rooms, call ids, reserved words. Source: wzp-protocol(7), Names, Room
 * names. */
#ifndef WZP_WIRE_NAME_H
#define WZP_WIRE_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define WZP_SNI_MAX 253
#define WZP_SNI_PING "ping"
#define WZP_SNI_VERSION "version"
#define WZP_SNI_PROBE "_probe"
#define WZP_SNI_FEDERATION "_federation"
#define WZP_SNI_SIGNAL "_signal"
#define WZP_ROOM_DEFAULT "default"
#define WZP_CALL_ROOM_PREFIX "call-"
#define WZP_CALL_ID_MAX 53 /* fits the doubled prefix of direct calls */

/* True for a name both rustls ends accept: labels 1..63 of [A-Za-z0-9_-], no '-' at a label's
 * ends, last label not all digits, 253 bytes at most, no trailing dot. */
bool wzp_sni_valid(const char *name, size_t length);
/* Lower-cases ASCII in place. */
void wzp_sni_lower(char *name);
/* What a typed room name becomes: lower-cased, checked. WZP_E_SYNTAX with a sentence in err that
 * says which rule it breaks; WZP_E_REFUSED for reserved names (those above, and anything that
 * starts with '_'). out holds WZP_SNI_MAX + 1. */
struct wzp_error;
int wzp_room_name_normalize(char *out, const char *typed, struct wzp_error *err);
/* The same for a room that a user wants to join: WZP_E_REFUSED also for the rooms of calls. */
int wzp_room_name_choose(char *out, const char *typed, struct wzp_error *err);
/* True when the text is a call id that survives an SNI: lower-case [0-9a-z_-],
 * 1..WZP_CALL_ID_MAX, no '-' at its ends. */
bool wzp_call_id_valid(const char *id, size_t length);

/* What a server does with a connection that asked for this (already lower-cased) name. Source:
 * wzp-protocol(7), Names. */
enum wzp_purpose {
    WZP_PURPOSE_ROOM,
    WZP_PURPOSE_CALL_ROOM, /* "call-..." */
    WZP_PURPOSE_PING,
    WZP_PURPOSE_VERSION,
    WZP_PURPOSE_PROBE,
    WZP_PURPOSE_FEDERATION,
    WZP_PURPOSE_SIGNAL,
    WZP_PURPOSE_UNKNOWN /* starts with '_' but is none of ours: refuse */
};
enum wzp_purpose wzp_sni_purpose(const char *name);

#endif
