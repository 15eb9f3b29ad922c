/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_crypto.h"

#include <stdarg.h>
#include <string.h>

#include "tap.h"

json_t *vectors_load(void)
{
    json_error_t error;
    const char *path = tap_source_path("t/vectors/crypto-vectors.json");
    json_t *vectors = json_load_file(path, 0, &error);
    if (!vectors)
        bail("%s: %s", path, error.text);
    return vectors;
}

json_t *at(json_t *object, ...)
{
    va_list names;
    const char *name;
    va_start(names, object);
    while ((name = va_arg(names, const char *)) != NULL) {
        object = json_object_get(object, name);
        if (!object)
            bail("the vectors have no %s", name);
    }
    va_end(names);
    return object;
}

const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    if (!text)
        bail("the vectors have no text %s", name);
    return text;
}

size_t bytes_of(void *out, size_t room, json_t *object, const char *name)
{
    return tap_hex(out, room, text_of(object, name));
}

void is_member(const void *got, size_t length, json_t *object, const char *name)
{
    uint8_t want[1024];
    size_t want_length = bytes_of(want, sizeof want, object, name);
    is_bytes(got, length, want, want_length, "%s", name);
}

void identity_named(struct wzp_identity *out, json_t *vectors, const char *name)
{
    size_t i;
    json_t *row;
    uint8_t seed[32];
    json_array_foreach(at(vectors, "identities", NULL), i, row)
    {
        if (strcmp(text_of(row, "name"), name) == 0) {
            bytes_of(seed, sizeof seed, row, "seed");
            wzp_identity_from_seed(out, seed);
            return;
        }
    }
    bail("the vectors have no identity %s", name);
}

static void known_fill(void *context, void *out, size_t length)
{
    struct known_bytes *k = context;
    uint8_t *p = out;
    for (size_t i = 0; i < length; i++) {
        p[i] = k->data[k->offset];
        k->offset = (k->offset + 1) % k->length;
    }
}

struct wzp_random known_source(struct known_bytes *k, const char *hex)
{
    k->length = tap_hex(k->data, sizeof k->data, hex);
    k->offset = 0;
    return (struct wzp_random){known_fill, k};
}

struct wzp_random test_random(uint64_t seed)
{
    static struct wzp_random_seeded seeded;
    wzp_random_seeded_init(&seeded, seed);
    return wzp_random_seeded_source(&seeded);
}
