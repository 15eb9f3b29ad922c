/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The life of one direct call as a table: what is done on which event in which state. Pure data, so
 * that nothing is undefined and every cell can be tested. Below, "ours" is an outgoing call and
 * "theirs" an incoming one. Source: wzp-protocol(7), A direct call, Agreement. */
#ifndef WZP_PHONE_CALL_TABLE_H
#define WZP_PHONE_CALL_TABLE_H

enum wzp_call_state {
    WZP_CALL_WAITING,  /* ours; the offer waits for the registration */
    WZP_CALL_OFFERED,  /* ours; the offer is with the relay */
    WZP_CALL_RINGING,  /* ours; the relay forwarded it */
    WZP_CALL_ORDER,    /* ours; CallSetup came, its answer did not yet */
    WZP_CALL_DOUBTED,  /* ours; we refuse this answer, a better one may still come */
    WZP_CALL_ANSWERED, /* ours; answered, CallSetup is awaited */
    WZP_CALL_LINKING,  /* ours; media connection under way, a better answer is still taken */
    WZP_CALL_INCOMING, /* theirs; our user is asked */
    WZP_CALL_ACCEPTED, /* theirs; our answer is sent, CallSetup is awaited */
    WZP_CALL_JOINING,  /* theirs; media connection under way */
    WZP_CALL_UP,       /* media flows */
    WZP_CALL_ENDED,
    WZP_CALL_STATE_COUNT
};
enum wzp_call_event {
    WZP_ON_REGISTERED,
    WZP_ON_SIGNAL_LOST,  /* the registration's connection is gone */
    WZP_ON_DISPLACED,    /* another program of the same person registered */
    WZP_ON_RINGING,      /* CallRinging */
    WZP_ON_ANSWER,       /* DirectCallAnswer that accepts */
    WZP_ON_SETUP,        /* CallSetup */
    WZP_ON_HANGUP,       /* Hangup from the relay or the other side, or an answer that rejects */
    WZP_ON_MEDIA_UP,     /* the media connection's handshake is done */
    WZP_ON_MEDIA_FAILED, /* no media connection, or none any more */
    WZP_ON_UNSEALED,     /* nothing that authenticates arrived in time */
    WZP_ON_PEER_LEFT,    /* the other side left the call's room and did not return */
    WZP_ON_DEADLINE,     /* the state's own time is over */
    WZP_ON_USER_ANSWER,
    WZP_ON_USER_REJECT,
    WZP_ON_USER_HANGUP,
    WZP_CALL_EVENT_COUNT
};
enum wzp_call_action {
    WZP_DO_IGNORE,
    WZP_DO_OFFER,       /* send the offer */
    WZP_DO_RING,        /* tell the user that it rings at the peer */
    WZP_DO_JUDGE,       /* judge an answer */
    WZP_DO_KEEP_SETUP,  /* keep CallSetup until an answer is accepted */
    WZP_DO_LINK,        /* connect media */
    WZP_DO_START,       /* audio begins */
    WZP_DO_ACCEPT,      /* send our answer */
    WZP_DO_REJECT,      /* refuse, as the user said */
    WZP_DO_HANG_UP,     /* tell the other side and end */
    WZP_DO_CANCEL,      /* the same before the answer */
    WZP_DO_TIME_OUT,    /* nobody answered */
    WZP_DO_END_BY_PEER, /* as the Hangup says */
    WZP_DO_LOSE_SIGNAL, /* registration lost before the call is up */
    WZP_DO_YIELD,       /* displaced before the call is up */
    WZP_DO_LOSE_MEDIA,
    WZP_DO_LOSE_PEER,
    WZP_DO_NO_RELAY, /* never registered */
    WZP_DO_NO_SETUP, /* CallSetup or its answer never came */
    WZP_DO_REFUSE,   /* policy, after the wait for a better answer */
    WZP_DO_UNSEALED, /* end with a warning */
    WZP_CALL_ACTION_COUNT
};

/* The cell of the table; never out of range. */
enum wzp_call_action wzp_call_decide(enum wzp_call_state state, enum wzp_call_event event);
/* "ringing", ... for logs and tests; static. */
const char *wzp_call_state_name(enum wzp_call_state state);

#endif
