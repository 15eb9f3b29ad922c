/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/race_reason.h"

#include <stddef.h>

static const struct {
    bool direct;
    const char *word, *sentence;
} reasons[WZP_RACE_REASONS] = {
#define ROW(name, direct, word, sentence) {direct, word, sentence},
    WZP_RACE_REASON_TABLE(ROW)
#undef ROW
};

const char *wzp_race_reason_word(enum wzp_race_reason reason)
{
    return (unsigned)reason < WZP_RACE_REASONS ? reasons[reason].word : NULL;
}

const char *wzp_race_reason_text(enum wzp_race_reason reason)
{
    return (unsigned)reason < WZP_RACE_REASONS ? reasons[reason].sentence : NULL;
}

bool wzp_race_reason_is_direct(enum wzp_race_reason reason)
{
    return (unsigned)reason < WZP_RACE_REASONS && reasons[reason].direct;
}
