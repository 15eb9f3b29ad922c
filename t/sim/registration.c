/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A registration while its relay has problems: a restart, two minutes of absence, another
 * certificate with and without the same identity; and two devices of one person. */
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "phone/internal.h"
#include "sim/lib_stage.h"
#include "sim/lib_stranger.h"
#include "tap.h"

#define DIALS_MAX 64

static struct stage st;
static struct wzp_sim_phone tablet;

/* When Ann's phone began each connection: Initial packets of version 1 with a new destination ID.
 */
static struct {
    uint64_t at[DIALS_MAX];
    size_t count;
    uint8_t last[8];
} dials;

static void watch(void *context, const struct wzp_addr *from, const struct wzp_addr *to,
                  const uint8_t *data, size_t length)
{
    (void)context;
    (void)to;
    if (!wzp_addr_equal(from, wzp_sim_address(st.ann.host)) || length < 1200 ||
        (data[0] & 0xf0) != 0xc0 || data[5] < 8 || memcmp(dials.last, data + 6, 8) == 0 ||
        dials.count == DIALS_MAX)
        return;
    memcpy(dials.last, data + 6, 8);
    dials.at[dials.count++] = wzp_sim_now(st.sim);
}

static bool gone(void *context)
{
    const struct wzp_sim_phone *p = context;
    return !wzp_phone_registered(p->phone);
}

/* The relay is killed at various moments, and is away for a moment or a second. */
static void restart(void)
{
    uint64_t worst = 0;
    unsigned missing = 0;
    stage_raise(&st, 41, NULL);
    ok(stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND), "both are registered");
    for (unsigned i = 0; i < 8; i++) {
        wzp_sim_run(st.sim, WZP_BACKOFF_GOOD_TIME + i * 370 * WZP_MILLISECOND);
        wzp_sim_relay_crash(&st.relay);
        wzp_sim_run(st.sim, i % 2 ? WZP_SECOND : 100 * WZP_MILLISECOND);
        if (wzp_sim_relay_restart(&st.relay))
            bail("no restart");
        uint64_t back = wzp_sim_now(st.sim);
        missing += !stage_wait_both(&st, WZP_EVENT_REGISTERED, i + 2, 60 * WZP_SECOND);
        uint64_t took = wzp_sim_now(st.sim) - back;
        worst = took > worst ? took : worst;
    }
    is_int(missing, 0, "a relay is killed and comes back eight times, and so do both accounts");
    ok(worst < 3 * WZP_SECOND, "within three seconds (%.1f s at worst)", (double)worst / 1e9);
    ok(stage_call(&st, 5 * WZP_SECOND), "and calls work");
    stage_lower(&st);
}

/* Nobody answers for minutes: 0 1 2 4 8 15 30 30 s between the tries, each of which waits 10 s
 * for an answer. */
static void unreachable(void)
{
    static const unsigned pauses[] = {0, 1, 2, 4, 8, 15, 30, 30};
    stage_raise(&st, 42, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    wzp_sim_run(st.sim, 20 * WZP_SECOND);
    memset(&dials, 0, sizeof dials);
    wzp_sim_set_tap(st.sim, watch, NULL);
    const struct wzp_sim_link cut = {.down = true}, whole = {.down = false};
    wzp_sim_set_links(st.ann.host, &cut, &cut);
    ok(wzp_sim_run_for(st.sim, gone, &st.ann, 40 * WZP_SECOND), "the phone notices");
    uint64_t began = wzp_sim_now(st.sim);
    wzp_sim_run(st.sim, 240 * WZP_SECOND);
    ok(dials.count >= 8, "it tries again and again (%zu times)", dials.count);
    uint64_t answer_by = began;
    for (size_t i = 0; i < 8 && i < dials.count; i++) {
        double waited = (double)(dials.at[i] - answer_by) / 1e9;
        double most = pauses[i] * (pauses[i] >= 8 ? 1.1 : 1.0) + 1.1;
        ok(waited >= pauses[i] - 0.01 && waited <= most, "try %zu after %u s (%.1f s)", i + 1,
           pauses[i], waited);
        answer_by = dials.at[i] + WZP_QUIC_HANDSHAKE_TIME;
    }
    wzp_sim_set_tap(st.sim, NULL, NULL);
    wzp_sim_set_links(st.ann.host, &whole, &whole);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_REGISTERED, 2, 45 * WZP_SECOND),
       "the line is whole again: registered");
    ok(stage_call(&st, 5 * WZP_SECOND), "and a call works");
    stage_lower(&st);
}

