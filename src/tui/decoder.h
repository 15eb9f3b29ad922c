/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bytes that a terminal sends, made into keys and pasted text. Knows the sequences of xterm and its
 * relatives, bracketed paste, focus reports, and the keyboard protocol that tells releases (kitty).
 * Mouse reports are skipped unless somebody wants them; so are answers to questions that nobody
 * asked. Any bytes are welcome. */
#ifndef WZP_TUI_DECODER_H
#define WZP_TUI_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/key.h"

#define WZP_DECODER_SEQUENCE_MAX 64 /* bytes of one escape sequence; longer ones are skipped */
#define WZP_DECODER_PASTE_MAX 4096  /* bytes of one paste; the rest is dropped */
#define WZP_DECODER_ESCAPE_MS 50    /* an ESC that stays alone for so long is the key */

/* Caller owned; all zero but the functions is the start. No release. */
struct wzp_decoder {
    void (*key)(void *context, struct wzp_key key);
    /* a whole paste, 0-terminated; its bytes are as hostile as any */
    void (*paste)(void *context, const char *text, size_t length);
    /* A button of the mouse goes down (0 left, 1 middle, 2 right, 64 and 65 the wheel up and down)
     * at a cell, from 0; NULL: nobody wants to know. */
    void (*mouse)(void *context, unsigned button, int x, int y);
    void *context;

    uint64_t escape_at; /* when an unfinished sequence began, ns; 0: none */
    uint8_t held[WZP_DECODER_SEQUENCE_MAX];
    size_t held_length;
    bool in_paste, in_string, skipping; /* skipping: the rest of a sequence that was too long */
    unsigned skip;                      /* bytes of an old mouse report */
    char pasted[WZP_DECODER_PASTE_MAX + 1];
    size_t pasted_length;
    size_t paste_end; /* characters of the end mark seen */
};
/* Takes bytes as they came. */
void wzp_decoder_receive(struct wzp_decoder *d, const uint8_t *data, size_t length, uint64_t now);
/* When wzp_decoder_handle_expiry wants to be called: a lone ESC waits to become a key. */
uint64_t wzp_decoder_expiry(const struct wzp_decoder *d);
void wzp_decoder_handle_expiry(struct wzp_decoder *d, uint64_t now);

#endif
