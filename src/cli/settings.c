/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/settings.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/toml.h"
#include "loop/files.h"

enum kind { TEXT, BOOLEAN, SECONDS, E2E, CODEC };

static const struct {
    struct wzp_setting_key key;
    enum kind kind;
    size_t offset, size;
} keys[] = {
#define TEXT_KEY(field)                                                                            \
    TEXT, offsetof(struct wzp_settings, field), sizeof(((struct wzp_settings *)0)->field)
#define OTHER_KEY(kind, field) kind, offsetof(struct wzp_settings, field), 0
    {{"relay", "string", "none", "relay to register at, host:port"}, TEXT_KEY(relay)},
    {{"alias", "string", "from the identity", "name shown to others"}, TEXT_KEY(alias)},
    {{"in", "string", "alsa:default", "microphone: alsa:NAME, file:x.wav, tone:440, silence"},
     TEXT_KEY(in)},
    {{"out", "string", "alsa:default", "loudspeaker: alsa:NAME, file:x.wav, null"}, TEXT_KEY(out)},
    {{"token_file", "string", "none", "file with the relay's access token"}, TEXT_KEY(token_file)},
    {{"e2e", "string", "prefer", "end-to-end encryption: prefer, require, off"},
     OTHER_KEY(E2E, e2e)},
    {{"codec", "string", "Opus24k", "codec to send"}, OTHER_KEY(CODEC, codec)},
    {{"echo_cancel", "boolean", "true", "remove the loudspeaker from the microphone"},
     OTHER_KEY(BOOLEAN, echo_cancel)},
    {{"auto_gain", "boolean", "true", "keep the microphone at an even level"},
     OTHER_KEY(BOOLEAN, auto_gain)},
    {{"denoise", "boolean", "true", "remove steady noise from the microphone"},
     OTHER_KEY(BOOLEAN, denoise)},
    {{"accept_new_relays", "boolean", "true", "trust a relay's certificate when seen first"},
     OTHER_KEY(BOOLEAN, accept_new_relays)},
    {{"ring_seconds", "integer", "60", "give up a call that nobody answers"},
     OTHER_KEY(SECONDS, ring_seconds)},
};
#define KEY_COUNT (sizeof keys / sizeof keys[0])

const struct wzp_setting_key *wzp_setting_key(size_t i)
{
    return i < KEY_COUNT ? &keys[i].key : NULL;
}

void wzp_settings_default(struct wzp_settings *s)
{
    *s = (struct wzp_settings){.in = "alsa:default",
                               .out = "alsa:default",
                               .e2e = WZP_E2E_PREFER,
                               .codec = WZP_CODEC_OPUS_24K,
                               .echo_cancel = true,
                               .auto_gain = true,
                               .denoise = true,
                               .accept_new_relays = true,
                               .ring_seconds = 60};
}

static int parse_e2e(enum wzp_e2e_policy *out, const char *text, struct wzp_error *err)
{
    static const char *const names[] = {"prefer", "require", "off"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum wzp_e2e_policy)i;
            return 0;
        }
    }
    return wzp_error_set(err, WZP_E_RANGE, "e2e is one of prefer, require, off");
}

static int parse_codec(enum wzp_codec *out, const char *text, struct wzp_error *err)
{
    enum wzp_codec codec;
    if (wzp_codec_parse(&codec, text, strlen(text)) || codec == WZP_CODEC_COMFORT_NOISE)
        return wzp_error_set(err, WZP_E_RANGE,
                             "codec is one of Opus64k, Opus48k, Opus32k, Opus24k, Opus16k, Opus6k, "
                             "Codec2_3200, Codec2_1200");
    *out = codec;
    return 0;
}

/* A parse under way. */
struct reader {
    struct wzp_settings *settings;
    void (*warn)(void *context, const char *sentence);
    void *context;
};

static void warn_unknown(const struct reader *reader, const struct wzp_toml_value *v)
{
    char safe[64], sentence[256];
    const char *table = v->table[0] ? " in a table" : "";
    if (!reader->warn)
        return;
    wzp_text_filter(safe, sizeof safe, v->key, strlen(v->key));
    const char *nearest = NULL;
    unsigned best = 4;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        unsigned distance = wzp_text_distance(v->key, keys[i].key.name);
        if (distance < best) {
            best = distance;
            nearest = keys[i].key.name;
        }
    }
    snprintf(sentence, sizeof sentence, "line %u: unknown key %s%s%s%s%s", v->line, safe, table,
             nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    reader->warn(reader->context, sentence);
}

