/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The state table of calls, cell by cell, against a second copy of it in another notation. */
#include <stdio.h>
#include <string.h>

#include "phone/call_table.h"
#include "tap.h"

/* One letter per event of enum wzp_call_event, in its order; '.' = ignored. */
static const char *const expected[WZP_CALL_STATE_COUNT] = {
    /*  REG LOST DISPLACED RING ANS SETUP HANG UP FAIL UNSEAL LEFT DEAD ANSW REJ BYE */
    [WZP_CALL_WAITING] = "O..........N..C",  [WZP_CALL_OFFERED] = ".LYRJKP....T..C",
    [WZP_CALL_RINGING] = ".LY.JKP....T..C",  [WZP_CALL_ORDER] = ".LY.J.P....S..C",
    [WZP_CALL_DOUBTED] = ".LY.JKP....X..H",  [WZP_CALL_ANSWERED] = ".LY.JGP....S..H",
    [WZP_CALL_LINKING] = "....J.PVM.....H",  [WZP_CALL_INCOMING] = ".LY...P....TADD",
    [WZP_CALL_ACCEPTED] = ".LY..GP....S..H", [WZP_CALL_JOINING] = "......PVM.....H",
    [WZP_CALL_UP] = "......P.MUZ...H",       [WZP_CALL_ENDED] = "...............",
};
static const char letters[WZP_CALL_ACTION_COUNT + 1] = ".ORJKGVADHCTPLYMZNSXU";

TAP_MAIN
{
    for (int state = 0; state < WZP_CALL_STATE_COUNT; state++) {
        char got[WZP_CALL_EVENT_COUNT + 1] = {0};
        for (int event = 0; event < WZP_CALL_EVENT_COUNT; event++)
            got[event] =
                letters[wzp_call_decide((enum wzp_call_state)state, (enum wzp_call_event)event)];
        is_str(got, expected[state], "%s", wzp_call_state_name((enum wzp_call_state)state));
    }
    is_int(wzp_call_decide(WZP_CALL_STATE_COUNT, WZP_ON_HANGUP), WZP_DO_IGNORE, "no such state");
    is_int(wzp_call_decide(WZP_CALL_UP, WZP_CALL_EVENT_COUNT), WZP_DO_IGNORE, "no such event");
    bool microphone = false;
    for (int state = 0; state < WZP_CALL_STATE_COUNT; state++)
        if (wzp_call_decide((enum wzp_call_state)state, WZP_ON_SETUP) == WZP_DO_LINK &&
            state != WZP_CALL_ANSWERED && state != WZP_CALL_ACCEPTED)
            microphone = true;
    ok(!microphone, "CallSetup connects media only in a call that was answered");
}
