/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_table.h"

/* Cells that are not listed are WZP_DO_IGNORE: late, repeated or forged messages change nothing. */
static const unsigned char table[WZP_CALL_STATE_COUNT][WZP_CALL_EVENT_COUNT] = {
    [WZP_CALL_WAITING] =
        {
            [WZP_ON_REGISTERED] = WZP_DO_OFFER,
            [WZP_ON_DEADLINE] = WZP_DO_NO_RELAY,
            [WZP_ON_USER_HANGUP] = WZP_DO_CANCEL,
        },
    [WZP_CALL_OFFERED] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_RINGING] = WZP_DO_RING,
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_SETUP] = WZP_DO_KEEP_SETUP,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_TIME_OUT,
            [WZP_ON_USER_HANGUP] = WZP_DO_CANCEL,
        },
    [WZP_CALL_RINGING] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_SETUP] = WZP_DO_KEEP_SETUP,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_TIME_OUT,
            [WZP_ON_USER_HANGUP] = WZP_DO_CANCEL,
        },
    [WZP_CALL_ORDER] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_NO_SETUP,
            [WZP_ON_USER_HANGUP] = WZP_DO_CANCEL,
        },
    [WZP_CALL_DOUBTED] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_SETUP] = WZP_DO_KEEP_SETUP,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_REFUSE,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
    [WZP_CALL_ANSWERED] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_SETUP] = WZP_DO_LINK,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_NO_SETUP,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
    [WZP_CALL_LINKING] =
        {
            [WZP_ON_ANSWER] = WZP_DO_JUDGE,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_MEDIA_UP] = WZP_DO_START,
            [WZP_ON_MEDIA_FAILED] = WZP_DO_LOSE_MEDIA,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
    [WZP_CALL_INCOMING] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_TIME_OUT,
            [WZP_ON_USER_ANSWER] = WZP_DO_ACCEPT,
            [WZP_ON_USER_REJECT] = WZP_DO_REJECT,
            [WZP_ON_USER_HANGUP] = WZP_DO_REJECT,
        },
    [WZP_CALL_ACCEPTED] =
        {
            [WZP_ON_SIGNAL_LOST] = WZP_DO_LOSE_SIGNAL,
            [WZP_ON_DISPLACED] = WZP_DO_YIELD,
            [WZP_ON_SETUP] = WZP_DO_LINK,
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_DEADLINE] = WZP_DO_NO_SETUP,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
    [WZP_CALL_JOINING] =
        {
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_MEDIA_UP] = WZP_DO_START,
            [WZP_ON_MEDIA_FAILED] = WZP_DO_LOSE_MEDIA,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
    [WZP_CALL_UP] =
        {
            [WZP_ON_HANGUP] = WZP_DO_END_BY_PEER,
            [WZP_ON_MEDIA_FAILED] = WZP_DO_LOSE_MEDIA,
            [WZP_ON_UNSEALED] = WZP_DO_UNSEALED,
            [WZP_ON_PEER_LEFT] = WZP_DO_LOSE_PEER,
            [WZP_ON_USER_HANGUP] = WZP_DO_HANG_UP,
        },
};

enum wzp_call_action wzp_call_decide(enum wzp_call_state state, enum wzp_call_event event)
{
    if ((unsigned)state >= WZP_CALL_STATE_COUNT || (unsigned)event >= WZP_CALL_EVENT_COUNT)
        return WZP_DO_IGNORE;
    return (enum wzp_call_action)table[state][event];
}

const char *wzp_call_state_name(enum wzp_call_state state)
{
    static const char *const names[WZP_CALL_STATE_COUNT] = {
        "waiting", "offered",  "ringing",  "order",   "doubted", "answered",
        "linking", "incoming", "accepted", "joining", "up",      "ended",
    };
    return (unsigned)state < WZP_CALL_STATE_COUNT ? names[state] : "?";
}
