/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay's configuration file: a file of the existing relay works, and errors are reported with
 * their line. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tap.h"
#include "warnings.h"
#include "wzp/relay.h"

static struct wzp_relay_config config;
static struct wzp_error err;

static int parse(const char *text)
{
    warnings[0] = '\0';
    memset(&err, 0, sizeof err);
    wzp_relay_config_default(&config);
    return wzp_relay_config_parse(&config, text, strlen(text), keep_warning, NULL, &err);
}

#define FINGERPRINT                                                                                \
    "0c:62:cf:b5:b9:e3:7c:77:ae:81:3d:9b:c3:5d:5c:ef:53:e1:2b:0a:bb:d8:e6:3b:4b:42:99:95:7d:6f:"   \
    "37:a9"

static void test_pages(void)
{
    static const char *const wrong[] = {
        "https://phone.example", "phone.example:443", "", "a b", "phone.example/", "[::1", "::1",
        "\xc3\xa4.example"};
    char text[100];
    is_int(parse("ws_origins = [\"Phone.example\", \"[2001:DB8::1]\", \"*\"]\n"), 0,
           "hosts of pages: %s", err.text);
    is_int(config.ws_origin_count, 3, "three");
    is_str(config.ws_origins[0], "phone.example", "in lower case, as browsers have them");
    is_str(config.ws_origins[1], "[2001:db8::1]", "addresses too");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "ws_origins = [\"%s\"]\n", wrong[i]);
        ok(parse(text) == WZP_E_ARGUMENT && strstr(err.text, "line 1: ws_origins: the host of"),
           "what no browser would say is a mistake: %s", err.text);
    }
    is_int(parse("ws_port = 1\n"), 0, "without the key");
    is_int(config.ws_origin_count, 0, "none is named");
}

static void test_existing_file(void)
{
    static const char text[] = "# a relay\n"
                               "listen_addr = \"[::]:5000\"\n"
                               "remote_relay = \"10.0.0.9:4433\"\n"
                               "max_sessions = 200\n"
                               "jitter_target_depth = 50\n"
                               "jitter_max_depth = 250\n"
                               "log_level = \"debug\"\n"
                               "auth_url = \"https://chat.example.com/v1/auth/validate\"\n"
                               "metrics_port = 9090\n"
                               "probe_targets = [\"10.0.0.1:4433\", \"10.0.0.2:4433\"]\n"
                               "probe_mesh = false\n"
                               "trunking_enabled = true\n"
                               "ws_port = 8080\n"
                               "static_dir = \"/srv/www\"\n"
                               "region = \"eu-west\"\n"
                               "advertised_addr = \"203.0.113.5:5000\"\n"
                               "debug_tap = \"*\"\n"
                               "[[peers]]\n"
                               "url = \"10.0.0.5:4433\"\n"
                               "fingerprint = \"" FINGERPRINT "\"\n"
                               "label = \"Relay B\"\n"
                               "[[peers]]\n"
                               "url = \"relay-c.example:4433\"\n"
                               "fingerprint = \"abcd:ef01\"\n"
                               "[[trusted]]\n"
                               "fingerprint = \"" FINGERPRINT "\"\n"
                               "[[global_rooms]]\n"
                               "name = \"General\"\n"
                               "[[global_rooms]]\n"
                               "name = \"podcast\"\n";

    is_int(parse(text), 0, "a file of the existing relay is read: %s", err.text);
    is_str(config.listen_addr, "[::]:5000", "listen_addr");
    is_int(config.max_sessions, 200, "max_sessions");
    is_str(config.log_level, "debug", "log_level");
    is_int(config.metrics_port, 9090, "metrics_port");
    is_int(config.probe_target_count, 2, "two probe targets");
    is_str(config.probe_targets[1], "10.0.0.2:4433", "the second");
    is_str(config.region, "eu-west", "region");
    is_int(config.peer_count, 2, "two peers");
    is_str(config.peers[0].label, "Relay B", "label");
    is_str(config.peers[1].url, "relay-c.example:4433", "url");
    is_int(config.trusted_count, 1, "one trusted");
    is_int(config.global_room_count, 2, "two rooms");
    is_str(config.global_rooms[0], "general", "in lower case, as they travel");
    ok(config.ws_port == 8080 && strcmp(config.static_dir, "/srv/www") == 0 &&
           strcmp(config.ws_host, "0.0.0.0") == 0,
       "browsers are let in where they were");
    ok(strstr(warnings, "line 12: trunking_enabled: no client can read trunk frames; ignored\n"),
       "a key without effect is told");
    ok(!strstr(warnings, "probe_mesh"), "but not one that is switched off");
    ok(strstr(warnings, "[[peers]] number 2: the fingerprint is not a SHA-256"),
       "a fingerprint of another kind is told");
    ok(!strstr(warnings, "unknown"), "nothing is unknown");
    is_int(parse("[[global_rooms]]\nname = \"general\"\n"
                 "[[global_rooms]]\nname = \"two words\"\n"),
           0, "a shared room that nobody can enter is no error");
    ok(strncmp(warnings, "[[global_rooms]] number 2: ", 27) == 0, "but told: %s", warnings);
}

