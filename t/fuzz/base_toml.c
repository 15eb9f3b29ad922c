/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Untrusted TOML: no crash, and the reported values are valid. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int check(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    unsigned *last_line = context;
    (void)err;
    if (!v->table || !v->key || v->key[0] == '\0' || v->line < *last_line)
        abort();
    if ((v->type == WZP_TOML_STRING) != (v->string != NULL))
        abort();
    if (v->string != NULL &&
        (strlen(v->string) > WZP_TOML_STRING_MAX || !wzp_utf8_valid(v->string, strlen(v->string))))
        abort();
    *last_line = v->line;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned line = 1;
    struct wzp_error err = {0};
    int result = wzp_toml_parse((const char *)data, size, check, &line, &err);
    if (result > 0 ||
        (result < 0 && (err.code != result || !wzp_utf8_valid(err.text, strlen(err.text)))))
        abort();
    return 0;
}
