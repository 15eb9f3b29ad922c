/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A relay that does not answer Reflect delays nothing. X3 is the number of this case in the list of
 * what the existing network's tests assert; the existing client waits a second, ours a quarter. */
#include <string.h>

#include "phone/lib_relay.h"
#include "tap.h"

static struct stage st;

static void direct(struct wzp_phone_config *config)
{
    config->relay_only = false;
}

TAP_MAIN
{
    wzp_session_id call;
    stage_init(&st, direct);
    enroll(&st);
    run(&st, 10 * WZP_MILLISECOND);
    ok(heard(&st, "Reflect", 0) != NULL, "registered, the phone asks where it is seen");
    ok(wzp_phone_seen_by_relay(st.phone).length == 0, "X3: no answer, no address");
    uint64_t began = st.now;
    if (wzp_phone_call(st.phone, &call, st.friend.fingerprint_text, st.now, NULL))
        bail("no call");
    for (unsigned i = 0; i < 100 && !heard(&st, "DirectCallOffer", 0); i++)
        run(&st, 10 * WZP_MILLISECOND);
    uint64_t took = (st.now - began) / WZP_MILLISECOND;
    ok(heard(&st, "DirectCallOffer", 0) != NULL && took <= 300,
       "27, better, X3: the offer waits for a quarter of a second at most: %u ms", (unsigned)took);
    const char *offer = heard(&st, "DirectCallOffer", 0);
    ok(offer && !strstr(offer, "caller_reflexive_addr"), "X3: and leaves without it");
    say(&st, "_signal", "{\"ReflectResponse\":{\"observed_addr\":\"no address\"}}");
    ok(wzp_phone_seen_by_relay(st.phone).length == 0, "an answer that is no address is none");
    say(&st, "_signal", "{\"ReflectResponse\":{\"observed_addr\":\"203.0.113.5:4433\"}}");
    struct wzp_addr seen = wzp_phone_seen_by_relay(st.phone);
    ok(seen.length > 0, "a late one counts from then on");
    stage_fini(&st);
}
