/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Access rules of rooms: passwords, lists of people, and the operator's commands for them. Numbers
 * in test names are those of the conformance list. */
#include "relay/access.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "lib_client.h"
#include "lib_join.h"
#include "tap.h"

static struct wzp_relay_config config;
static char names[4][WZP_FINGERPRINT_TEXT_MAX]; /* of the seeds 0 to 3 */

static void know_names(void)
{
    for (uint8_t seed = 0; seed < 4; seed++) {
        struct wzp_identity identity;
        fake_identity(&identity, seed);
        memcpy(names[seed], identity.fingerprint_text, sizeof names[seed]);
    }
}

/* A relay with one rule. */
static struct wzp_relay *begin(const char *password, const char *member, bool proven)
{
    wzp_relay_config_default(&config);
    strcpy(config.rooms[0].name, "board");
    snprintf(config.rooms[0].password, sizeof config.rooms[0].password, "%s", password);
    config.rooms[0].proven = proven;
    if (member)
        snprintf(config.rooms[0].members[config.rooms[0].member_count++], WZP_RELAY_MEMBER_TEXT_MAX,
                 "%s", member);
    config.room_count = 1;
    return fake_relay(&config);
}

/* A stand-in tries to join once; fake has the result. */
static bool enters(struct wzp_relay *r, struct fake *fake, const char *room,
                   const struct join_options *who)
{
    memset(fake, 0, sizeof *fake);
    fake_open(r, fake, room, 0);
    return fake_join(r, fake, who, 0);
}

/* True when one of the last messages to that client, the CallAnswer, says that the room is open. */
static bool hears_open(const struct fake *fake)
{
    return strstr(fake->last, "\"open\":true") || strstr(fake->earlier[0], "\"open\":true") ||
           strstr(fake->earlier[1], "\"open\":true");
}

static void test_password_of_none(void)
{
    static struct fake a, b, c, d;
    struct wzp_relay *r = begin("correct horse", NULL, false);
    ok(enters(r, &a, "tea", &(struct join_options){.seed = 1, .password = "correct horse"}) &&
           hears_open(&a),
       "who shows a password for a room that has none hears that anybody may enter");
    ok(enters(r, &b, "tea", &(struct join_options){.seed = 2}) && !hears_open(&b),
       "who shows none hears nothing of it, as existing clients");
    ok(enters(r, &c, "board", &(struct join_options){.seed = 3, .password = "correct horse"}) &&
           !hears_open(&c),
       "nor who shows the password of a room that has one");
    wzp_relay_free(r);
    r = begin("", names[1], false);
    ok(enters(r, &d, "board", &(struct join_options){.seed = 1, .password = "x"}) &&
           !hears_open(&d),
       "nor who is on the list of a room that has one");
    wzp_relay_free(r);
}

static void test_password(void)
{
    static struct fake a, b, c, d, e;
    struct wzp_relay *r = begin("correct horse", NULL, false);
    ok(!enters(r, &a, "board", &(struct join_options){.seed = 1}) && a.code == WZP_CLOSE_PASSWORD &&
           strcmp(a.reason, "this room wants a password") == 0,
       "who shows no password is told that one is wanted, also by the code");
    is_int(a.by_type[WZP_SIGNAL_CALL_ANSWER], 1, "after the CallAnswer that every client reads");
    is_int((int)r->total.passwords_wrong, 0, "none is no wrong one");
    ok(!enters(r, &b, "board", &(struct join_options){.seed = 1, .password = "wrong horse"}) &&
           b.code == WZP_CLOSE_PASSWORD && strstr(b.reason, "another one"),
       "a wrong one is told as wrong");
    is_int((int)r->total.passwords_wrong, 1, "and counted");
    ok(enters(r, &c, "board", &(struct join_options){.seed = 1, .password = "correct horse"}),
       "the right one opens the room");
    ok(enters(r, &d, "kitchen", &(struct join_options){.seed = 2}), "95: other rooms are open");
    char hashed[33];
    wzp_room_hash(hashed, "board");
    ok(!enters(r, &e, hashed, &(struct join_options){.seed = 3}) && e.code == WZP_CLOSE_PASSWORD,
       "the name under which browsers enter is no back door");
    wzp_relay_free(r);
}

