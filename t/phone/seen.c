/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Presence of contacts (wzp-protocol(7), Presence): as told by a relay that supports it, one that
 * does not, and one that lies. */
#include <stdio.h>
#include <string.h>

#include "phone/lib_relay.h"
#include "tap.h"

#define NAME(digit) #digit "000:0000:0000:0000:0000:0000:0000:0000"
static const uint8_t people[3][16] = {{0x10}, {0x20}, {0x30}};

static struct stage st;

/* As said(), but "" instead of NULL, for runs with a failing allocation. */
static const char *words(const char *name, size_t n)
{
    const char *text = heard(&st, name, n);
    return text ? text : "";
}

static void presence_told(const char *name, const char *state)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"WzpSeen\":{\"people\":[{\"fingerprint\":\"%s\",\"state\":\"%s\"}]}}", name, state);
    say(&st, "_signal", text);
    run(&st, 100 * WZP_MILLISECOND);
}

static void an_old_relay(void)
{
    stage_init(&st, NULL);
    is_int(wzp_phone_watch(st.phone, people, 3, st.now), 0, "a list may be given at any time");
    enroll(&st);
    is_int(heard_count(&st, "WzpWatch"), 0, "a relay that does not say it can is not asked");
    is_int(wzp_phone_presence(st.phone, people[0]), WZP_PRESENCE_UNKNOWN, "and nobody is known");
    presence_told(NAME(1), "Online");
    is_int(wzp_phone_presence(st.phone, people[0]), WZP_PRESENCE_UNKNOWN,
           "what was not asked for is not believed");
    is_int(event_count(&st, WZP_EVENT_PRESENCE), 0, "and not told");
    ok(!strstr(words("RegisterPresence", 0), "hidden"), "nothing is said of hiding");
    stage_fini(&st);
}

static void a_new_relay(void)
{
    stage_init(&st, NULL);
    st.watch_limit = 256;
    wzp_phone_watch(st.phone, people, 2, st.now);
    enroll(&st);
    run(&st, 100 * WZP_MILLISECOND);
    is_str(words("WzpWatch", 0), "{\"WzpWatch\":{\"add\":[\"" NAME(1) "\",\"" NAME(2) "\"]}}",
           "a relay that can is asked for all");
    presence_told(NAME(1), "Online");
    is_int(wzp_phone_presence(st.phone, people[0]), WZP_PRESENCE_ONLINE, "its answer counts");
    const struct entry *e = last_event(&st, WZP_EVENT_PRESENCE, 0);
    is_str(e ? e->peer : NULL, NAME(1), "and is an event");
    presence_told(NAME(1), "Online");
    is_int(event_count(&st, WZP_EVENT_PRESENCE), 1, "once");
    presence_told(NAME(3), "Online");
    is_int(event_count(&st, WZP_EVENT_PRESENCE), 1, "of others nothing is told");
    presence_told(NAME(2), "Unproven");
    is_int(wzp_phone_presence(st.phone, people[1]), WZP_PRESENCE_UNPROVEN,
           "who proved nothing is not online");
    presence_told("what is this", "Online");
    presence_told(NAME(1), "Asleep");
    is_int(event_count(&st, WZP_EVENT_PRESENCE), 2, "what cannot be read changes nothing");

    wzp_phone_watch(st.phone, people + 1, 2, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    is_str(words("WzpWatch", 1), "{\"WzpWatch\":{\"drop\":[\"" NAME(1) "\"]}}",
           "who left the list is dropped");
    is_str(words("WzpWatch", 2), "{\"WzpWatch\":{\"add\":[\"" NAME(3) "\"]}}",
           "who is new is asked for");
    is_int(wzp_phone_presence(st.phone, people[1]), WZP_PRESENCE_UNPROVEN, "who stays is known");
    is_int(wzp_phone_presence(st.phone, people[0]), WZP_PRESENCE_UNKNOWN, "who left is not");

    struct line *line = line_of(&st, "_signal");
    if (line)
        wzp_quic_conn_close(line->conn, 0, "", false, st.now);
    run(&st, 10 * WZP_MILLISECOND);
    is_int(wzp_phone_presence(st.phone, people[1]), WZP_PRESENCE_UNKNOWN,
           "without the relay nobody is known");
    is_int(event_count(&st, WZP_EVENT_PRESENCE), 3, "which is told");
    run(&st, 2 * WZP_SECOND);
    is_str(words("WzpWatch", 3), "{\"WzpWatch\":{\"add\":[\"" NAME(2) "\",\"" NAME(3) "\"]}}",
           "and with it all are asked for again");
    say(&st, "_signal",
        "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"displaced: another\"}}");
    run(&st, 100 * WZP_MILLISECOND);
    presence_told(NAME(2), "Online");
    is_int(wzp_phone_presence(st.phone, people[1]), WZP_PRESENCE_UNKNOWN,
           "who is displaced hears nothing");
    say(&st, "_signal", "{\"RegisterPresenceAck\":{\"success\":true}}");
    run(&st, 100 * WZP_MILLISECOND);
    is_int(heard_count(&st, "WzpWatch"), 5, "until it is called again");
    wzp_phone_watch(st.phone, NULL, 0, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    ok(strstr(words("WzpWatch", 5), "drop"), "an empty list asks for nobody");
    stage_fini(&st);
}

static void a_long_list(void)
{
    static uint8_t list[300][16];
    for (unsigned i = 0; i < 300; i++) {
        list[i][0] = (uint8_t)(i >> 8);
        list[i][1] = (uint8_t)i;
    }
    stage_init(&st, NULL);
    st.watch_limit = 100;
    enroll(&st);
    wzp_phone_watch(st.phone, (const uint8_t(*)[16])list, 300, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(heard_count(&st, "WzpWatch"), 2, "as many as the relay is ready for, 64 in a message");
    is_int(strlen(words("WzpWatch", 1)), 22 + 36 * 42, "36 in the second");
    wzp_phone_watch(st.phone, (const uint8_t(*)[16])list + 10, 290, st.now);
    run(&st, 100 * WZP_MILLISECOND);
    is_int(strlen(words("WzpWatch", 3)), 22 + 10 * 42, "who leaves makes room for others");
    stage_fini(&st);
}

static void hide(struct wzp_phone_config *config)
{
    config->hidden = true;
}

static void hiding(void)
{
    stage_init(&st, hide);
    enroll(&st);
    ok(strstr(words("RegisterPresence", 0), "\"hidden\":true"), "who hides says so");
    stage_fini(&st);
}

TAP_MAIN
{
    an_old_relay();
    a_new_relay();
    a_long_list();
    hiding();
}
