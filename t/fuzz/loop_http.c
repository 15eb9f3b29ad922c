/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* HTTP request heads from anybody who can reach the metrics port. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "loop/http_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_http_request r, again;
    int status = 0, status_again = 0;
    int result = wzp_http_request_parse(&r, &status, (const char *)data, size);
    if (result == 0) {
        size_t length = strnlen(r.path, sizeof r.path);
        if (length == 0 || length >= sizeof r.path || r.path[0] != '/' || status != 0)
            abort();
        for (size_t i = 0; i < length; i++)
            if (r.path[i] <= ' ' || r.path[i] > '~')
                abort();
    } else if (result == WZP_E_SHORT ? status != 0 || size >= WZP_HTTP_REQUEST_MAX
                                     : result != WZP_E_SYNTAX || status < 400 || status > 505) {
        abort();
    }
    /* Further bytes must not change a decision that was made. */
    if (size > 0 &&
        wzp_http_request_parse(&again, &status_again, (const char *)data, size - 1) == 0 &&
        (result != 0 || strcmp(r.path, again.path) != 0))
        abort();
    return 0;
}
