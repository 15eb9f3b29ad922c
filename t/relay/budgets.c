/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Limits on what one client can cost others: messages in another client's queue, calls that ring,
 * member lists, token checks. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lib_join.h"
#include "tap.h"
#include "wire/media.h"

static struct wzp_relay_config config;
static struct wzp_relay *r;
static struct fake ann, bob, eves[60];

static void begin(void)
{
    r = fake_relay(&config);
    fake_come_from(r, &ann, "192.0.2.7:1000", 1, WZP_REGISTRATION_PROVEN, 0);
    fake_come_from(r, &bob, "192.0.2.8:1000", 2, WZP_REGISTRATION_PROVEN, 0);
}

static void end(void)
{
    wzp_relay_free(r);
    wzp_relay_config_default(&config);
}

static void update(struct fake *from, const char *id, uint64_t now)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"CandidateUpdate\":{\"call_id\":\"%s\",\"reflexive_addr\":\"203.0.113.9:4000\","
             "\"local_addrs\":[\"10.0.0.1:4000\",\"10.0.0.2:4000\",\"10.0.0.3:4000\"],"
             "\"generation\":1}}",
             id);
    fake_send(r, from, text, now);
}

/* Eight strangers, each with an offer and 50 updates, three times. */
static void test_reader(void)
{
    char id[32], eve_address[32];
    begin();
    for (unsigned i = 0; i < 8; i++) {
        snprintf(eve_address, sizeof eve_address, "198.51.100.%u:1000", i);
        fake_open_from(r, &eves[i], "_signal", eve_address, 0);
        if (!fake_register(r, &eves[i], (uint8_t)(20 + i), WZP_REGISTRATION_PROVEN, 0))
            bail("not registered");
    }
    fake_offer(r, &bob, ann.client->name.text, "good", 0);
    fake_send(r, &ann,
              "{\"DirectCallAnswer\":{\"call_id\":\"good\",\"accept_mode\":\"AcceptTrusted\"}}", 0);
    ann.sent = 0;
    for (unsigned i = 0; i < 8; i++) {
        snprintf(id, sizeof id, "bad-%u", i);
        fake_offer(r, &eves[i], ann.client->name.text, id, WZP_SECOND);
        for (unsigned n = 0; n < 50; n++)
            update(&eves[i], id, WZP_SECOND);
    }
    note("8 strangers' 408 messages at once are %u for the one they are for", ann.sent);
    ok(ann.sent <= 8 + 32, "nobody's queue of 64 messages is filled by strangers");
    unsigned before = ann.sent;
    update(&bob, "good", WZP_SECOND);
    is_int(ann.sent, before + 1, "the other side of a running call is still heard");
    for (unsigned n = 0; n < 100; n++)
        update(&bob, "good", WZP_SECOND);
    ok(ann.sent - before <= 20, "and may not flood either (%u of 101)", ann.sent - before);
    ok(r->total.forwards_over_rate > 400, "what does not fit is counted");
    ok(!ann.closed && !bob.closed, "nobody is cut off for it");
    before = ann.sent;
    fake_send(r, &bob, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"good\"}}", 6 * WZP_SECOND);
    is_int(ann.sent, before + 1, "a hangup always passes");
    fake_send(
        r, &eves[0],
        "{\"MediaPathReport\":{\"call_id\":\"bad-0\",\"direct_ok\":true,\"race_winner\":\"\"}}",
        20 * WZP_SECOND);
    is_int(ann.sent, before + 1, "a call that rings carries no path reports");
    end();
}

static void test_ringing(void)
{
    char id[32];
    begin();
    for (unsigned i = 0; i < 20; i++) {
        fake_open_from(r, &eves[i], "_signal", "198.51.100.9:1000", 0);
        if (!fake_register(r, &eves[i], (uint8_t)(20 + i), WZP_REGISTRATION_PROVEN, 0))
            bail("not registered");
    }
    fake_offer(r, &bob, ann.client->name.text, "good", 0);
    for (unsigned i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "bad-%u", i);
        fake_offer(r, &eves[i], ann.client->name.text, id, WZP_SECOND);
    }
    is_int(r->calls.by_id.count, WZP_RELAY_RINGING_MAX, "so many calls ring at one person");
    ok(wzp_relay_calls_get(&r->calls, "good"), "the first of them still does");
    ok(!wzp_relay_calls_get(&r->calls, "bad-0") && wzp_relay_calls_get(&r->calls, "bad-19"),
       "those who came in a crowd from one place made way for each other");
    fake_send(r, &bob, "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"good\"}}", 2 * WZP_SECOND);
    fake_offer(r, &bob, ann.client->name.text, "again", 2 * WZP_SECOND);
    ok(strstr(bob.last, "CallRinging") && strstr(ann.last, "again"),
       "she is not busy: another call rings");
    fake_offer(r, &bob, ann.client->name.text, "redial", 3 * WZP_SECOND);
    ok(wzp_relay_calls_get(&r->calls, "redial") && !wzp_relay_calls_get(&r->calls, "again"),
       "who dials again has one call, the new one");
    end();
}