/* Another operator's relay answers at the address: the phone stops and asks. */
static void changed_certificate(void)
{
    struct wzp_sim_relay other;
    stage_raise(&st, 43, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    const struct wzp_event *e = wzp_sim_phone_find(&st.ann, WZP_EVENT_REGISTERED, 0);
    ok(e && e->u.registered.proven, "the relay proved its identity at first");
    wzp_sim_relay_crash(&st.relay);
    is_int(wzp_sim_relay_start(&other, st.sim, STAGE_RELAY, 77, NULL), 0,
           "another relay takes its address");
    wzp_sim_run(st.sim, 60 * WZP_SECOND);
    ok(!wzp_phone_registered(st.ann.phone), "Ann's phone does not register there");
    e = wzp_sim_phone_find(&st.ann, WZP_EVENT_RELAY_PIN, 0);
    ok(e && e->u.relay_pin.pin == WZP_PIN_MISMATCH, "it says that the certificate changed");
    size_t asked = st.ann.diary_count;
    wzp_sim_run(st.sim, 300 * WZP_SECOND);
    is_int(st.ann.diary_count, asked, "and waits for Ann without asking again");
    is_int(wzp_phone_accept_relay(st.ann.phone, STAGE_RELAY, e->u.relay_pin.certificate,
                                  wzp_sim_now(st.sim)),
           0, "Ann accepts");
    wzp_sim_phone_kick(&st.ann);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_REGISTERED, 2, 5 * WZP_SECOND), "registered");
    e = wzp_sim_phone_find(&st.bob, WZP_EVENT_RELAY_PIN, 0);
    wzp_phone_accept_relay(st.bob.phone, STAGE_RELAY, e->u.relay_pin.certificate,
                           wzp_sim_now(st.sim));
    wzp_sim_phone_kick(&st.bob);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_REGISTERED, 2, 5 * WZP_SECOND), "Bob too");
    ok(stage_call(&st, 5 * WZP_SECOND), "and calls work");
    /* The new certificate is remembered: the relay's next restart asks nothing. */
    size_t pins = wzp_sim_phone_count(&st.ann, WZP_EVENT_RELAY_PIN);
    wzp_sim_relay_crash(&other);
    wzp_sim_relay_restart(&other);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_REGISTERED, 3, 60 * WZP_SECOND),
       "its restart is no change");
    is_int(wzp_sim_phone_count(&st.ann, WZP_EVENT_RELAY_PIN), pins, "and nobody is asked");
    wzp_sim_relay_stop(&other);
    stage_lower(&st);
}

/* Another certificate, but the relay proves the identity that we know. */
static void same_identity(void)
{
    stage_raise(&st, 44, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    /* Changes the remembered certificate, as if the relay had shown another one the first time. */
    is_int(st.ann.pins.relay_count, 1, "one relay is remembered");
    if (st.ann.pins.relay_count > 0)
        st.ann.pins.relays[0].certificate[5] ^= 0xff;
    wzp_sim_relay_crash(&st.relay);
    wzp_sim_relay_restart(&st.relay);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_REGISTERED, 2, 60 * WZP_SECOND),
       "another certificate of the same identity is taken");
    const struct wzp_event *e = wzp_sim_phone_find(&st.ann, WZP_EVENT_REGISTERED, 0);
    ok(e && e->u.registered.proven, "because it was proven");
    wzp_sim_phone_wait(&st.bob, WZP_EVENT_REGISTERED, 2, 60 * WZP_SECOND);
    ok(stage_call(&st, 5 * WZP_SECOND), "and calls work");
    stage_lower(&st);
}

/* Two devices prove the same key: the newer one gets the calls; when it leaves, the older one does
 * again. */
static void two_devices(void)
{
    wzp_session_id call;
    stage_raise(&st, 45, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    st.bob.auto_answer = false;
    stage_add(&st, &tablet, "10.0.0.6:5000", 2, true);
    ok(wzp_sim_phone_wait(&tablet, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND),
       "Bob's tablet registers under the same key");
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_UNREGISTERED, 1, WZP_SECOND),
       "his phone says at once that it gets no calls now");
    const struct wzp_event *e = wzp_sim_phone_find(&st.bob, WZP_EVENT_UNREGISTERED, 0);
    ok(e && strstr(e->u.unregistered.text, "another program"), "and why: %s",
       e ? e->u.unregistered.text : "-");
    wzp_sim_run(st.sim, 60 * WZP_SECOND);
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_REGISTERED) +
               wzp_sim_phone_count(&tablet, WZP_EVENT_REGISTERED),
           2, "they do not drive each other out");
    wzp_sim_phone_call(&st.ann, &call, &st.bob);
    ok(wzp_sim_phone_wait(&tablet, WZP_EVENT_INCOMING, 1, WZP_SECOND), "the tablet rings");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_INCOMING), 0, "the phone does not");
    wzp_sim_phone_hangup(&st.ann, call);
    wzp_sim_run(st.sim, WZP_SECOND);
    wzp_phone_shutdown(tablet.phone, wzp_sim_now(st.sim));
    wzp_sim_phone_kick(&tablet);
    wzp_sim_run(st.sim, 2 * WZP_SECOND);
    wzp_sim_phone_stop(&tablet);
    wzp_sim_phone_call(&st.ann, &call, &st.bob);
    ok(wzp_sim_phone_wait(&st.bob, WZP_EVENT_INCOMING, 1, WZP_SECOND),
       "the tablet is gone: the phone rings");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_REGISTERED), 2, "and had said that it would");
    is_int(wzp_sim_phone_count(&st.bob, WZP_EVENT_UNREGISTERED), 1, "without a new connection");
    stage_lower(&st);
}

/* The callee disappears without closing its connection while it rings. */
static void gone_while_ringing(void)
{
    wzp_session_id call;
    stage_raise(&st, 46, NULL);
    stage_wait_both(&st, WZP_EVENT_REGISTERED, 1, 2 * WZP_SECOND);
    st.bob.auto_answer = false;
    wzp_sim_phone_call(&st.ann, &call, &st.bob);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_RINGING, 1, WZP_SECOND), "it rings");
    wzp_quic_conn_close(st.bob.phone->account.link->conn, 0, "", false, wzp_sim_now(st.sim));
    wzp_sim_phone_kick(&st.bob);
    ok(wzp_sim_phone_wait(&st.ann, WZP_EVENT_ENDED, 1, 2 * WZP_SECOND), "the callee goes");
    const struct wzp_event *e = wzp_sim_phone_find(&st.ann, WZP_EVENT_ENDED, 0);
    ok(e && e->u.ended.reason == WZP_END_OFFLINE && strstr(e->u.ended.text, "went away"),
       "which is said: %s", e ? e->u.ended.text : "-");
    stage_lower(&st);
}

TAP_MAIN
{
    restart();
    unreachable();
    changed_certificate();
    same_identity();
    two_devices();
    gone_while_ringing();
    stage_fini(&st);
}
