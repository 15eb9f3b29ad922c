/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Signals: what is read can be written, and what was written reads back and is written the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "wire/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_replace(const char *text, size_t length)
{
    char *out = NULL;
    size_t out_length = 0;
    if (wzp_signal_replace_field(&out, &out_length, text, length, "call_id", "x") == 0) {
        char *same = NULL;
        size_t same_length = 0;
        int result = wzp_signal_replace_field(&same, &same_length, out, out_length, "call_id", "x");
        if (result != 0 || same_length != out_length || memcmp(same, out, out_length) != 0)
            abort();
        wzp_free(same);
    }
    wzp_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int ready;
    if (!ready) {
        wzp_signal_use_allocator();
        ready = 1;
    }
    long live = wzp_alloc_live();
    struct wzp_signal first, second;
    struct wzp_error err = {0};
    char *one = NULL, *two = NULL;
    size_t one_length = 0, two_length = 0;
    int result = wzp_signal_parse(&first, (const char *)data, size, &err);
    if (result == 0) {
        /* The text may become longer: \u0001 stays as long, but 1e9 does not. */
        result = wzp_signal_write(&one, &one_length, &first);
        if (result != 0 && result != WZP_E_TOO_BIG)
            abort();
        wzp_signal_fini(&first);
    } else if (err.code != result || !wzp_utf8_valid(err.text, strlen(err.text))) {
        abort();
    }
    if (one != NULL) {
        if (wzp_signal_parse(&second, one, one_length, NULL) != 0 || second.type != first.type ||
            wzp_signal_write(&two, &two_length, &second) != 0 || two_length != one_length ||
            memcmp(one, two, one_length) != 0)
            abort();
        wzp_signal_fini(&second);
    }
    wzp_free(one);
    wzp_free(two);
    check_replace((const char *)data, size);
    if (wzp_alloc_live() != live)
        abort();
    return 0;
}