/* 60 members with the longest names that need the most escapes; one joins and leaves twice a second
 * for a minute. */
static void test_lists(void)
{
    static struct fake crowd[60], restless;
    char alias[129];
    struct join_options who = {.alias = alias};
    uint64_t now = WZP_SECOND, bytes = 0, most = 0;
    memset(alias, 1, 128);
    alias[128] = '\0';
    config.max_per_address = 0;
    begin();
    for (unsigned i = 0; i < 60; i++) {
        who.seed = (uint8_t)(60 + i);
        fake_open(r, &crowd[i], "stadium", now);
        if (!fake_join(r, &crowd[i], &who, now))
            bail("not in: %s", crowd[i].reason);
        now += WZP_SECOND;
    }
    ok(strlen(crowd[0].client->alias) == 64 && crowd[0].client->alias[0] == '?',
       "a name has 64 bytes at most, and nothing that terminals obey");
    now += 60 * WZP_SECOND;
    for (unsigned i = 0; i < 60; i++)
        crowd[i].bytes = 0;
    uint64_t from = now;
    for (unsigned i = 0; i < 120; i++) {
        who.seed = 200;
        fake_open(r, &restless, "stadium", now);
        fake_join(r, &restless, &who, now);
        for (unsigned k = 0; k < 5; k++)
            wzp_relay_handle_expiry(r, now += 50 * WZP_MILLISECOND);
        fake_gone(r, &restless, now);
        for (unsigned k = 0; k < 5; k++)
            wzp_relay_handle_expiry(r, now += 50 * WZP_MILLISECOND);
    }
    double seconds = (double)(now - from) / 1e9;
    for (unsigned i = 0; i < 60; i++) {
        bytes += crowd[i].bytes;
        most = crowd[i].bytes > most ? crowd[i].bytes : most;
    }
    note("240 changes in %.0f s among 60: %.1f kB/s for each member, %.0f kB/s in all", seconds,
         (double)most / seconds / 1e3, (double)bytes / seconds / 1e3);
    ok((double)most <= WZP_RELAY_UPDATE_BYTES * seconds + WZP_RELAY_UPDATE_BYTES_BURST + 20000,
       "lists cost a member 4 KiB a second, whoever comes and goes");
    ok(strstr(crowd[0].last, "RoomUpdate"), "they still come");
    for (unsigned k = 0; k < 200; k++)
        wzp_relay_handle_expiry(r, now += 50 * WZP_MILLISECOND);
    ok(strstr(crowd[0].last, "\"count\":60,"), "and the last one is the truth");
    end();
}

static void report(struct fake *from, double loss, uint16_t sequence, uint64_t now)
{
    uint8_t payload[40] = {0}, bytes[100];
    struct wzp_media_packet packet = {.header = {.codec = WZP_CODEC_OPUS_24K,
                                                 .has_report = true,
                                                 .sequence = sequence,
                                                 .timestamp = sequence * 20u},
                                      .payload = payload,
                                      .payload_length = sizeof payload};
    wzp_quality_report_make(&packet.report, loss, 20, 0, 200);
    int written = wzp_media_write(bytes, sizeof bytes, &packet);
    if (written < 0)
        bail("cannot write a frame");
    wzp_relay_room_frame(r, from->client, bytes, (size_t)written, now);
}

/* A member whose reports swing from worst to best, 100 a second for 20 s. */
static void test_directives(void)
{
    static struct fake quiet, swinging;
    struct join_options who = {.seed = 70};
    uint64_t now = WZP_SECOND;
    begin();
    fake_open(r, &quiet, "lounge", now);
    fake_open(r, &swinging, "lounge", now);
    if (!fake_join(r, &quiet, &who, now))
        bail("not in");
    who.seed = 71;
    if (!fake_join(r, &swinging, &who, now))
        bail("not in");
    unsigned *told = &quiet.by_type[WZP_SIGNAL_QUALITY_DIRECTIVE];
    for (unsigned i = 0; i < 2000; i++)
        report(&swinging, i % 8 < 3 ? 90 : 0, (uint16_t)i, now += 10 * WZP_MILLISECOND);
    note("2000 reports in 20 s: %u directives for each member", *told);
    ok(*told <= WZP_RELAY_DIRECTIVE_BURST + 20 * WZP_RELAY_DIRECTIVE_RATE,
       "reports that swing are one directive a second");
    ok(*told >= 20, "but not none");
    for (unsigned i = 0; i < 30; i++)
        report(&swinging, 90, (uint16_t)(2000 + i), now += 100 * WZP_MILLISECOND);
    ok(strstr(quiet.last, "weakest link: Catastrophic"), "and the last one is the truth");
    end();
}

TAP_MAIN
{
    wzp_relay_config_default(&config);
    test_directives();
    test_reader();
    test_ringing();
    test_lists();
}