/* A proof is refused on another connection, for another identity, or when truncated. */
static void test_proof(void)
{
    static struct net net;
    static struct peer ann, thief;
    struct wzp_signal offer = {0};
    struct wzp_handshake state;
    uint8_t exporter[32], other[32], key[WZP_ROOM_KEY_SIZE], proof[WZP_ROOM_PROOF_SIZE];
    uint8_t signature[64];
    wzp_relay_config_default(&config);
    strcpy(config.rooms[0].name, "board");
    strcpy(config.rooms[0].password, "tea");
    config.room_count = 1;
    net_init(&net, &config);
    wzp_room_key(key, "BOARD", "tea");
    peer_dial(&net, &ann, "board", 1);
    peer_dial(&net, &thief, "board", 2);
    if (!ann.conn || !thief.conn ||
        wzp_quic_conn_export(ann.conn, exporter, WZP_EXPORTER_HANDSHAKE, NULL, 0) ||
        wzp_quic_conn_export(thief.conn, other, WZP_EXPORTER_HANDSHAKE, NULL, 0))
        bail("no exporter");
    wzp_room_proof(proof, key, exporter, thief.identity.public_key);
    wzp_handshake_offer(&state, &offer, signature, &thief.identity, other, "board", &net.random);
    offer.u.call_offer.room_proof = (struct wzp_bytes){.data = proof, .length = sizeof proof};
    peer_send_signal(&thief, &offer);
    net_run(&net, WZP_SECOND);
    ok(thief.closed && thief.why.code == WZP_CLOSE_PASSWORD,
       "a proof for another connection opens nothing: %s", thief.why.reason);
    memset(&offer, 0, sizeof offer);
    wzp_handshake_offer(&state, &offer, signature, &ann.identity, exporter, "board", &net.random);
    wzp_room_proof(proof, key, exporter, ann.identity.public_key);
    offer.u.call_offer.room_proof = (struct wzp_bytes){.data = proof, .length = sizeof proof};
    peer_send_signal(&ann, &offer);
    ok(peer_wait(&ann, WZP_SIGNAL_ROOM_UPDATE), "her own opens it, over real QUIC, in any case");
    net_fini(&net);
}

static void test_list(void)
{
    static struct fake ann, bob, bobs, nobody;
    struct wzp_relay *r = begin("", names[1], false);
    ok(enters(r, &ann, "board", &(struct join_options){.seed = 1}), "97: who is listed may enter");
    ok(!enters(r, &bob, "board", &(struct join_options){.seed = 2}) &&
           strcmp(bob.reason, "this room is for its members only") == 0 &&
           bob.code == WZP_CLOSE_PLAIN,
       "97: nobody else: %s", bob.reason);
    const struct wzp_relay_rule *rule = wzp_relay_access_find(&r->access, "board");
    struct wzp_relay_name none = {0};
    enum wzp_close_code code;
    ok(rule && wzp_relay_access_refuses(rule, &none, false, WZP_RELAY_SHOWN_NOTHING, &code),
       "96: no fingerprint is refused where there is a list");
    ok(enters(r, &nobody, "kitchen", &(struct join_options){.seed = 2}),
       "96: a room without an entry is open");
    wzp_relay_free(r);
    r = begin("tea", names[1], false);
    ok(enters(r, &ann, "board", &(struct join_options){.seed = 1}),
       "who is listed needs no password, as existing clients have none");
    ok(!enters(r, &bob, "board", &(struct join_options){.seed = 2}), "others do");
    ok(enters(r, &bobs, "board", &(struct join_options){.seed = 2, .password = "tea"}),
       "and enter with it");
    wzp_relay_free(r);
}

static void test_proven(void)
{
    static struct fake plain, bound;
    struct wzp_relay *r = begin("", names[1], true);
    ok(!enters(r, &plain, "board", &(struct join_options){.seed = 1}) &&
           strstr(plain.reason, "proves its key"),
       "a recorded CallOffer of a member opens nothing where keys must be proven: %s",
       plain.reason);
    ok(enters(r, &bound, "board", &(struct join_options){.seed = 1, .bound = true}),
       "she herself proves hers");
    wzp_relay_free(r);
}

static int order(struct wzp_relay *r, enum wzp_relay_access_order what, const char *room,
                 const char *argument, size_t *ended)
{
    struct wzp_error err = {0};
    int result = wzp_relay_access_order(r, what, room, argument, ended, 0, &err);
    ok(!result || err.text[0], "an order that fails says why: %s", err.text);
    return result;
}

static const char *dashed(const char *fingerprint)
{
    static char text[WZP_FINGERPRINT_TEXT_MAX];
    snprintf(text, sizeof text, "%s", fingerprint);
    for (char *at = text; *at; at++)
        if (*at == ':')
            *at = '-';
    return text;
}

