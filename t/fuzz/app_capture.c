/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Capture files from untrusted sources: all records are read, each lies inside the file, and the
 * analysis of a short one ends. */
#include <stdlib.h>

#include "app/analyze_report.h"
#include "wire/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void analyze(const uint8_t *data, size_t size)
{
    struct wzp_analysis *a;
    struct wzp_buffer page;
    if (wzp_analyze(&a, data, size, NULL))
        return;
    wzp_buffer_init(&page, WZP_ANALYSIS_REPORT_MAX);
    wzp_analysis_report(&page, a, (const char *)"fuzz");
    if (page.result)
        abort();
    wzp_buffer_fini(&page);
    wzp_analysis_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_capture_reader r;
    struct wzp_capture_record record;
    uint64_t first = 0, last = 0;
    bool any = false;
    if (wzp_capture_open(&r, data, size))
        return 0;
    while (wzp_capture_next(&r, &record) == 1) {
        if (record.type == WZP_CAPTURE_PACKET &&
            (record.data < data || record.length > size ||
             record.data + record.length > data + size || record.interface >= r.interface_count))
            abort();
        first = any ? first : record.at;
        last = record.at > last ? record.at : last;
        any = true;
    }
    /* A capture over hours would be analyzed correctly, but slowly. */
    if (size < 20000 && last - first < UINT64_C(10000000000))
        analyze(data, size);
    return 0;
}
