/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A malicious relay: during an encrypted call it sends whatever it likes to both phones, in valid
 * messages, in nearly valid ones, and in media packets of its own. Except for hanging up, which it
 * may do, it changes nothing: the sound continues and none of its text reaches a terminal
 * unfiltered. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "phone/internal.h"
#include "relay/state.h"
#include "sim/lib_stage.h"
#include "tap.h"

#define TEXT_ROOM 16384
#define ZEROS "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]"
#define ESCAPE "\\u001b]52;c;eA==\\u0007\\u202e"

static struct stage st;

/* '@' the call's id, '#' a number, '?' a text with terminal controls, '~' 32 bytes, '!' both
 * fingerprints in turn. */
static const char *const phrases[] = {
    "{\"DirectCallOffer\":{\"caller_fingerprint\":\"!\",\"caller_alias\":\"?\","
    "\"target_fingerprint\":\"!\",\"call_id\":\"c#\",\"identity_pub\":~,\"ephemeral_pub\":~,"
    "\"signature\":[],\"supported_profiles\":[]}}",
    "{\"DirectCallOffer\":{\"caller_fingerprint\":\"00112233445566778899aabbccddee##\","
    "\"target_fingerprint\":\"!\",\"call_id\":\"@\",\"identity_pub\":~,\"ephemeral_pub\":~,"
    "\"signature\":[1,2,#],\"supported_profiles\":[]}}",
    "{\"DirectCallAnswer\":{\"call_id\":\"@\",\"accept_mode\":\"AcceptTrusted\"}}",
    "{\"DirectCallAnswer\":{\"call_id\":\"@\",\"accept_mode\":\"AcceptGeneric\","
    "\"identity_pub\":~,\"ephemeral_pub\":~,\"signature\":[#]}}",
    "{\"DirectCallAnswer\":{\"call_id\":\"c#\",\"accept_mode\":\"Reject\"}}",
    "{\"CallSetup\":{\"call_id\":\"@\",\"room\":\"elsewhere\",\"relay_addr\":\"10.9.9.9:666\"}}",
    "{\"CallSetup\":{\"call_id\":\"@\",\"room\":\"\",\"relay_addr\":\"?\","
    "\"peer_direct_addr\":\"10.9.9.9:##\",\"peer_local_addrs\":[\"?\",\"255.255.255.255:1\"]}}",
    "{\"CallRinging\":{\"call_id\":\"@\"}}",
    "{\"CallRinging\":{\"call_id\":\"?\"}}",
    "{\"Hangup\":{\"reason\":\"Normal\",\"call_id\":\"c#\"}}",
    "{\"MediaPathReport\":{\"call_id\":\"@\",\"direct_ok\":true,\"race_winner\":\"?\"}}",
    "{\"CandidateUpdate\":{\"call_id\":\"@\",\"reflexive_addr\":\"224.0.0.1:#\","
    "\"local_addrs\":[\"127.0.0.1:22\"],\"generation\":#}}",
    "{\"RegisterPresenceAck\":{\"success\":false,\"error\":\"?\"}}",
    "{\"RegisterPresenceAck\":{\"success\":true,\"relay_build\":\"?\",\"identity_pub\":~}}",
    "{\"ReflectResponse\":{\"observed_addr\":\"?\"}}",
    "{\"Pong\":{\"timestamp_ms\":#}}",
    "{\"Ping\":{\"timestamp_ms\":#}}",
    "\"Reflect\"",
    "\"Hold\"",
    "\"Mute\"",
    "{\"Rekey\":{\"new_ephemeral_pub\":~,\"signature\":[]}}",
    "{\"Transfer\":{\"target_fingerprint\":\"!\",\"relay_addr\":\"10.9.9.9:666\"}}",
    "{\"CallOffer\":{\"identity_pub\":~,\"ephemeral_pub\":~,\"signature\":[],"
    "\"supported_profiles\":[]}}",
    "{\"CallAnswer\":{\"identity_pub\":~,\"ephemeral_pub\":~,\"signature\":[],"
    "\"chosen_profile\":{}}}",
    "{\"QualityDirective\":{\"recommended_profile\":{\"codec\":\"Codec2_1200\",\"fec_ratio\":1.0,"
    "\"frame_duration_ms\":40,\"frames_per_block\":8},\"reason\":\"?\"}}",
    "{\"PresenceUpdate\":{\"fingerprints\":[\"!\",\"?\"],\"relay_addr\":\"?\"}}",
    "{\"RouteQuery\":{\"fingerprint\":\"!\",\"ttl\":#}}",
    "{\"FederatedSignalForward\":{\"inner\":{\"Hangup\":{\"reason\":\"Normal\"}},"
    "\"origin_relay_fp\":\"?\"}}",
    "{\"RoomUpdate\":{\"count\":#,\"participants\":[{\"fingerprint\":\"!\",\"alias\":\"?\"},"
    "{\"fingerprint\":\"!\",\"alias\":\"?\",\"relay_label\":\"?\"},{\"fingerprint\":\"?\"}]}}",
    "{\"#\":{\"?\":[[[[[[[[#]]]]]]]]}}",
    "[",
    "{\"RoomUpdate\":{\"count\":1e999,\"participants\":[]}}",
    "",
};
#define PHRASES (sizeof phrases / sizeof *phrases)

static struct {
    struct wzp_random random;
    char call_id[WZP_CALL_ID_MAX + 1];
    unsigned turn;
    uint64_t said, datagrams;
    bool speaking;
} liar;

static uint64_t pick(uint64_t below)
{
    return wzp_random_below(&liar.random, below);
}

