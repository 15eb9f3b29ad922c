/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The operator's listings of a running relay: everybody and everything is listed once, in short
 * steps, bounded, and safe for a terminal. */
#include "relay/listing.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib_join.h"
#include "lib_steps.h"
#include "tap.h"

#define MEMBERS 2100
#define STEP_MOST (500 * MACHINE_BUSY) /* us */

static struct steps steps;

/* Makes the whole list of these parts and measures its steps. */
static void list(struct wzp_relay *r, unsigned parts, struct wzp_buffer *out)
{
    struct wzp_relay_listing l;
    wzp_buffer_init(out, 8 << 20);
    wzp_relay_listing_begin(&l, r, parts);
    bool more = true;
    for (bool first = true; more; first = false) {
        steps_begin(&steps, first);
        more = wzp_relay_listing_step(&l, out, 5 * WZP_SECOND);
        steps_end(&steps);
    }
}

/* Counts the lines of that kind; every line must be a JSON object. */
static size_t count(const struct wzp_buffer *text, const char *kind)
{
    size_t found = 0;
    for (const char *at = text->text, *end; (end = strchr(at, '\n')); at = end + 1) {
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        const char *is = json_string_value(json_object_get(line, "kind"));
        if (!is)
            return SIZE_MAX;
        found += strcmp(is, kind) == 0;
        json_decref(line);
    }
    return found;
}

static void test_small(void)
{
    static struct fake ann, bob;
    struct wzp_buffer text;
    struct wzp_relay *r = fake_relay(NULL);
    const struct join_options options = {.seed = 7, .alias = "Bob\x1b[2J"};
    fake_open(r, &ann, "_signal", 0);
    ok(fake_register(r, &ann, 3, WZP_REGISTRATION_SIGNED, 0), "somebody registers");
    fake_open_from(r, &bob, "lounge", "192.0.2.7:1000", 0);
    ok(fake_join(r, &bob, &options, 0), "somebody else is in a room");
    list(r, WZP_RELAY_LISTING_ALL, &text);
    ok(count(&text, "person") == 2 && count(&text, "room") == 1 && count(&text, "counters") == 1,
       "111: people, rooms and counters are listed, each once");
    ok(strstr(text.text, "\"standing\":\"signed\"") && strstr(text.text, ",\"in_rooms\":1"),
       "what they proved, and where they are");
    ok(strstr(text.text, "\"room\":\"lounge\",\"shared\":false,\"count\":1,\"members\":[{") &&
           strstr(text.text, "\"address\":\"192.0.2.7:1000\",\"since_s\":5"),
       "116, 117: members of a room stand in its line, with address and time");
    ok(!strchr(text.text, 0x1b) && !strstr(text.text, "\\u001b"),
       "no name of a stranger can reach the terminal");
    wzp_buffer_fini(&text);
    list(r, WZP_RELAY_LISTING_ROOMS, &text);
    ok(count(&text, "room") == 1 && count(&text, "person") == 0, "one part may be asked for");
    wzp_buffer_fini(&text);
    list(r, 0, &text);
    is_int(text.length, 0, "or none");
    wzp_buffer_fini(&text);
    wzp_relay_free(r);
}

static void test_crowd(void)
{
    static struct wzp_relay_config config;
    static struct fake fakes[MEMBERS];
    struct wzp_buffer text;
    wzp_relay_config_default(&config);
    config.max_sessions = 2 * MEMBERS;
    config.max_per_address = 0;
    struct wzp_relay *r = fake_relay(&config);
    for (unsigned i = 0; i < MEMBERS; i++) {
        char name[64];
        fake_open(r, &fakes[i], "lounge", 0);
        if (!fakes[i].client)
            bail("no memory");
        snprintf(name, sizeof name, "%04x:%04x:aaaa:bbbb:cccc:dddd:eeee:ffff", i, i);
        wzp_relay_name_set(&fakes[i].client->name, name);
        fakes[i].client->stage = WZP_RELAY_STAGE_MEMBER;
        snprintf(name, sizeof name, "room-%u", i % 30);
        if (wzp_relay_room_join(r, fakes[i].client, name, NULL, 0))
            bail("cannot join");
    }
    steps.count = 0;
    for (unsigned runs = 0; steps_again(&steps, runs, STEP_MOST); runs++) {
        if (runs > 0)
            wzp_buffer_fini(&text);
        list(r, WZP_RELAY_LISTING_ALL, &text);
    }
    double longest = steps_longest(&steps);
    note("%zu bytes, longest step %.0f us", text.length, longest);
    is_int(count(&text, "person"), WZP_RELAY_LISTING_LINES, "of a crowd so many are named");
    ok(strstr(text.text, "{\"kind\":\"more\",\"of\":\"person\",\"count\":100}"),
       "and the rest is counted");
    is_int(count(&text, "room"), 30, "all rooms");
    ok(!MEASURED || longest <= STEP_MOST, "no step takes longer than half a millisecond");
    wzp_buffer_fini(&text);
    wzp_relay_free(r);
}

/* Clients may disconnect between two steps. */
static void test_leaving(void)
{
    static struct fake fakes[200];
    struct wzp_relay_listing l;
    struct wzp_buffer text;
    struct wzp_relay *r = fake_relay(NULL);
    for (unsigned i = 0; i < 200; i++) {
        fake_open(r, &fakes[i], "_signal", 0);
        if (!fake_register(r, &fakes[i], (uint8_t)(i + 1), WZP_REGISTRATION_PLAIN, 0))
            bail("cannot register");
    }
    wzp_buffer_init(&text, 8 << 20);
    wzp_relay_listing_begin(&l, r, WZP_RELAY_LISTING_PEOPLE);
    ok(wzp_relay_listing_step(&l, &text, 0), "a list is under way");
    for (unsigned i = 0; i < 200; i++)
        fake_gone(r, &fakes[i], 0);
    while (wzp_relay_listing_step(&l, &text, 0))
        continue;
    ok(count(&text, "person") < 200, "who left meanwhile is not in it");
    wzp_buffer_fini(&text);
    wzp_buffer_init(&text, 10);
    wzp_relay_listing_begin(&l, r, WZP_RELAY_LISTING_ALL);
    while (wzp_relay_listing_step(&l, &text, 0))
        continue;
    ok(text.result == WZP_E_TOO_BIG || tap_oom_mode(), "a buffer that is too small ends it");
    wzp_buffer_fini(&text);
    wzp_relay_free(r);
}

TAP_MAIN
{
    test_small();
    test_crowd();
    test_leaving();
}
