/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The English word list of BIP39 as data. Source: wzp-protocol(7), Identity. */
#ifndef WZP_CRYPTO_MNEMONIC_WORDS_H
#define WZP_CRYPTO_MNEMONIC_WORDS_H

#define WZP_MNEMONIC_LIST_SIZE 2048

/* Sorted, lower case, 3 to 8 letters each; the first four letters tell every two words apart. */
extern const char wzp_mnemonic_words[WZP_MNEMONIC_LIST_SIZE][9];

#endif
