/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The event log file: lines in the existing relay's format, readable by the owner only, bounded,
 * and never written into something that is not a regular file. */
#include "cli/relay_events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/identity.h"
#include "relay/state.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_relay *relay;
static struct wzp_relay_neighbour peer;
static const struct wzp_log silent;

static void note_frame(enum wzp_relay_event_kind kind, uint16_t sequence)
{
    const struct wzp_relay_event event = {.at = wzp_loop_now(loop),
                                          .kind = kind,
                                          .peer = &peer,
                                          .header = {.sequence = sequence, .is_repair = true},
                                          .length = 40,
                                          .to_count = 3};
    wzp_relay_event_note(relay, &event, "general");
}

static void make_relay(void)
{
    static struct wzp_relay_config config;
    struct wzp_random random = wzp_system_random();
    struct wzp_error err = {0};
    struct wzp_addr local;
    const uint8_t seed[WZP_SEED_SIZE] = {5};
    wzp_relay_config_default(&config);
    wzp_addr_parse(&local, "192.0.2.1:4433", 14);
    if (wzp_loop_new(&loop, &err) || wzp_relay_new(&relay, &config, seed, &local, "test", NULL,
                                                   &random, NULL, wzp_loop_now(loop), &err))
        bail("%s", err.text);
    snprintf(peer.label, sizeof peer.label, "Far\x1b[2J");
}

static void test_lines(const char *path)
{
    struct wzp_relay_events *log;
    struct wzp_error err = {0};
    struct stat info = {0};
    if (wzp_relay_events_open(&log, loop, relay, path, 1 << 20, &silent, &err))
        bail("%s", err.text);
    note_frame(WZP_RELAY_EVENT_INGRESS, 7);
    note_frame(WZP_RELAY_EVENT_DELIVER, 7);
    wzp_relay_events_close(log);
    char *text = tap_read_file(path, NULL);
    ok(strstr(text, "Z\",\"event\":\"federation_ingress\",\"room\":\"general\",\"seq\":7,\"codec\":"
                    "\"Opus24k\",\"fec_block\":0,\"fec_sym\":0,\"repair\":true,\"len\":40,"
                    "\"peer\":\"Far?[2J\"}\n"),
       "a frame that came is a line; what a peer is called cannot harm");
    ok(strncmp(text, "{\"ts\":\"2", 8) == 0 && text[26] == '.', "with its time, in microseconds");
    ok(strstr(text, "\"local_deliver\",\"room\":\"general\",\"seq\":7,\"to_count\":3}\n"),
       "and so is where it went");
    free(text);
    ok(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600, "nobody else reads it");
}

/* A file that an earlier program left readable by all. */
static void test_open_file(const char *path)
{
    struct wzp_relay_events *log;
    struct wzp_error err = {0};
    struct stat info = {0};
    if (chmod(path, 0644))
        bail("cannot open the file to all");
    if (wzp_relay_events_open(&log, loop, relay, path, 2000, &silent, &err))
        bail("%s", err.text);
    ok(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600 && info.st_size == 0,
       "a file that others can read is closed to them before anything stands in it");
    wzp_relay_events_close(log);
}

static void test_bounds(const char *path)
{
    struct wzp_relay_events *log;
    struct wzp_error err = {0};
    struct stat now = {0}, before = {0};
    char old[WZP_PATH_MAX + 8], link[WZP_PATH_MAX + 8];
    if (wzp_relay_events_open(&log, loop, relay, path, 2000, &silent, &err))
        bail("%s", err.text);
    for (uint16_t i = 0; i < 100; i++)
        note_frame(WZP_RELAY_EVENT_AGAIN, i);
    wzp_relay_events_close(log);
    snprintf(old, sizeof old, "%s.1", path);
    ok(stat(path, &now) == 0 && stat(old, &before) == 0 && now.st_size <= 2000 &&
           before.st_size <= 2000,
       "a full file makes way for a new one, and there are two at most");
    snprintf(link, sizeof link, "%s.link", path);
    if (symlink(path, link))
        bail("no link");
    ok(wzp_relay_events_open(&log, loop, relay, link, 2000, &silent, &err) < 0 && !log,
       "a link is not followed: %s", err.text);
    ok(wzp_relay_events_open(&log, loop, relay, "/dev/null", 2000, &silent, &err) < 0 && !log,
       "a device is refused: %s", err.text);
}

TAP_MAIN
{
    char path[WZP_PATH_MAX];
    make_relay();
    snprintf(path, sizeof path, "%s/events", tap_temporary_folder());
    test_lines(path);
    test_open_file(path);
    test_bounds(path);
    wzp_relay_free(relay);
    wzp_loop_free(loop);
}