static const char *word(char sign, char number[4])
{
    switch (sign) {
    case '@': return liar.call_id;
    case '#':
        number[0] = (char)('0' + pick(10));
        number[1] = '\0';
        return number;
    case '?': return ESCAPE;
    case '~': return ZEROS;
    case '!':
        return liar.turn++ % 2 ? st.ann.identity.fingerprint_text
                               : st.bob.identity.fingerprint_text;
    default:
        number[0] = sign;
        number[1] = '\0';
        return number;
    }
}

static size_t compose(char *out)
{
    const char *phrase = phrases[pick(PHRASES)];
    size_t length = 0;
    char number[4];
    for (; *phrase; phrase++) {
        const char *w = word(*phrase, number);
        size_t n = strlen(w);
        memcpy(out + length, w, n);
        length += n;
    }
    /* One in four gets a wrong character; not Hangups, which might become "hang up everything". */
    out[length] = '\0';
    if (length > 0 && pick(4) == 0 && !strstr(out, "Hangup"))
        out[pick(length)] = (char)(1 + pick(126));
    return length;
}

/* A packet that looks like one of the call's. */
static void forge(struct wzp_quic_conn *conn, uint64_t now)
{
    uint8_t data[200];
    size_t length = 1 + pick(sizeof data);
    wzp_random_bytes(&liar.random, data, length);
    data[0] &= 0x07;
    if (length > 12 && pick(2))
        data[12] = (uint8_t)(0xe0 | pick(4));
    (void)wzp_quic_conn_send_datagram(conn, data, length, 0, now);
    liar.datagrams++;
}

static bool lie(void *context, uint64_t now)
{
    static char text[TEXT_ROOM];
    struct wzp_relay *relay = st.relay.relay;
    (void)context;
    if (!liar.speaking || !relay)
        return true;
    for (struct wzp_relay_client *c = relay->clients; c; c = c->next) {
        if (c->stage == WZP_RELAY_STAGE_CLOSING)
            continue;
        size_t length = compose(text);
        if (c->link->send(c->at, text, length, now) == 0)
            liar.said++;
        if (c->purpose == WZP_PURPOSE_CALL_ROOM)
            forge(c->conn, now);
    }
    wzp_sim_kick(st.sim, st.relay.host);
    return true;
}

static bool is_clean(const struct wzp_event *event, const struct wzp_event_field *field)
{
    struct wzp_value value;
    wzp_event_value(&value, event, field);
    return value.kind != WZP_VALUE_TEXT ||
           (!strpbrk(value.text, "\x1b\x07\r\n") && !strstr(value.text, "\xe2\x80\xae"));
}

/* True when no text in an event contains terminal control characters. */
static bool clean(const struct wzp_sim_phone *p)
{
    bool well = true;
    for (size_t i = 0; i < p->diary_count; i++) {
        const struct wzp_event *e = p->diary[i];
        const struct wzp_event_row *row = wzp_event_row(e->type);
        const struct wzp_event_field *field;
        for (size_t k = 0; (field = wzp_event_common_field(k)); k++)
            well &= is_clean(e, field);
        for (size_t k = 0; k < row->count; k++)
            well &= is_clean(e, &row->fields[k]);
    }
    return well;
}

static void check_phone(const char *name, struct wzp_sim_phone *p, wzp_session_id id)
{
    struct wzp_session_stats stats;
    if (!ok(wzp_phone_session_stats(p->phone, id, &stats, wzp_sim_now(st.sim)) == 0,
            "%s: the call lives", name))
        return;
    ok(stats.up && stats.e2e && stats.e2e_confirmed, "%s: and is sealed as before", name);
    ok(stats.sealed_failed + stats.unsealed_dropped > 100, "%s: forged packets are counted (%llu)",
       name, (unsigned long long)(stats.sealed_failed + stats.unsealed_dropped));
    ok(p->phone->signals_bad > 20, "%s: so are messages that make no sense (%llu)", name,
       (unsigned long long)p->phone->signals_bad);
    ok(wzp_phone_registered(p->phone), "%s: registered", name);
    ok(p->phone->session_count <= WZP_PHONE_SESSIONS_MAX, "%s: %zu sessions", name,
       p->phone->session_count);
    ok(clean(p), "%s: nothing raw reached the user", name);
}

TAP_MAIN
{
    for (uint64_t seed = 81; seed < 85; seed++) {
        memset(&liar, 0, sizeof liar);
        stage_raise(&st, seed, NULL);
        if (!ok(stage_call(&st, 5 * WZP_SECOND), "seed %d: a call is up", (int)seed))
            bail("nothing to lie about");
        st.bob.auto_answer = false;
        liar.random = wzp_sim_random(st.sim);
        wzp_text_copy(liar.call_id, sizeof liar.call_id, st.ann.phone->sessions[0]->call_id);
        wzp_sim_every(st.sim, 0, 20 * WZP_MILLISECOND, lie, NULL);
        wzp_sim_run(st.sim, WZP_SECOND);
        liar.speaking = true;
        size_t from = st.ann.card.heard.samples;
        double alike = stage_listen(&st, &st.ann, 8 * WZP_SECOND);
        unsigned gap = stage_extra_gap(&st, &st.ann, from);
        liar.speaking = false;
        ok(liar.said > 1200, "the relay talks (%llu messages)", (unsigned long long)liar.said);
        ok(alike > 0.9, "the sound goes on (%.3f)", alike);
        ok(gap < 100, "without a stall (%u ms)", gap);
        check_phone("Ann", &st.ann, st.call);
        check_phone("Bob", &st.bob, st.bobs);
        /* The calls that it made ring end by themselves. */
        wzp_sim_run(st.sim, 62 * WZP_SECOND / (seed == 81 ? 1 : 62));
        if (seed == 81)
            is_int(st.ann.phone->session_count + st.bob.phone->session_count, 2,
                   "a minute later only the true call is left");
        stage_lower(&st);
    }
    stage_fini(&st);
}
