/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/known_relays.h"

#include <string.h>

#include "app/store.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"

/* ---- merging ---- */

static const struct wzp_relay_pin *relay_of(const struct wzp_pins *p, const char *name)
{
    for (size_t i = 0; i < p->relay_count; i++)
        if (strcmp(p->relays[i].relay, name) == 0)
            return &p->relays[i];
    return NULL;
}

static bool same_certificate(const struct wzp_relay_pin *a, const struct wzp_relay_pin *b)
{
    return a && b && memcmp(a->certificate, b->certificate, sizeof a->certificate) == 0;
}

static bool same_relay(const struct wzp_relay_pin *a, const struct wzp_relay_pin *b)
{
    return same_certificate(a, b) && a->has_identity == b->has_identity &&
           (!a->has_identity || memcmp(a->identity, b->identity, sizeof a->identity) == 0);
}

static bool same_peer(const struct wzp_peer_pin *a, const struct wzp_peer_pin *b)
{
    return a->has_key == b->has_key && a->used_e2e == b->used_e2e && a->verified == b->verified &&
           a->verified_at == b->verified_at;
}

/* Stores a relay's pin exactly as it is. */
static int put_relay(struct wzp_pins *p, const struct wzp_relay_pin *pin)
{
    wzp_pins_forget_relay(p, pin->relay);
    int result = wzp_pins_check_relay(p, pin->relay, pin->certificate,
                                      pin->has_identity ? pin->identity : NULL, pin->first_seen);
    if (result < 0)
        return result;
    for (size_t i = 0; i < p->relay_count; i++)
        if (strcmp(p->relays[i].relay, pin->relay) == 0)
            p->relays[i] = *pin;
    return 0;
}

/* Both sides have a pin of this relay: chooses one, and keeps the earliest first_seen and latest
 * last_seen. */
static int join_relay(struct wzp_pins *theirs, const struct wzp_relay_pin *their,
                      const struct wzp_relay_pin *base, const struct wzp_relay_pin *our)
{
    struct wzp_relay_pin one = *their;
    if (same_certificate(their, our)) {
        if (!one.has_identity && our->has_identity) {
            one.has_identity = true;
            memcpy(one.identity, our->identity, sizeof one.identity);
        }
    } else if (same_relay(our, base) || !base) {
        return 0; /* only theirs has changed, or theirs was pinned first */
    } else if (same_certificate(their, base) ||
               (our->has_identity == their->has_identity ? our->last_seen > their->last_seen
                                                         : our->has_identity)) {
        one = *our;
    }
    if (our->first_seen < one.first_seen)
        one.first_seen = our->first_seen;
    if (our->last_seen > one.last_seen && same_certificate(&one, our))
        one.last_seen = our->last_seen;
    return put_relay(theirs, &one);
}

static int merge_relays(struct wzp_pins *theirs, const struct wzp_pins *base,
                        const struct wzp_pins *ours)
{
    int result = 0;
    for (size_t i = 0; !result && i < ours->relay_count; i++) {
        const struct wzp_relay_pin *our = &ours->relays[i];
        const struct wzp_relay_pin *was = relay_of(base, our->relay);
        const struct wzp_relay_pin *their = relay_of(theirs, our->relay);
        if (their)
            result = join_relay(theirs, their, was, our);
        else if (!was || !same_relay(our, was)) /* else another program removed it meanwhile */
            result = put_relay(theirs, our);
    }
    for (size_t i = 0; i < base->relay_count; i++)
        if (!relay_of(ours, base->relays[i].relay))
            wzp_pins_forget_relay(theirs, base->relays[i].relay);
    return result;
}

static int merge_peers(struct wzp_pins *theirs, const struct wzp_pins *base,
                       const struct wzp_pins *ours)
{
    int result = 0;
    for (size_t i = 0; !result && i < ours->peer_count; i++) {
        const struct wzp_peer_pin *our = &ours->peers[i];
        const struct wzp_peer_pin *was = wzp_pins_peer(base, our->fingerprint);
        if (was && same_peer(our, was))
            continue;
        result = wzp_pins_note_peer(theirs, our->fingerprint, our->has_key ? our->key : NULL,
                                    our->used_e2e, our->verified);
        if (!result && our->verified_at)
            result = wzp_pins_verify_peer(theirs, our->fingerprint, NULL, our->verified_at);
    }
    for (size_t i = 0; i < base->peer_count; i++)
        if (!wzp_pins_peer(ours, base->peers[i].fingerprint))
            wzp_pins_forget_peer(theirs, base->peers[i].fingerprint);
    return result;
}

/* Applies the changes from base to ours to theirs. Pins that we removed are removed. What was once
 * known of a peer stays. Where both changed a relay's pin, the certificate with a proven identity
 * wins, else the one seen later; a relay that others pinned first keeps their pin. WZP_E_MEMORY,
 * WZP_E_LIMIT. */
static int merge(struct wzp_pins *theirs, const struct wzp_pins *base, const struct wzp_pins *ours)
{
    int result = merge_relays(theirs, base, ours);
    return result ? result : merge_peers(theirs, base, ours);
}

/* ---- the file ---- */

void wzp_known_relays_init(struct wzp_known_relays *k)
{
    *k = (struct wzp_known_relays){.left_out_count = 0};
    wzp_pins_init(&k->pins);
    wzp_pins_init(&k->base);
}

