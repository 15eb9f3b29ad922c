/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The file known_relays: certificates of relays, and what is known of peers' encryption. Several
 * programs learn at once; each writes only what it learned itself into what the others wrote, so
 * that nothing is lost and nothing is weakened by an older copy. Source: wzp-protocol(7),
 * Certificate. */
#ifndef WZP_APP_KNOWN_RELAYS_H
#define WZP_APP_KNOWN_RELAYS_H

#include "crypto/pins.h"
#include "wzp/host.h"

#define WZP_KNOWN_LEFT_OUT_MAX 4

struct wzp_known_relays {
    struct wzp_pins pins; /* what a phone uses and changes */
    struct wzp_pins base; /* what they were when read or written last */
    /* Peers of this process that end with it (the echo peer of `call echo`): never written. */
    uint8_t left_out[WZP_KNOWN_LEFT_OUT_MAX][WZP_FINGERPRINT_SIZE];
    size_t left_out_count;
    bool read_only; /* the file is damaged and could not be set aside, or nothing shall be kept */
};
void wzp_known_relays_init(struct wzp_known_relays *k);
void wzp_known_relays_fini(struct wzp_known_relays *k);
/* Reads the file; a missing one is empty. Of a damaged one the good lines are taken over and the
 * whole is set aside: then 0 with a sentence for the person in note (else note->text is ""). */
int wzp_known_relays_read(struct wzp_known_relays *k, const struct wzp_host *host,
                          struct wzp_error *note, struct wzp_error *err);
/* Writes what changed since, if anything did. */
int wzp_known_relays_write(struct wzp_known_relays *k, const struct wzp_host *host,
                           struct wzp_error *err);
/* The same in pieces, for whoever lets another thread write: is there anything to write; a copy for
 * that thread (out is initialised; WZP_E_MEMORY); the new text of the file, as of wzp_host_merge
 * (WZP_E_SYNTAX: it is damaged); and, when it failed, why: true when the damaged file was set aside
 * and a second try is due; or what is in the file now (WZP_E_MEMORY: all counts as news). */
bool wzp_known_relays_changed(const struct wzp_known_relays *k);
int wzp_known_relays_copy(struct wzp_known_relays *out, const struct wzp_known_relays *in);
int wzp_known_relays_merge(const struct wzp_known_relays *k, char **out, size_t *out_length,
                           const char *old, size_t old_length, struct wzp_error *err);
bool wzp_known_relays_repair(struct wzp_known_relays *k, const struct wzp_host *host,
                             const struct wzp_error *why);
int wzp_known_relays_written(struct wzp_known_relays *k, const struct wzp_pins *pins);
/* A peer that ends with this process: nothing about it is written. */
void wzp_known_relays_leave_out(struct wzp_known_relays *k,
                                const uint8_t fingerprint[WZP_FINGERPRINT_SIZE]);

#endif
