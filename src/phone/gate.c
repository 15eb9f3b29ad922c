/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/gate.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/time.h"
#include "phone/event.h"

static uint64_t wall(const struct wzp_phone *p, uint64_t now)
{
    return p->config.wall_seconds + wzp_time_since(now, p->born) / WZP_SECOND;
}

static const struct wzp_relay_pin *find(const struct wzp_phone *p, const char *name)
{
    for (size_t i = 0; i < p->pins->relay_count; i++)
        if (strcasecmp(p->pins->relays[i].relay, name) == 0)
            return &p->pins->relays[i];
    return NULL;
}

bool wzp_gate_knows(const struct wzp_phone *p, const char *name)
{
    return find(p, name);
}

static void tell(struct wzp_phone *p, enum wzp_pin_verdict pin, const uint8_t certificate[32],
                 const struct wzp_relay_place *place, const char *text)
{
    struct wzp_event event;
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char remote[WZP_ADDR_TEXT_MAX];

    wzp_tls_fingerprint_format(fingerprint, certificate);
    wzp_event_init(&event, WZP_EVENT_RELAY_PIN);
    event.u.relay_pin.pin = pin;
    event.u.relay_pin.relay = place->name;
    event.u.relay_pin.remote = wzp_addr_format(remote, &place->remote);
    event.u.relay_pin.certificate = fingerprint;
    event.u.relay_pin.text = text;
    wzp_event_emit(p, &event);
}

void wzp_gate_ask(struct wzp_phone *p, enum wzp_pin_verdict pin, const uint8_t certificate[32],
                  const struct wzp_relay_place *place)
{
    p->has_blocked = true;
    wzp_text_copy(p->blocked_name, sizeof p->blocked_name, place->name);
    memcpy(p->blocked_certificate, certificate, 32);
    tell(p, pin, certificate, place,
         pin == WZP_PIN_NEW ? "this relay is new; it is not used until you accept it"
                            : "the relay shows another certificate than before; it is not used "
                              "until you accept that");
}

bool wzp_gate_accept(struct wzp_phone *p)
{
    if (!p->has_blocked)
        return false;
    wzp_pins_forget_relay(p->pins, p->blocked_name);
    p->has_accepted = true;
    memcpy(p->accepted_name, p->blocked_name, sizeof p->accepted_name);
    memcpy(p->accepted_certificate, p->blocked_certificate, 32);
    p->has_blocked = false;
    return true;
}

/* Remembers; lack of memory for a pin is told, and the relay stays unknown. */
static enum wzp_pin_verdict record(struct wzp_phone *p, const struct wzp_relay_place *place,
                                   const uint8_t certificate[32], const uint8_t *identity,
                                   uint64_t now)
{
    int verdict = wzp_pins_check_relay(p->pins, place->name, certificate, identity, wall(p, now));
    if (verdict < 0) {
        wzp_event_error(p, NULL, verdict, "the relay's certificate could not be remembered");
        return WZP_PIN_NEW;
    }
    return (enum wzp_pin_verdict)verdict;
}

enum wzp_gate wzp_gate_check(struct wzp_phone *p, enum wzp_pin_verdict *pin,
                             uint8_t certificate[32], const struct wzp_relay_place *place,
                             const struct wzp_quic_conn *conn, uint64_t now)
{
    const struct wzp_relay_pin *known = find(p, place->name);
    bool accepted;

    *pin = WZP_PIN_NEW;
    if (wzp_quic_conn_peer_certificate(conn, certificate) < 0) {
        wzp_event_error(p, NULL, WZP_E_CRYPTO, "the relay showed no certificate");
        memset(certificate, 0, 32);
        return WZP_GATE_SHUT;
    }
    accepted = p->has_accepted && strcasecmp(p->accepted_name, place->name) == 0 &&
               wzp_equal_constant_time(p->accepted_certificate, certificate, 32);
    if (!known) {
        if (place->no_record)
            return WZP_GATE_OPEN;
        if (!accepted && !p->config.accept_new_relays) {
            wzp_gate_ask(p, WZP_PIN_NEW, certificate, place);
            return WZP_GATE_SHUT;
        }
        *pin = record(p, place, certificate, NULL, now);
        tell(p, *pin, certificate, place, "a new relay; its certificate is remembered");
        return WZP_GATE_OPEN;
    }
    if (wzp_equal_constant_time(known->certificate, certificate, 32)) {
        *pin = record(p, place, certificate, NULL, now);
        return WZP_GATE_OPEN;
    }
    *pin = WZP_PIN_MISMATCH;
    if (known->has_identity && !(place->ours && p->account.token[0] != '\0'))
        return WZP_GATE_PROVE;
    wzp_gate_ask(p, *pin, certificate, place);
    return WZP_GATE_SHUT;
}

bool wzp_gate_proven(struct wzp_phone *p, enum wzp_pin_verdict *pin, const uint8_t certificate[32],
                     const struct wzp_relay_place *place, const uint8_t identity[32], uint64_t now)
{
    uint8_t fingerprint[WZP_FINGERPRINT_SIZE];
    enum wzp_pin_verdict verdict;

    if (place->no_record && !find(p, place->name))
        return true;
    wzp_fingerprint_of_key(fingerprint, identity);
    verdict = record(p, place, certificate, fingerprint, now);
    if (verdict == WZP_PIN_MISMATCH) {
        *pin = verdict;
        wzp_gate_ask(p, verdict, certificate, place);
        return false;
    }
    if (verdict == WZP_PIN_UPDATED) {
        *pin = verdict;
        tell(p, verdict, certificate, place,
             "the relay's certificate changed, and it proved to be the same relay");
    }
    return true;
}
