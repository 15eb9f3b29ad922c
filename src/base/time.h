/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Time below the line (in code without I/O) is a parameter: nanoseconds of a monotonic clock whose
 * origin nobody may assume. Wall-clock time, where a person or a file needs it, comes in as a
 * second argument in milliseconds since 1970. */
#ifndef WZP_BASE_TIME_H
#define WZP_BASE_TIME_H

#include "wzp/types.h"

static inline uint64_t wzp_time_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}
/* now + delay without wrapping past WZP_NEVER. */
static inline uint64_t wzp_time_add(uint64_t now, uint64_t delay)
{
    return delay > WZP_NEVER - now ? WZP_NEVER : now + delay;
}
/* later - earlier, 0 when earlier is not earlier. */
static inline uint64_t wzp_time_since(uint64_t later, uint64_t earlier)
{
    return later > earlier ? later - earlier : 0;
}

#endif
