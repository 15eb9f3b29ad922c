/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as a person's config.toml: texts end, choices are known ones, an error has a sentence.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "app/settings.h"
#include "wire/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void warn(void *context, const char *sentence)
{
    char safe[512];
    size_t length = strlen(sentence);
    (void)context;
    /* The message contains input bytes and goes to a terminal. */
    if (length == 0 || length >= sizeof safe ||
        wzp_text_filter(safe, sizeof safe, sentence, length) != length ||
        strcmp(safe, sentence) != 0)
        abort();
}

static void check_text(const char *text, size_t size)
{
    if (!memchr(text, 0, size))
        abort();
}

static void check(const struct wzp_settings *s)
{
    check_text(s->relay, sizeof s->relay);
    check_text(s->in, sizeof s->in);
    check_text(s->out, sizeof s->out);
    check_text(s->alias, sizeof s->alias);
    check_text(s->token_file, sizeof s->token_file);
    if (s->e2e > WZP_E2E_OFF || s->auto_answer > WZP_AUTO_ALL ||
        s->answer_mode > WZP_ANSWER_REJECT || !wzp_codec_info(s->codec) || s->ring_seconds < 1 ||
        s->ring_seconds > 3600)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_settings s;
    struct wzp_error err = {0};
    wzp_settings_default(&s);
    int result = wzp_settings_parse(&s, (const char *)data, size, warn, NULL, &err);
    if (result > 0 || (result < 0 && !err.text[0]))
        abort();
    check(&s);
    wzp_settings_default(&s);
    wzp_settings_parse_anyway(&s, "config.toml", (const char *)data, size, warn, NULL);
    check(&s);
    return 0;
}
