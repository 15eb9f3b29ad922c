/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The file known_relays: pinned certificates of relays, and what is known of peers' encryption.
 * Several programs may learn at once: each merges only its own changes into what the others wrote,
 * so that nothing is lost and an older copy weakens nothing. Source: wzp-protocol(7),
 * Certificate. */
#ifndef WZP_APP_KNOWN_RELAYS_H
#define WZP_APP_KNOWN_RELAYS_H

#include "crypto/pins.h"
#include "wzp/host.h"

#define WZP_KNOWN_LEFT_OUT_MAX 4

struct wzp_known_relays {
    struct wzp_pins pins; /* what a phone uses and changes */
    /* the state when the file was read or written last; pins minus base are our changes */
    struct wzp_pins base;
    /* Peers that exist only in this process (the echo peer of `call echo`): never written. */
    uint8_t left_out[WZP_KNOWN_LEFT_OUT_MAX][WZP_FINGERPRINT_SIZE];
    size_t left_out_count;
    bool read_only; /* the file is damaged and could not be renamed, or nothing is to be written */
};
void wzp_known_relays_init(struct wzp_known_relays *k);
void wzp_known_relays_fini(struct wzp_known_relays *k);
/* Reads the file; a missing one is empty. Of a damaged one the valid lines are taken over and the
 * file is set aside (renamed): then 0 with a sentence for the person in note (else note->text is
 * ""). */
int wzp_known_relays_read(struct wzp_known_relays *k, const struct wzp_host *host,
                          struct wzp_error *note, struct wzp_error *err);
/* Writes our changes since the last read or write, if there are any. */
int wzp_known_relays_write(struct wzp_known_relays *k, const struct wzp_host *host,
                           struct wzp_error *err);
/* The same in steps, for a caller that writes on another thread. _changed: is there anything to
 * write? _copy: a copy for that thread (out is initialised; WZP_E_MEMORY). _merge: makes the new
 * text of the file, as a wzp_host_merge (WZP_E_SYNTAX: the file is damaged). _repair: after a
 * failure for this reason; true when the damaged file was set aside and a second attempt is due.
 * _written: takes over what is in the file now (WZP_E_MEMORY: everything counts as changed). */
bool wzp_known_relays_changed(const struct wzp_known_relays *k);
int wzp_known_relays_copy(struct wzp_known_relays *out, const struct wzp_known_relays *in);
int wzp_known_relays_merge(const struct wzp_known_relays *k, char **out, size_t *out_length,
                           const char *old, size_t old_length, struct wzp_error *err);
bool wzp_known_relays_repair(struct wzp_known_relays *k, const struct wzp_host *host,
                             const struct wzp_error *why);
int wzp_known_relays_written(struct wzp_known_relays *k, const struct wzp_pins *pins);
/* Marks a peer that exists only in this process: nothing about it is written. */
void wzp_known_relays_leave_out(struct wzp_known_relays *k,
                                const uint8_t fingerprint[WZP_FINGERPRINT_SIZE]);

#endif
