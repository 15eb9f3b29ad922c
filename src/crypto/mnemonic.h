/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* BIP39 English, 24 words for 32 bytes of entropy; no passphrase, no PBKDF2. Source:
 * wzp-protocol(7), Identity; the word list is the published one (mnemonic_words.h). */
#ifndef WZP_CRYPTO_MNEMONIC_H
#define WZP_CRYPTO_MNEMONIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define WZP_MNEMONIC_WORDS 24
#define WZP_MNEMONIC_TEXT_MAX 256 /* 24 * 8 letters + blanks + 0 */

/* 24 words with single blanks. Secret text: wipe it. out holds WZP_MNEMONIC_TEXT_MAX. */
void wzp_mnemonic_encode(char *out, const uint8_t entropy[32]);
/* Words split at white space, any case. WZP_E_SYNTAX with a sentence: wrong count, an unknown word
 * (with its place and the nearest one), checksum; entropy is then all zero. The sentence about a
 * word shows that word, so it may be shown to the person who typed it, but never logged. */
int wzp_mnemonic_decode(uint8_t entropy[32], const char *text, size_t length,
                        struct wzp_error *err);

#endif