static int store(struct wzp_settings *s, size_t i, const struct wzp_toml_value *v,
                 struct wzp_error *err)
{
    void *field = (char *)s + keys[i].offset;
    const char *name = keys[i].key.name;
    bool is_text = v->type == WZP_TOML_STRING && v->array_index < 0;
    switch (keys[i].kind) {
    case TEXT:
        if (!is_text || !wzp_text_copy(field, keys[i].size, v->string))
            return wzp_error_set(err, WZP_E_SYNTAX, "%s wants a text of less than %zu bytes", name,
                                 keys[i].size);
        return 0;
    case BOOLEAN:
        if (v->type != WZP_TOML_BOOLEAN || v->array_index >= 0)
            return wzp_error_set(err, WZP_E_SYNTAX, "%s wants true or false", name);
        *(bool *)field = v->boolean;
        return 0;
    case SECONDS:
        if (v->type != WZP_TOML_INTEGER || v->array_index >= 0 || v->integer < 1 ||
            v->integer > 3600)
            return wzp_error_set(err, WZP_E_RANGE, "%s wants a whole number of 1 to 3600", name);
        *(unsigned *)field = (unsigned)v->integer;
        return 0;
    case E2E:
        return is_text ? parse_e2e(field, v->string, err)
                       : wzp_error_set(err, WZP_E_SYNTAX, "e2e wants a text");
    case CODEC:
        return is_text ? parse_codec(field, v->string, err)
                       : wzp_error_set(err, WZP_E_SYNTAX, "codec wants a text");
    }
    return WZP_E_INTERNAL;
}

static int on_value(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    struct reader *reader = context;
    for (size_t i = 0; v->table[0] == 0 && i < KEY_COUNT; i++) {
        if (strcmp(v->key, keys[i].key.name) != 0)
            continue;
        int result = store(reader->settings, i, v, err);
        if (result) {
            char where[32];
            snprintf(where, sizeof where, "line %u", v->line);
            wzp_error_prefix(err, where);
        }
        return result;
    }
    warn_unknown(reader, v);
    return 0;
}

int wzp_settings_parse(struct wzp_settings *s, const char *text, size_t length,
                       void (*warn)(void *context, const char *sentence), void *context,
                       struct wzp_error *err)
{
    struct reader reader = {.settings = s, .warn = warn, .context = context};
    return wzp_toml_parse(text, length, on_value, &reader, err);
}

static void tell(void *context, const char *sentence)
{
    fprintf(stderr, "wzp: %s: %s\n", (const char *)context, sentence);
}

static int load_file(struct wzp_settings *s, const char *named, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    char *text;
    size_t length;
    if (named) {
        if (!wzp_text_copy(path, sizeof path, named))
            return wzp_error_set(err, WZP_E_ARGUMENT, "--config is too long for a path");
    } else if (wzp_path(path, WZP_PLACE_CONFIG, "config.toml", NULL)) {
        return 0; /* no home: no file */
    }
    int result = wzp_file_read(&text, &length, path, WZP_TOML_SIZE_MAX, false, err);
    if (result == WZP_E_NOT_FOUND && !named)
        return 0;
    if (result)
        return result;
    result = wzp_settings_parse(s, text, length, tell, path, err);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

static int override(char *field, size_t size, const char *value, const char *name,
                    struct wzp_error *err)
{
    if (value && !wzp_text_copy(field, size, value))
        return wzp_error_set(err, WZP_E_ARGUMENT, "--%s is longer than %zu bytes", name, size - 1);
    return 0;
}

int wzp_settings_load(struct wzp_settings *s, const struct wzp_client_options *o,
                      struct wzp_error *err)
{
    wzp_settings_default(s);
    int result = load_file(s, o->config, err);
    if (!result)
        result = override(s->relay, sizeof s->relay, o->relay, "relay", err);
    if (!result)
        result = override(s->in, sizeof s->in, o->in, "in", err);
    if (!result)
        result = override(s->out, sizeof s->out, o->out, "out", err);
    if (!result)
        result = override(s->alias, sizeof s->alias, o->alias, "alias", err);
    if (!result)
        result = override(s->token_file, sizeof s->token_file, o->token, "token", err);
    s->accept_new_relays |= o->accept_relay;
    if (!result && o->e2e)
        result = parse_e2e(&s->e2e, o->e2e, err);
    if (!result && o->codec)
        result = parse_codec(&s->codec, o->codec, err);
    return result;
}