/* True when the example has a line "key = ..." or "# key = ..."; for a key of a table: between that
 * table's header and the next one. */
static bool stands_in(const char *example, const char *name)
{
    char wanted[96], table[64] = "";
    const char *dot = strchr(name, '.');
    if (dot) {
        snprintf(table, sizeof table, "\n# [[%.*s]]\n", (int)(dot - name), name);
        example = strstr(example, table);
    }
    if (!example)
        return false;
    const char *end = strstr(example + strlen(table), "[[");
    for (const char *mark = "\n\0\n# \0"; *mark; mark += strlen(mark) + 1) {
        snprintf(wanted, sizeof wanted, "%s%s = ", mark, dot ? dot + 1 : name);
        const char *at = strstr(example, wanted);
        if (at && (!end || at < end))
            return true;
    }
    return false;
}

static void test_example_is_whole(void)
{
    const struct wzp_relay_config_key *key;
    for (size_t i = 0; (key = wzp_relay_config_key(i)); i++)
        ok(key->no_effect || stands_in(wzp_relay_config_example(), key->name),
           "the example says that it holds every key, and holds %s", key->name);
}

static void test_defaults_and_example(void)
{
    const char *example = wzp_relay_config_example();
    char text[8192];
    size_t length = 0;

    is_int(parse(""), 0, "an empty file");
    is_str(config.listen_addr, "[::]:4433", "standard address");
    is_int(config.max_sessions, 100, "standard sessions");
    is_int(config.max_per_address, 256, "standard connections from one address");
    is_int(config.metrics_port, -1, "no metrics");
    is_str(config.metrics_host, "127.0.0.1", "and they would be private");
    is_int(config.ring_seconds, 60, "ring");
    is_int(config.grace_seconds, 15, "grace");
    is_int(parse(example), 0, "the example is a file: %s", err.text);
    is_str(warnings, "", "without warnings");
    /* The example with every "# key = value" line uncommented is a valid file, too. */
    for (const char *line = example; *line;) {
        const char *end = strchr(line, '\n');
        size_t size = (size_t)(end - line) + 1;
        const char *from = line;

        if (strncmp(line, "# ", 2) == 0 &&
            (strstr(line, " = ") && strstr(line, " = ") < end && line[2] != 'R'))
            from += 2;
        else if (strncmp(line, "# [[", 4) == 0)
            from += 2;
        memcpy(text + length, from, size - (size_t)(from - line));
        length += size - (size_t)(from - line);
        line = end + 1;
    }
    text[length] = '\0';
    is_int(parse(text), 0, "and with every line active: %s", err.text);
    ok(!strstr(warnings, "unknown"), "all its keys are known");
    is_int(config.sender_packets, 250, "with standard values");
}

static void test_errors(void)
{
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"max_sessions = \"many\"\n", "line 1: max_sessions: a whole number"},
        {"\nmax_sessions = -1\n", "line 2: max_sessions: must be from 1"},
        {"metrics_port = 65536\n", "must be from 0 to 65535"},
        {"listen_addr = 4433\n", "line 1: listen_addr: a text in quotes"},
        {"listen_addr = \"localhost:4433\"\n", "ip:port is wanted"},
        {"log_level = \"loud\"\n", "error, warn, info or debug"},
        {"probe_mesh = 1\n", "true or false"},
        {"probe_targets = \"10.0.0.1:4433\"\n", "a list in [ ]"},
        {"region = [\"a\"]\n", "one value is wanted"},
        {"[peers]\nurl = \"10.0.0.1:4433\"\n", "write [[peers]]"},
        {"[[peers]]\nurl = \"10.0.0.1:4433\"\n", "[[peers]] number 1 has no fingerprint"},
        {"[[peers]]\nfingerprint = \"aa\"\n", "[[peers]] number 1 has no url"},
        {"ring_seconds = 0\n", "must be from 1"},
        {"region = \"a\"\nregion = \"b\"\n", "line 2"},
        {"region = \n", "line 1"},
        {"region = \"unfinished\n", "line 1"},
    };
    static char many[20000];
    size_t length = 0;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ok(parse(rows[i].text) < 0 && strstr(err.text, rows[i].part), "%s: %s", rows[i].part,
           err.text);
    }
    for (int i = 0; i < 65; i++)
        length += (size_t)snprintf(many + length, sizeof many - length,
                                   "[[global_rooms]]\nname = \"r%d\"\n", i);
    ok(parse(many) < 0 && strstr(err.text, "too many"), "65 rooms: %s", err.text);
}

