/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The hash map and SipHash-2-4 against the reference vectors. */
#include "base/map.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tap.h"

static void check_siphash(void)
{
    /* Reference: key 00..0f, message 00, 01, ... of that length. */
    static const struct {
        size_t length;
        uint64_t hash;
    } vectors[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
        {2, UINT64_C(0x0d6c8009d9a94f5a)},  {7, UINT64_C(0xab0200f58b01d137)},
        {8, UINT64_C(0x93f5f5799a932462)},  {15, UINT64_C(0xa129ca6149be45e5)},
        {63, UINT64_C(0x958a324ceb064572)},
    };
    const uint64_t key[2] = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
    uint8_t message[64];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
        ok(wzp_siphash(key, message, vectors[i].length) == vectors[i].hash, "SipHash of %zu bytes",
           vectors[i].length);
}

static void check_basics(const struct wzp_random *random)
{
    struct wzp_map m;
    int a = 1, b = 2;
    char long_key[WZP_MAP_KEY_MAX + 1];
    memset(long_key, 'k', sizeof long_key);
    wzp_map_init(&m, 3, random);
    ok(!wzp_map_get(&m, "a", 1), "empty");
    ok(!wzp_map_remove(&m, "a", 1), "nothing to remove");
    struct wzp_map_cursor c = {0};
    is_int(wzp_map_next(&m, &c), 0, "nothing to walk");
    is_int(wzp_map_put(&m, "a", 1, &a), 0, "put");
    ok(wzp_map_get(&m, "a", 1) == &a, "get");
    ok(!wzp_map_get(&m, "a", 0) && !wzp_map_get(&m, "a\0", 2), "the length counts");
    is_int(wzp_map_put(&m, "a", 1, &b), 0, "put again");
    ok(wzp_map_get(&m, "a", 1) == &b && m.count == 1, "replaces");
    is_int(wzp_map_put(&m, "", 0, &a), 0, "the empty key");
    ok(wzp_map_get(&m, NULL, 0) == &a, "is a key");
    is_int(wzp_map_put(&m, long_key, WZP_MAP_KEY_MAX, &a), 0, "the longest key");
    ok(wzp_map_get(&m, long_key, WZP_MAP_KEY_MAX) == &a, "is found");
    is_int(wzp_map_put(&m, long_key, sizeof long_key, &a), WZP_E_ARGUMENT, "a longer one is not");
    ok(!wzp_map_get(&m, long_key, sizeof long_key), "taken");
    ok(!wzp_map_remove(&m, long_key, sizeof long_key), "or removed");
    is_int(wzp_map_put(&m, "z", 1, NULL), WZP_E_ARGUMENT, "no value");
    is_int(wzp_map_put(&m, "z", 1, &a), WZP_E_LIMIT, "the limit");
    is_int(wzp_map_put(&m, "a", 1, &a), 0, "but replacing goes on");
    uint64_t calls = wzp_alloc_calls();
    ok(wzp_map_remove(&m, "a", 1) == &a, "remove");
    ok(!wzp_map_get(&m, "a", 1) && m.count == 2, "gone");
    is_int(wzp_alloc_calls() - calls, 0, "looking up and removing allocate nothing");
    wzp_map_fini(&m);
    ok(!wzp_map_get(&m, "", 0), "empty again");
}

static void check_many(const struct wzp_random *random)
{
    struct wzp_map m;
    enum { COUNT = 2000 };
    static int values[COUNT];
    char key[16];
    bool all = true;
    wzp_map_init(&m, COUNT, random);
    for (int i = 0; i < COUNT; i++) {
        int n = snprintf(key, sizeof key, "key %d", i);
        all = wzp_map_put(&m, key, (size_t)n, &values[i]) == 0 && all;
    }
    ok(all && m.count == COUNT, "%d entries", COUNT);
    ok(m.bucket_count >= COUNT, "the table grew");
    for (int i = 0; i < COUNT; i++) {
        int n = snprintf(key, sizeof key, "key %d", i);
        all = wzp_map_get(&m, key, (size_t)n) == &values[i] && all;
    }
    ok(all, "all are found");

    struct wzp_map_cursor c = {0};
    int walked = 0;
    while (wzp_map_next(&m, &c)) {
        int *value = c.value;
        int n = snprintf(key, sizeof key, "key %d", (int)(value - values));
        all = c.key_length == (size_t)n && memcmp(c.key, key, (size_t)n) == 0 && all;
        (*value)++;
        walked++;
        if ((value - values) % 2 == 0)
            all = wzp_map_remove(&m, c.key, c.key_length) == value && all;
    }
    ok(all, "the walk shows keys with their values, and entries may go meanwhile");
    is_int(walked, COUNT, "each once");
    is_int(m.count, COUNT / 2, "half are left");
    for (int i = 0; i < COUNT; i++)
        all = all && values[i] == 1;
    ok(all, "none twice");
    wzp_map_fini(&m);
}

TAP_MAIN
{
    struct wzp_random_seeded s;
    wzp_random_seeded_init(&s, 1);
    struct wzp_random random = wzp_random_seeded_source(&s);
    check_siphash();
    check_basics(&random);
    check_many(&random);
    if (tap_oom_mode())
        return;
    struct wzp_map m;
    int v;
    wzp_map_init(&m, 100, &random);
    for (int fail = 1; fail <= 2; fail++) {
        wzp_alloc_fail_after(fail);
        is_int(wzp_map_put(&m, "x", 1, &v), WZP_E_MEMORY, "allocation %d fails", fail);
        is_int(m.count, 0, "nothing was added");
    }
    wzp_alloc_fail_after(0);
    for (int i = 0; i < 16; i++)
        wzp_map_put(&m, &i, sizeof i, &v);
    wzp_alloc_fail_after(2);
    is_int(wzp_map_put(&m, "more", 4, &v), 0, "a table that cannot grow still takes entries");
    wzp_alloc_fail_after(0);
    is_int(m.bucket_count, 16, "it did not grow");
    ok(wzp_map_get(&m, "more", 4) == &v, "and finds them");
    wzp_map_fini(&m);
}
