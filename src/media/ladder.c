/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/ladder.h"

#include "media/encoder.h"

/* Headers weigh 38 kbit/s at 20 ms, 19 at 40, 13 at 60, 6 at 120: longer frames come long before a
 * poor voice. Frames beyond 60 ms, which are a delay and take as long again on their way through
 * the line, are for lines that carry nothing else. */
struct row {
    uint32_t bitrate;
    uint8_t frame_ms;
};
static const struct row ladder[] = {
    {0, 20},     {43000, 40}, {36000, 40}, {26000, 40}, {26000, 60},  {20000, 60}, {16000, 60},
    {13000, 60}, {10000, 60}, {9000, 60},  {10000, 80}, {10000, 120}, {9000, 120}, {6000, 120}};
/* For a peer that takes the frame length from the codec id. */
static const struct row ladder_short[] = {{0, 20},     {44000, 40}, {36000, 40},
                                          {30000, 40}, {24000, 40}, {18000, 40},
                                          {12000, 40}, {9000, 40},  {6000, 40}};

static const struct row *row_of(const struct wzp_ladder *l, unsigned row)
{
    return l->long_frames ? &ladder[row] : &ladder_short[row];
}

unsigned wzp_ladder_count(const struct wzp_ladder *l)
{
    return l->long_frames ? sizeof ladder / sizeof *ladder
                          : sizeof ladder_short / sizeof *ladder_short;
}

uint32_t wzp_ladder_bitrate(const struct wzp_ladder *l, unsigned row)
{
    uint32_t bitrate = row_of(l, row)->bitrate;

    return bitrate ? bitrate : wzp_codec_info(l->best)->bitrate;
}

uint8_t wzp_ladder_frame_ms(const struct wzp_ladder *l, unsigned row)
{
    return row == 0 ? wzp_codec_info(l->best)->frame_ms : row_of(l, row)->frame_ms;
}

double wzp_ladder_kbps(const struct wzp_ladder *l, unsigned row)
{
    return 0.9 * wzp_ladder_bitrate(l, row) / 1000 +
           WZP_PACKET_OVERHEAD * 8.0 / wzp_ladder_frame_ms(l, row);
}

bool wzp_ladder_is_dearer(const struct wzp_ladder *l, unsigned row)
{
    return row > 0 && wzp_ladder_kbps(l, row) >= wzp_ladder_kbps(l, 0);
}

unsigned wzp_ladder_fitting(const struct wzp_ladder *l, unsigned from, double kbps)
{
    unsigned count = wzp_ladder_count(l);
    unsigned row = from;

    while (row + 1 < count && (wzp_ladder_kbps(l, row) > kbps || wzp_ladder_is_dearer(l, row)))
        row++;
    return row;
}
