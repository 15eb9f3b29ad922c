/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static char warned[256];

static void warn(void *context, const char *sentence)
{
    (void)context;
    snprintf(warned, sizeof warned, "%s", sentence);
}

static int parse(struct wzp_settings *s, const char *text, struct wzp_error *err)
{
    wzp_settings_default(s);
    *err = (struct wzp_error){0};
    warned[0] = 0;
    return wzp_settings_parse(s, text, strlen(text), warn, NULL, err);
}

static void refused(const char *text, const char *words)
{
    struct wzp_settings s;
    struct wzp_error err;
    ok(parse(&s, text, &err) < 0, "refused: %s", text);
    ok(strstr(err.text, "line 1") && strstr(err.text, words), "with line and reason: %s", err.text);
}

/* True when the manual page has a line that explains the key: ".It Cm a No = 1" or ".It Cm a , b".
 */
static bool explains(const char *page, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = strstr(page, "\n.It Cm "); at; at = strstr(at + 1, "\n.It Cm ")) {
        const char *end = strchr(at + 1, '\n');
        for (const char *hit = strstr(at, key); hit && hit < end; hit = strstr(hit + 1, key))
            if (hit[-1] == ' ' && (hit[length] == ' ' || hit[length] == '\n'))
                return true;
    }
    return false;
}

static char told[1024];

static void keep_told(void *context, const char *sentence)
{
    size_t at = strlen(told);
    (void)context;
    snprintf(told + at, sizeof told - at, "%s|", sentence);
}

static void anyway(struct wzp_settings *s, const char *text)
{
    wzp_settings_default(s);
    told[0] = '\0';
    wzp_settings_parse_anyway(s, "c.toml", text, strlen(text), keep_told, NULL);
}

/* The screen starts whatever the file contains, with no less privacy than the user asked for. */
static void starts_anyway(void)
{
    struct wzp_settings s;
    anyway(&s, "relya = \"a:1\"\nring_seconds = \"abc\"\nalias = \"Ann\"\n");
    is_str(told,
           "c.toml: line 1: unknown key relya; did you mean relay?|"
           "c.toml: line 2: ring_seconds wants a whole number of 1 to 3600|",
           "what is wrong is told with file and line, and the nearest name");
    ok(s.ring_seconds == 60 && strcmp(s.alias, "Ann") == 0 && s.direct && s.e2e == WZP_E2E_PREFER,
       "and all else holds");
    anyway(&s, "direct = \"no\"\ne2e = 5\nhook = 1\n");
    ok(!s.direct && s.e2e == WZP_E2E_REQUIRE && !s.hook[0] && s.portmap,
       "a key of privacy that cannot be read is as careful as it can be");
    ok(strstr(told, "line 1: direct") && strstr(told, "until then it is false"),
       "which is told: %s", told);
    anyway(&s, "alias = \"Ann\"\nportmap = true\nalias = = 1\ndirect = false\n");
    ok(strstr(told, "line 3") && strcmp(s.alias, "Ann") == 0 && s.portmap,
       "what stands before a broken line holds: %s", told);
    ok(!s.direct && !s.presence && s.e2e == WZP_E2E_REQUIRE && s.answer_mode == WZP_ANSWER_GENERIC,
       "and what may stand behind it is careful");
    anyway(&s, "direct = false\n");
    ok(!told[0] && s.e2e == WZP_E2E_PREFER, "a good file is only read");
}

static void manuals(void)
{
    char *client = tap_read_file(tap_source_path("man/wzp.conf.5"), NULL);
    for (size_t i = 0; wzp_setting_row(i); i++)
        ok(explains(client, wzp_setting_row(i)->name), "wzp.conf.5 explains %s",
           wzp_setting_row(i)->name);
    ok(!explains(client, "rela"), "and nothing else");
    free(client);
}

TAP_MAIN
{
    starts_anyway();
    manuals();
    struct wzp_settings s;
    struct wzp_error err;
    is_int(parse(&s, "", &err), 0, "an empty file is fine");
    is_str(s.in, "alsa:default", "and leaves the defaults");
    is_int(parse(&s,
                 "relay = \"r.example:4433\"\nalias = \"Ann\"\nin = \"silence\"\nout = \"null\"\n"
                 "e2e = \"require\"\ncodec = \"Opus64k\"\necho_cancel = false\n"
                 "ring_seconds = 30\n",
                 &err),
           0, "every kind of key is read: %s", err.text);
    is_str(s.relay, "r.example:4433", "text");
    is_int(s.e2e, WZP_E2E_REQUIRE, "policy");
    is_int(s.codec, WZP_CODEC_OPUS_64K, "codec");
    ok(!s.echo_cancel && s.auto_gain, "booleans");
    is_int(s.ring_seconds, 30, "number");
    is_int(parse(&s, "alias = \"A\"\n[x]\nrelai = 1\n", &err), 0, "an unknown key is no error");
    ok(strstr(warned, "line 3") && strstr(warned, "relay?"), "but told with line and nearest: %s",
       warned);
    is_int(parse(&s, "foo = 1\n", &err), 0, "another");
    ok(strstr(warned, "unknown key foo") && !strstr(warned, "did you mean"),
       "to which nothing is near: %s", warned);
    refused("e2e = \"maybe\"", "prefer");
    refused("codec = \"mp3\"", "Opus24k");
    refused("ring_seconds = 0", "1 to 3600");
    refused("relay = 5", "relay wants a text");
    refused("denoise = \"yes\"", "true or false");
    refused("in = [\"a\"]", "in wants a text");
    for (size_t i = 0; wzp_setting_row(i); i++)
        ok(wzp_setting_row(i)->help[0] && wzp_setting_row(i)->standard[0], "%s is explained",
           wzp_setting_row(i)->name);
}
