/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/gate.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/time.h"
#include "phone/event.h"

uint64_t wzp_phone_wall(const struct wzp_phone *p, uint64_t now)
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
    char fingerprint[WZP_TLS_FINGERPRINT_TEXT_MAX], known[WZP_TLS_FINGERPRINT_TEXT_MAX];
    char remote[WZP_ADDR_TEXT_MAX];
    const struct wzp_relay_pin *before = pin == WZP_PIN_MISMATCH ? find(p, place->name) : NULL;

    wzp_tls_fingerprint_format(fingerprint, certificate);
    wzp_event_init(&event, WZP_EVENT_RELAY_PIN);
    event.u.relay_pin.pin = pin;
    event.u.relay_pin.relay = place->name;
    event.u.relay_pin.remote = wzp_addr_format(remote, &place->remote);
    event.u.relay_pin.certificate = fingerprint;
    if (before) {
        wzp_tls_fingerprint_format(known, before->certificate);
        event.u.relay_pin.known = known;
    }
    event.u.relay_pin.text = text;
    wzp_event_emit(p, &event);
}

void wzp_gate_ask(struct wzp_phone *p, enum wzp_pin_verdict pin, const uint8_t certificate[32],
                  const struct wzp_relay_place *place)
{
    static const uint8_t none[32];

    if (memcmp(certificate, none, sizeof none) == 0)
        return; /* told as an error: there is nothing to accept */
    tell(p, pin, certificate, place,
         pin == WZP_PIN_NEW ? "this relay is new; it is not used until you accept it"
                            : "the relay shows another certificate than before; it is not used "
                              "until you accept that");
}

/* ---- what a person accepted ---- */

static struct wzp_accepted *find_accepted(struct wzp_phone *p, const char *relay)
{
    for (size_t i = 0; i < WZP_PHONE_RELAYS_MAX; i++)
        if (strcasecmp(p->accepted[i].relay, relay) == 0)
            return &p->accepted[i];
    return NULL;
}

static bool is_accepted(struct wzp_phone *p, const char *relay, const uint8_t certificate[32])
{
    struct wzp_accepted *a = find_accepted(p, relay);

    return a && wzp_equal_constant_time(a->certificate, certificate, 32);
}

void wzp_gate_accept(struct wzp_phone *p, const char *relay, const uint8_t certificate[32])
{
    struct wzp_accepted *a = find_accepted(p, relay);

    if (!a)
        a = find_accepted(p, "");
    if (!a) { /* the oldest makes room */
        memmove(p->accepted, p->accepted + 1, sizeof p->accepted - sizeof p->accepted[0]);
        a = &p->accepted[WZP_PHONE_RELAYS_MAX - 1];
    }
    wzp_text_copy(a->relay, sizeof a->relay, relay);
    memcpy(a->certificate, certificate, 32);
}

/* Remembers; lack of memory for a pin is told, and the relay stays unknown. */
static enum wzp_pin_verdict record(struct wzp_phone *p, const struct wzp_relay_place *place,
                                   const uint8_t certificate[32], const uint8_t *identity,
                                   uint64_t now)
{
    int verdict =
        wzp_pins_check_relay(p->pins, place->name, certificate, identity, wzp_phone_wall(p, now));
    if (verdict < 0) {
        wzp_event_error(p, NULL, verdict, "the relay's certificate could not be remembered");
        return WZP_PIN_NEW;
    }
    struct wzp_accepted *accepted = find_accepted(p, place->name);
    if (accepted && verdict != WZP_PIN_MISMATCH)
        accepted->relay[0] = '\0'; /* it is remembered now */
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
    accepted = is_accepted(p, place->name, certificate);
    if (known && accepted && !wzp_equal_constant_time(known->certificate, certificate, 32)) {
        wzp_pins_forget_relay(p->pins, place->name);
        known = NULL;
    }
    if (!known) {
        if (place->no_record)
            return WZP_GATE_OPEN;
        if (!accepted && !p->config.accept_new_relays)
            return WZP_GATE_SHUT;
        *pin = record(p, place, certificate, NULL, now);
        tell(p, *pin, certificate, place,
             accepted ? "its certificate is remembered, as you said"
                      : "a new relay; its certificate is remembered");
        return WZP_GATE_OPEN;
    }
    if (wzp_equal_constant_time(known->certificate, certificate, 32)) {
        *pin = record(p, place, certificate, NULL, now);
        return WZP_GATE_OPEN;
    }
    *pin = WZP_PIN_MISMATCH;
    if (known->has_identity && !(place->ours && p->account.token[0] != '\0'))
        return WZP_GATE_PROVE;
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
        return false;
    }
    if (verdict == WZP_PIN_UPDATED) {
        *pin = verdict;
        tell(p, verdict, certificate, place,
             "the relay's certificate changed, and it proved to be the same relay");
    }
    return true;
}