#define ANN "630d:cd29:66c4:3366:9112:5448:bbb2:5b4f"

static void test_rooms(void)
{
    static const struct {
        const char *text, *part;
    } wrong[] = {
        {"[[rooms]]\npassword = \"x\"\n", "number 1: it has no name"},
        {"[[rooms]]\nname = \"board\"\n", "neither password nor members"},
        {"[[rooms]]\nname = \"board\"\nmembers = []\n", "neither password nor members"},
        {"[[rooms]]\nname = \"two words\"\npassword = \"x\"\n", "number 1:"},
        {"[[rooms]]\nname = \"_signal\"\npassword = \"x\"\n", "number 1:"},
        {"[[rooms]]\nname = \"a\"\npassword = \"x\"\n[[rooms]]\nname = \"A\"\npassword = \"y\"\n",
         "names a twice"},
        {"[[rooms]]\nname = \"a\"\nmembers = \"" ANN "\"\n",
         "line 3: rooms.members: a list in [ ]"},
        {"[[rooms]]\nname = \"a\"\nmembers = [\"Ann\"]\n", "member 1 is no fingerprint"},
        {"[[rooms]]\nname = \"a\"\nmembers = [7]\n", "line 3: rooms.members: a text"},
        {"[[rooms]]\nname = \"a\"\nproven = 1\n", "line 3: rooms.proven: true or false"},
        {"[rooms]\nname = \"a\"\n", "write [[rooms]] with two brackets"}};
    static char many[16000];
    size_t length = (size_t)snprintf(many, sizeof many, "[[rooms]]\nname = \"a\"\nmembers = [");
    is_int(parse("[[rooms]]\nname = \"Board\"\npassword = \"correct horse\"\n"
                 "members = [\"" ANN "\",\n  \"6668:7aad:f862:bd77:6c8f:c18b:8e9f:8e20\"]\n"
                 "[[rooms]]\nname = \"quiet\"\nproven = true\n"),
           0, "rooms with rules are read %s", err.text);
    ok(config.room_count == 2 && strcmp(config.rooms[0].name, "board") == 0 &&
           strcmp(config.rooms[0].password, "correct horse") == 0 && !config.rooms[0].proven,
       "name in lower case, password as it is");
    ok(config.rooms[0].member_count == 2 && strcmp(config.rooms[0].members[0], ANN) == 0 &&
           config.rooms[1].member_count == 0 && config.rooms[1].proven,
       "each with its list, over several lines");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ok(parse(wrong[i].text) < 0 && strstr(err.text, wrong[i].part), "%s: %s", wrong[i].part,
           err.text);
    for (int i = 0; i < 65; i++)
        length += (size_t)snprintf(many + length, sizeof many - length, "\"" ANN "\", ");
    snprintf(many + length, sizeof many - length, "]\n");
    ok(parse(many) < 0 && strstr(err.text, "too many"), "65 members: %s", err.text);
    is_int(parse("auth_url = \"https://auth.example/check\"\n[[rooms]]\nname = \"a\"\n"
                 "members = [\"Ann\"]\n"),
           0, "where a token service names people, a member may be called anything %s", err.text);
}

static void test_unknown(void)
{
    is_int(parse("lisen_addr = \"0.0.0.0:1\"\nfoo_bar_baz = 3\n[[peer]]\nurl = \"x\"\n"), 0,
           "unknown keys are no error");
    ok(strstr(warnings, "line 1: unknown key lisen_addr, ignored; did you mean listen_addr?\n"),
       "a misspelling is recognised");
    ok(strstr(warnings, "line 2: unknown key foo_bar_baz, ignored\n"), "others are told too");
    ok(strstr(warnings, "line 4: unknown key peer.url, ignored; did you mean peers.url?\n"),
       "also in tables");
    parse("listen = \"x\"\n");
    ok(strstr(warnings, "line 1: unknown key listen, ignored; did you mean listen_addr?\n"),
       "one of which only the beginning was typed is recognised");
    is_str(config.listen_addr, "[::]:4433", "and nothing was set");
}

static void test_table(void)
{
    size_t count = 0;
    const struct wzp_relay_config_key *key;

    while ((key = wzp_relay_config_key(count))) {
        if (!key->name[0] || !key->type[0] || !key->text[0])
            ok(false, "key %zu is described", count);
        count++;
    }
    ok(count >= 30, "%zu keys are described", count);
}

TAP_MAIN
{
    test_existing_file();
    test_pages();
    test_defaults_and_example();
    test_example_is_whole();
    test_errors();
    test_rooms();
    test_unknown();
    test_table();
}
