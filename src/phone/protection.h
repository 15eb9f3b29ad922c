/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Two small rules of arithmetic over a call's measurements: how much loss the encoder shall be
 * prepared for, and how the call sounds (E-model). Source: wzp-protocol(7), Codecs. */
#ifndef WZP_PHONE_PROTECTION_H
#define WZP_PHONE_PROTECTION_H

#include <stdbool.h>

#include "wire/codec.h"

/* Percent for wzp_encoder_set_expected_loss: half as much again as the worse of what the peer
 * reports and what our own path loses, between WZP_EXPECTED_LOSS_FLOOR and 40; at least 25 while
 * a relay recommends a poor tier (warned). */
unsigned wzp_protection_expected_loss(double peer_percent, double path_percent, bool warned);
/* DRED duration in 10 ms units for that expectation: from the codec's start value up to its
 * ceiling. */
unsigned wzp_protection_dred_units(enum wzp_codec codec, unsigned expected_loss);
/* Mean opinion score 1..4.5: one-way delay in ms (half the round trip, buffer and frame) and the
 * loss in percent that is left after recovery, and what the codec costs by itself. */
double wzp_protection_mos(double delay_ms, double loss_percent, enum wzp_codec codec);

#endif
