/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* RaptorQ (RFC 6330) for one small block: any of up to ten source symbols may be missing, and as
 * many repair symbols bring them back. With so few of them the code is one matrix: each repair
 * symbol is a sum of the source symbols, weighed in GF(256), and what is missing follows from a
 * system of at most ten equations. Pure, no allocation. Source: RFC 6330 5.3 with K' = 10 (Table
 * 2), wzp-protocol(7), Codecs. */
#ifndef WZP_MEDIA_RAPTORQ_H
#define WZP_MEDIA_RAPTORQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_RAPTORQ_SOURCES_MAX 10
#define WZP_RAPTORQ_REPAIRS_MAX 16
#define WZP_RAPTORQ_SYMBOL_MAX                                                                     \
    16 /* bytes; what lies beyond is zero in all symbols of this network */

/* A block. All zero but `count`: no symbol is known yet. */
struct wzp_raptorq {
    unsigned count;                  /* K, 1..WZP_RAPTORQ_SOURCES_MAX */
    uint16_t has_source, has_repair; /* bit i: symbol i is there */
    uint8_t sources[WZP_RAPTORQ_SOURCES_MAX][WZP_RAPTORQ_SYMBOL_MAX];
    uint8_t repairs[WZP_RAPTORQ_REPAIRS_MAX]
                   [WZP_RAPTORQ_SYMBOL_MAX]; /* encoding symbol count + i */
};
/* Fills in the missing sources. WZP_E_STATE: the known symbols do not determine them (yet).
 * WZP_E_SYNTAX: the known symbols contradict each other, so some are forged or damaged. On errors
 * the block is unchanged. */
int wzp_raptorq_solve(struct wzp_raptorq *b);
/* The repair symbol `index` of a block whose sources are all there. */
void wzp_raptorq_repair(uint8_t out[WZP_RAPTORQ_SYMBOL_MAX], const struct wzp_raptorq *b,
                        unsigned index);

#endif
