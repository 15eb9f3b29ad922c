/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Decoder from the bytes that a terminal sends to keys and pasted text. Knows the sequences of
 * xterm and its relatives, bracketed paste, focus reports, and the keyboard protocol that tells
 * releases (kitty). Mouse reports are skipped unless they are wanted; so are answers to queries
 * that were not made. Any sequence of bytes is accepted. */
#ifndef WZP_TUI_DECODER_H
#define WZP_TUI_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/key.h"

#define WZP_DECODER_SEQUENCE_MAX 64 /* bytes of one escape sequence; longer ones are skipped */
#define WZP_DECODER_PASTE_MAX 4096  /* bytes of one paste; the rest is dropped */
/* an ESC that is followed by nothing for this long is the Escape key */
#define WZP_DECODER_ESCAPE_MS 50

/* Owned by the caller; initially all zero except the functions. Nothing to release. */
struct wzp_decoder {
    void (*key)(void *context, struct wzp_key key);
    /* a whole paste, 0-terminated; untrusted bytes */
    void (*paste)(void *context, const char *text, size_t length);
    /* A mouse button is pressed (0 left, 1 middle, 2 right, 64 and 65 the wheel up and down) at a
     * cell, counted from 0; NULL: not wanted. */
    void (*mouse)(void *context, unsigned button, int x, int y);
    void *context;

    uint64_t escape_at; /* when an unfinished sequence began, ns; 0: none */
    uint8_t held[WZP_DECODER_SEQUENCE_MAX];
    size_t held_length;
    /* skipping: ignores the rest of a sequence that was too long */
    bool in_paste, in_string, skipping;
    unsigned skip; /* bytes of an old-style mouse report still to be skipped */
    char pasted[WZP_DECODER_PASTE_MAX + 1];
    size_t pasted_length;
    size_t paste_end; /* characters of the end mark seen */
};
/* Takes received bytes. */
void wzp_decoder_receive(struct wzp_decoder *d, const uint8_t *data, size_t length, uint64_t now);
/* When wzp_decoder_handle_expiry is to be called: a lone ESC then becomes the key. */
uint64_t wzp_decoder_expiry(const struct wzp_decoder *d);
void wzp_decoder_handle_expiry(struct wzp_decoder *d, uint64_t now);

#endif