static void test_orders(void)
{
    static struct fake ann, bob, eve, late;
    struct wzp_relay *r = fake_relay(NULL);
    uint8_t bytes[WZP_ROOM_KEY_SIZE];
    char key[2 * WZP_ROOM_KEY_SIZE + 1];
    size_t ended;
    ok(enters(r, &ann, "tea", &(struct join_options){.seed = 1}) &&
           enters(r, &bob, "tea", &(struct join_options){.seed = 2}),
       "two are in an open room");
    wzp_room_key(bytes, "tea", "leaves");
    wzp_hex_encode(key, bytes, sizeof bytes);
    is_int(order(r, WZP_RELAY_ACCESS_LOCK, "Tea", key, &ended), 0, "it is locked");
    ok(!ann.closed && !bob.closed, "who is in stays in");
    ok(!enters(r, &eve, "tea", &(struct join_options){.seed = 3}), "newcomers need the password");
    ok(enters(r, &late, "tea", &(struct join_options){.seed = 3, .password = "leaves"}),
       "which is the one it was locked with");
    is_int(order(r, WZP_RELAY_ACCESS_UNLOCK, "tea", "", &ended), 0, "it is opened");
    ok(enters(r, &eve, "tea", &(struct join_options){.seed = 3}), "to all");
    is_int(order(r, WZP_RELAY_ACCESS_UNLOCK, "tea", "", &ended), WZP_E_NOT_FOUND, "once");
    is_int(order(r, WZP_RELAY_ACCESS_ALLOW, "tea", names[1], &ended), 0, "a list is begun");
    ok(!enters(r, &eve, "tea", &(struct join_options){.seed = 3}), "which closes it to others");
    is_int(order(r, WZP_RELAY_ACCESS_DISALLOW, "tea", names[1], &ended), 0, "Ann is taken off");
    ok(ended == 1 && ann.closed && !bob.closed, "and out of the room, she alone");
    ok(ann.code == WZP_CLOSE_OPERATOR && strstr(ann.reason, "taken off the list"),
       "and told who did it: %s", ann.reason);
    ok(!enters(r, &eve, "tea", &(struct join_options){.seed = 3}),
       "an empty list is a list: nobody enters");
    is_int(order(r, WZP_RELAY_ACCESS_DISALLOW, "tea", names[1], &ended), WZP_E_NOT_FOUND, "twice");
    is_int(order(r, WZP_RELAY_ACCESS_LOCK, "tea", "abc", &ended), WZP_E_SYNTAX, "a bad key");
    is_int(order(r, WZP_RELAY_ACCESS_LOCK, "_signal", key, &ended), WZP_E_REFUSED, "no room");
    is_int(order(r, WZP_RELAY_ACCESS_ALLOW, "tea", "", &ended), WZP_E_SYNTAX, "no fingerprint");
    is_int(order(r, WZP_RELAY_ACCESS_ALLOW, "open", "x", &ended), WZP_E_SYNTAX, "nor is this one");
    ok(enters(r, &late, "open", &(struct join_options){.seed = 3}),
       "and the room is not closed by it");
    is_int(order(r, WZP_RELAY_ACCESS_ALLOW, "open", dashed(names[1]), &ended), 0,
           "groups may be set apart by dashes");
    ok(enters(r, &late, "open", &(struct join_options){.seed = 1}) &&
           !enters(r, &late, "open", &(struct join_options){.seed = 3}),
       "which means the same person");
    wzp_relay_free(r);
}

static void test_limits(void)
{
    struct wzp_relay *r = fake_relay(NULL);
    struct wzp_error err = {0};
    char text[64];
    size_t ended;
    int result = 0;
    for (int i = 0; i < WZP_RELAY_LISTED_MAX && !result; i++) {
        snprintf(text, sizeof text, "%032d", i);
        result = wzp_relay_access_order(r, WZP_RELAY_ACCESS_ALLOW, "tea", text, &ended, 0, &err);
    }
    is_int(result, 0, "%d people are listed %s", WZP_RELAY_LISTED_MAX, err.text);
    is_int(wzp_relay_access_order(r, WZP_RELAY_ACCESS_ALLOW, "tea", names[1], &ended, 0, &err),
           WZP_E_LIMIT, "and not one more: %s", err.text);
    for (int i = 1; i < WZP_RELAY_RULES_MAX; i++) {
        snprintf(text, sizeof text, "room%d", i);
        wzp_relay_access_order(r, WZP_RELAY_ACCESS_ALLOW, text, names[1], &ended, 0, &err);
    }
    is_int(wzp_relay_access_order(r, WZP_RELAY_ACCESS_ALLOW, "more", names[1], &ended, 0, &err),
           WZP_E_LIMIT, "as are the rules: %s", err.text);
    wzp_relay_free(r);
}

/* Access to a direct call's room is decided by the call: no access rule applies to it. */
static void test_calls(void)
{
    static struct fake a;
    struct wzp_relay *r = fake_relay(NULL);
    size_t ended;
    order(r, WZP_RELAY_ACCESS_ALLOW, "call-1", names[2], &ended);
    ok(!enters(r, &a, "call-1", &(struct join_options){.seed = 2}) && !strstr(a.reason, "members"),
       "a list for a call's room lets nobody into a call that is not theirs: %s", a.reason);
    wzp_relay_free(r);
}

TAP_MAIN
{
    know_names();
    test_password();
    test_password_of_none();
    test_proof();
    test_list();
    test_proven();
    test_orders();
    test_limits();
    test_calls();
}
