/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Packets and samples of one session: microphone -> encoder -> seal -> active path; datagram ->
 * open -> jitter buffers -> mix; and, once a second, the statistics of both directions. Source:
 * wzp-protocol(7), Sealed packets. */
#ifndef WZP_PHONE_STREAM_H
#define WZP_PHONE_STREAM_H

#include "phone/internal.h"

#define WZP_STREAM_SAMPLES_MAX 1920 /* most at once, either way */
/* Seconds without a packet of the peer, while our own path is alive, before the peer counts as
 * lost. Twenty seconds in a tunnel do not end a call: a peer whose network returns is heard within
 * a second. */
#define WZP_STREAM_QUIET_TICKS 25

/* Makes encoder and receiver; sealed when there are keys (they move here). Nothing when begun
 * already. WZP_E_MEMORY, WZP_E_UNSUPPORTED (codec). */
int wzp_stream_begin(struct wzp_leg *leg, bool is_room, struct wzp_e2e_session *keys, uint64_t now);
/* Frees them, wipes the keys. */
void wzp_stream_end(struct wzp_leg *leg);
/* A datagram of one of the leg's connections. True when it was media of the peer's (authentic, when
 * the stream is sealed); its goodbye goes to the owner. No allocation, except for a new speaker. */
bool wzp_stream_receive(struct wzp_leg *leg, const struct wzp_quic_conn *conn, const uint8_t *data,
                        size_t length, uint64_t now);
/* Encodes and sends samples of the microphone. No allocation. */
void wzp_stream_capture(struct wzp_leg *leg, const int16_t *pcm, size_t samples, uint64_t now);
/* Fills pcm with what is heard: samples is a multiple of 48, at most 1920. Returns the number of
 * speakers. */
int wzp_stream_playback(struct wzp_leg *leg, int16_t *pcm, size_t samples, uint64_t now);
/* Tells the peer in a sealed packet that the call is over: the media path may be the only way to
 * the peer. Sealed streams only. No allocation. */
void wzp_stream_say_goodbye(struct wzp_leg *leg, enum wzp_hangup_reason reason, uint64_t now);
/* Somebody left: what is concealed now and in the next second does not count as loss. */
void wzp_stream_somebody_left(struct wzp_leg *leg);
/* To be called after mute, hold or the session's audio callbacks changed. */
void wzp_stream_change(struct wzp_leg *leg, uint64_t now);
/* Another codec for what we send; why is for the log. Nothing before the stream begins. Errors of
 * wzp_adapt_set_codec. */
int wzp_stream_set_codec(struct wzp_leg *leg, enum wzp_codec codec, const char *why, uint64_t now);
/* Measurements, and the audio that the phone clocks itself (without a microphone, or on hold): when
 * they are due, and doing them. True when nothing came from the peer for WZP_STREAM_QUIET_TICKS
 * seconds although our own path is alive. */
uint64_t wzp_stream_expiry(const struct wzp_leg *leg);
bool wzp_stream_expire(struct wzp_leg *leg, uint64_t now);

#endif
