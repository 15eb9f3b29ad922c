/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Bytes of a keyboard: every key that comes out is one that can be named, every paste is bounded,
 * and the same bytes in other pieces give the same keys. */
#include <stdlib.h>
#include <string.h>

#include "tui/decoder.h"
#include "tui/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t hash;
    struct wzp_line line;
};

static void mix(struct seen *s, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        s->hash = (s->hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void on_key(void *context, struct wzp_key key)
{
    struct seen *s = context;
    char name[WZP_KEY_NAME_MAX];
    if (key.code == WZP_KEY_NONE || key.modifiers > 7 || key.kind > WZP_KEY_RELEASE)
        abort();
    wzp_key_name(name, key);
    mix(s, name, strlen(name));
}

static void on_paste(void *context, const char *text, size_t length)
{
    struct seen *s = context;
    if (length > WZP_DECODER_PASTE_MAX || text[length] != '\0')
        abort();
    wzp_line_insert(&s->line, text, length);
    if (s->line.length >= sizeof s->line.text || strlen(s->line.text) != s->line.length)
        abort();
    mix(s, text, length);
}

static void on_mouse(void *context, unsigned button, int x, int y)
{
    struct seen *s = context;
    if (x < 0 || y < 0 || x > 0x8000 || y > 0x8000)
        abort();
    mix(s, &button, sizeof button);
    mix(s, &x, sizeof x);
    mix(s, &y, sizeof y);
}

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
    static struct seen s;
    static struct wzp_decoder d;
    s = (struct seen){.hash = 1};
    d = (struct wzp_decoder){.key = on_key, .paste = on_paste, .mouse = on_mouse, .context = &s};
    for (size_t at = 0; at < size; at += piece)
        wzp_decoder_receive(&d, data + at, size - at < piece ? size - at : piece, 1000);
    wzp_decoder_handle_expiry(&d, wzp_decoder_expiry(&d));
    if (wzp_decoder_expiry(&d) != UINT64_MAX)
        abort();
    wzp_line_fini(&s.line);
    return s.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (run(data, size, 1) != run(data, size, size ? size : 1))
        abort();
    return 0;
}
