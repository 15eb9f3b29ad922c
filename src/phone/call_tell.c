/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/call_tell.h"

#include "base/text.h"
#include "phone/event.h"
#include "phone/gate.h"

void wzp_call_enter(struct wzp_call *c, enum wzp_call_state state, uint64_t deadline)
{
    wzp_log(&c->session.phone->config.log, WZP_LOG_DEBUG, "phone: call %s: %s -> %s",
            c->session.call_id, wzp_call_state_name(c->state), wzp_call_state_name(state));
    c->state = state;
    c->deadline = deadline;
}

void wzp_call_emit(struct wzp_call *c, enum wzp_event_type type)
{
    struct wzp_event event;

    wzp_event_about(&event, &c->session, type);
    wzp_event_emit(c->session.phone, &event);
}

/* While a call is re-established, its stream still has the keys from before. */
const struct wzp_e2e_session *wzp_call_keys(const struct wzp_call *c)
{
    const struct wzp_stream *stream = &c->session.leg.stream;

    return stream->sealed && !c->remaking ? &stream->keys : &c->agreed;
}

const char *wzp_call_safety_code(const struct wzp_call *c)
{
    return wzp_call_keys(c)->sas;
}

void wzp_call_tell_security(struct wzp_call *c)
{
    struct wzp_event event;
    bool sealed = c->outcome == WZP_POLICY_SEALED;
    char verified_on[WZP_DATE_TEXT_MAX];

    wzp_event_about(&event, &c->session, WZP_EVENT_SECURITY);
    event.u.security.e2e = sealed;
    event.u.security.confirmed = c->confirmed;
    const struct wzp_peer_pin *pin = wzp_pins_peer(c->session.phone->pins, c->peer_fingerprint);
    event.u.security.verified = sealed && pin && pin->verified;
    if (event.u.security.verified && pin->verified_at)
        event.u.security.verified_on = wzp_date_format(verified_on, pin->verified_at);
    if (sealed)
        event.u.security.sas = wzp_call_safety_code(c);
    event.u.security.why = wzp_policy_why(c->outcome);
    wzp_event_emit(c->session.phone, &event);
}
