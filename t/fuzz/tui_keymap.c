/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any text as keys.conf: the table of keys stays consistent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/keymap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void warn(void *context, const char *sentence)
{
    if (!wzp_utf8_valid(sentence, strlen(sentence)) || strchr(sentence, '\033'))
        abort();
    ++*(size_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wzp_keymap map;
    size_t told = 0;
    if (wzp_keymap_init(&map))
        return 0;
    size_t wrong = wzp_keymap_parse(&map, (const char *)data, size, warn, &told);
    if (told != wrong || map.count > WZP_KEYMAP_LIMIT)
        abort();
    for (size_t i = 0; i < map.count; i++) {
        struct wzp_key key;
        char name[WZP_KEY_NAME_MAX];
        if (!wzp_key_from_name(&key, wzp_key_name(name, map.items[i].key)) ||
            !wzp_key_equal(key, map.items[i].key))
            abort();
    }
    wzp_keymap_fini(&map);
    return 0;
}
