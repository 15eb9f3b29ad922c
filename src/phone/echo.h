/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Audio callbacks for an echo test: a session with them plays back what it hears, 20 ms later. */
#ifndef WZP_PHONE_ECHO_H
#define WZP_PHONE_ECHO_H

#include "wzp/phone.h"

#define WZP_ECHO_SAMPLES 960

/* Caller owned, one per session; all zero is the beginning. */
struct wzp_echo {
    int16_t pcm[WZP_ECHO_SAMPLES];
    size_t filled;
};
/* For wzp_phone_set_audio; e must outlive the session. */
struct wzp_session_audio wzp_echo_audio(struct wzp_echo *e);

#endif