void wzp_known_relays_fini(struct wzp_known_relays *k)
{
    wzp_pins_fini(&k->pins);
    wzp_pins_fini(&k->base);
}

void wzp_known_relays_leave_out(struct wzp_known_relays *k,
                                const uint8_t fingerprint[WZP_FINGERPRINT_SIZE])
{
    if (k->left_out_count < WZP_KNOWN_LEFT_OUT_MAX)
        memcpy(k->left_out[k->left_out_count++], fingerprint, WZP_FINGERPRINT_SIZE);
}

static int copy_pins(struct wzp_pins *out, const struct wzp_pins *in)
{
    struct wzp_pins nothing;
    wzp_pins_init(&nothing);
    wzp_pins_fini(out);
    return merge(out, &nothing, in);
}

/* Reads the valid lines of a damaged text. */
static int salvage(struct wzp_pins *out, const char *text, size_t length)
{
    struct wzp_pins nothing, one;
    const char *end = text + length;
    int result = 0;
    wzp_pins_init(&nothing);
    wzp_pins_init(&one);
    while (!result && text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((stop ? stop : end) - text);
        if (wzp_pins_parse(&one, text, line, NULL) == 0)
            result = merge(out, &nothing, &one);
        wzp_pins_fini(&one);
        text += line + (stop ? 1 : 0);
    }
    return result == WZP_E_LIMIT ? 0 : result;
}

int wzp_known_relays_read(struct wzp_known_relays *k, const struct wzp_host *host,
                          struct wzp_error *note, struct wzp_error *err)
{
    char *text;
    size_t length;
    struct wzp_error why = {0};
    *note = (struct wzp_error){0};
    int result = wzp_store_read_optional(&text, &length, host, &wzp_file_known_relays, err);
    if (result)
        return result;
    result = wzp_pins_parse(&k->pins, text, length, &why);
    if (!result) {
        result = copy_pins(&k->base, &k->pins);
        k->pins.changed = false;
    } else if (result != WZP_E_MEMORY) {
        result = salvage(&k->pins, text, length);
        wzp_store_set_aside(note, host, &wzp_file_known_relays, &why);
        k->pins.changed = true; /* the valid lines are to be written as the new file */
    }
    wzp_free(text);
    return result ? wzp_error_set(err, result, "out of memory") : 0;
}

static void drop_left_out(const struct wzp_known_relays *k, struct wzp_pins *pins)
{
    for (size_t i = 0; i < k->left_out_count; i++)
        wzp_pins_forget_peer(pins, k->left_out[i]);
}

int wzp_known_relays_merge(const struct wzp_known_relays *k, char **out, size_t *out_length,
                           const char *old, size_t old_length, struct wzp_error *err)
{
    struct wzp_pins theirs;
    wzp_pins_init(&theirs);
    int result = wzp_pins_parse(&theirs, old, old_length, err);
    if (!result) {
        result = merge(&theirs, &k->base, &k->pins);
        drop_left_out(k, &theirs);
        if (!result)
            result = wzp_pins_format(out, out_length, &theirs);
        if (result)
            wzp_error_set(err, result, "known_relays: %s", wzp_strerror(result));
    }
    wzp_pins_fini(&theirs);
    return result;
}

static int merge_file(void *owner, char **out, size_t *out_length, const char *old,
                      size_t old_length, struct wzp_error *err)
{
    return wzp_known_relays_merge(owner, out, out_length, old, old_length, err);
}

bool wzp_known_relays_changed(const struct wzp_known_relays *k)
{
    return k->pins.changed && !k->read_only;
}

int wzp_known_relays_copy(struct wzp_known_relays *out, const struct wzp_known_relays *in)
{
    int result = copy_pins(&out->pins, &in->pins);
    if (!result)
        result = copy_pins(&out->base, &in->base);
    memcpy(out->left_out, in->left_out, sizeof out->left_out);
    out->left_out_count = in->left_out_count;
    out->read_only = in->read_only;
    return result;
}

int wzp_known_relays_written(struct wzp_known_relays *k, const struct wzp_pins *pins)
{
    return copy_pins(&k->base, pins);
}

bool wzp_known_relays_repair(struct wzp_known_relays *k, const struct wzp_host *host,
                             const struct wzp_error *why)
{
    struct wzp_error note;
    if (why->code != WZP_E_SYNTAX)
        return false;
    bool aside = wzp_store_set_aside(&note, host, &wzp_file_known_relays, why);
    wzp_log(&host->log, WZP_LOG_WARN, "%s", note.text);
    if (aside)
        wzp_pins_fini(&k->base); /* everything counts as changed */
    return aside;
}

/* The pins that a phone uses stay as they are: changes by other programs take effect at the next
 * start. */
int wzp_known_relays_write(struct wzp_known_relays *k, const struct wzp_host *host,
                           struct wzp_error *err)
{
    struct wzp_error why = {0};
    if (!wzp_known_relays_changed(k))
        return 0;
    int result =
        host->calls->file_update(host->context, &wzp_file_known_relays, merge_file, k, &why);
    if (result && wzp_known_relays_repair(k, host, &why))
        result =
            host->calls->file_update(host->context, &wzp_file_known_relays, merge_file, k, &why);
    if (!result)
        result = wzp_known_relays_written(k, &k->pins);
    if (result)
        return wzp_error_set(err, result, "%s", why.text[0] ? why.text : wzp_strerror(result));
    k->pins.changed = false;
    return 0;
}
