/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Numbers, times and names for people. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tui/internal.h"

const char *wzp_tui_duration(char out[16], uint64_t milliseconds)
{
    uint64_t seconds = milliseconds / 1000;
    unsigned hours = seconds / 3600 > 999 ? 999 : (unsigned)(seconds / 3600);
    unsigned minute = (unsigned)(seconds / 60 % 60), second = (unsigned)(seconds % 60);
    if (hours > 0)
        snprintf(out, 16, "%u:%02u:%02u", hours, minute, second);
    else
        snprintf(out, 16, "%u:%02u", minute, second);
    return out;
}

struct date {
    int year;
    unsigned month, day, hour, minute, second;
    int64_t days; /* since 1970 */
};

/* Civil date of a number of days since 1970 (Howard Hinnant's chrono algorithms, public). */
static void date_of(struct date *out, int64_t local_seconds)
{
    int64_t days = local_seconds / 86400, rest = local_seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    out->days = days;
    out->hour = (unsigned)(rest / 3600);
    out->minute = (unsigned)(rest / 60 % 60);
    out->second = (unsigned)(rest % 60);
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned day_of_era = (unsigned)(z - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153; /* months counted from March as 0 */
    out->day = day_of_year - (153 * shifted + 2) / 5 + 1;
    out->month = shifted < 10 ? shifted + 3 : shifted - 9;
    out->year = (int)(year_of_era + era * 400) + (out->month <= 2);
}

static void local_date(struct date *out, const struct wzp_view *view, uint64_t seconds)
{
    int zone = view->zone_minutes ? view->zone_minutes(view->context, seconds) : 0;
    date_of(out, (int64_t)(seconds & INT64_MAX) + 60 * (int64_t)zone);
}

const char *wzp_tui_when(char out[32], const struct wzp_view *view, uint64_t seconds)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct date then, today;
    if (seconds > UINT64_C(253402300799)) /* past the year 9999: no date */
        seconds = 0;
    local_date(&then, view, seconds);
    local_date(&today, view, view->wall_ms(view->context) / 1000);
    if (then.days == today.days)
        snprintf(out, 32, "%02u:%02u", then.hour, then.minute);
    else if (then.days + 1 == today.days)
        snprintf(out, 32, "yesterday %02u:%02u", then.hour, then.minute);
    else if (then.year == today.year)
        snprintf(out, 32, "%u %s %02u:%02u", then.day, months[then.month - 1], then.hour,
                 then.minute);
    else
        snprintf(out, 32, "%u %s %d", then.day, months[then.month - 1], then.year);
    return out;
}

const char *wzp_tui_clock(char out[16], const struct wzp_view *view, uint64_t wall_ms)
{
    struct date d;
    local_date(&d, view, wall_ms / 1000);
    snprintf(out, 16, "%02u:%02u:%02u", d.hour & 31, d.minute & 63, d.second & 63);
    return out;
}

const char *wzp_tui_codec(uint8_t codec)
{
    static const char *const names[WZP_CODEC_COUNT] = {
        "Opus 24k",      "Opus 16k", "Opus 6k",  "Codec2 3.2k", "Codec2 1.2k",
        "comfort noise", "Opus 32k", "Opus 48k", "Opus 64k",
    };
    return codec < WZP_CODEC_COUNT ? names[codec] : "-";
}

enum wzp_match wzp_tui_match(const char *text, const char *part)
{
    enum wzp_match best = *part ? WZP_MATCH_NONE : WZP_MATCH_START;
    for (const char *at = text; *at && best < WZP_MATCH_START; at++) {
        if (strncasecmp(at, part, strlen(part)) != 0)
            continue;
        bool inside = at != text &&
                      (isalnum((unsigned char)at[-1]) || (unsigned char)at[-1] >= 0x80);
        enum wzp_match here = inside       ? WZP_MATCH_INSIDE
                              : at == text ? WZP_MATCH_START
                                           : WZP_MATCH_WORD;
        if (here > best)
            best = here;
    }
    return best;
}

bool wzp_tui_contains(const char *text, const char *part)
{
    return wzp_tui_match(text, part) != WZP_MATCH_NONE;
}

enum wzp_match wzp_tui_answers_to(const char *name, const char *fingerprint, const char *text)
{
    return strncasecmp(fingerprint, text, strlen(text)) == 0 ? WZP_MATCH_START
                                                             : wzp_tui_match(name, text);
}

const char *wzp_tui_short(char out[24], const char *fingerprint)
{
    if (strlen(fingerprint) <= 12)
        snprintf(out, 24, "%.20s", fingerprint);
    else
        snprintf(out, 24, "%.9s…", fingerprint);
    return out;
}

double wzp_tui_meter(double dbfs)
{
    return isnan(dbfs) ? 0 : fmin(fmax((dbfs + 60) / 60, 0), 1);
}
