/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The events of a softphone, one row each: JSON lines, sentences, copies, the manual's list and
 * tables of scripts are made from these. In a sentence {name} inserts a field, {name:1} with that
 * many decimals, {name:s} turns milliseconds into whole seconds, {name:t} seconds into minutes and
 * hours; {who} is the best name of the peer. A part in [ ] is left out unless every field in it has
 * a value (a text that is not empty, a number that is not 0, a flag that is true); {?name} and
 * {!name} only test that a field has, or has no, value, {?name=word} that it is that word. */
#include "app/event_data.h"

#define AT(member) offsetof(struct wzp_event, member)
/* SET: a field that is written when it has a value. ALWAYS: one that is always written. */
#define SET(name, form, member, unit, help)                                                        \
    {                                                                                              \
        name, unit, help, WZP_FORM_##form, false, AT(member)                                       \
    }
#define ALWAYS(name, form, member, unit, help)                                                     \
    {                                                                                              \
        name, unit, help, WZP_FORM_##form, true, AT(member)                                        \
    }
#define ROW(name, help, text, fields)                                                              \
    {                                                                                              \
        name, help, text, fields, sizeof(fields) / sizeof((fields)[0])                             \
    }
#define BARE(name, help, text)                                                                     \
    {                                                                                              \
        name, help, text, NULL, 0                                                                  \
    }

static const struct wzp_event_field common[] = {
    SET("session", UNSIGNED, session, "", "number of the call or room"),
    SET("peer", TEXT, about.peer, "", "fingerprint"),
    SET("name", NAME, about.name, "", "of the contact: we called it, or it proved its identity"),
    SET("claims", CLAIM, about.name, "", "of the contact that the caller claims to be, unproven"),
    SET("alias", TEXT, about.alias, "", "what the peer calls itself"),
    SET("call_id", TEXT, about.call_id, "", "the relay's name of the call"),
    SET("room", TEXT, about.room, "", "name of the room"),
};

static const struct wzp_event_field registered[] = {
    SET("relay", TEXT, u.registered.relay, "", "as configured"),
    SET("build", TEXT, u.registered.build, "", "the relay's version"),
    SET("region", TEXT, u.registered.region, "", "the relay's region"),
    SET("remote", TEXT, u.registered.remote, "", "its address"),
    ALWAYS("proven", BOOLEAN, u.registered.proven, "", "the relay proved its identity key"),
    ALWAYS("pin", PIN, u.registered.pin, "", "whether its certificate is the known one"),
    SET("rtt_ms", UNSIGNED, u.registered.rtt_ms, "ms", "round trip to it"),
};
static const struct wzp_event_field unregistered[] = {
    SET("relay", TEXT, u.unregistered.relay, "", "as configured"),
    SET("text", TEXT, u.unregistered.text, "", "why"),
    ALWAYS("retry_ms", UNSIGNED, u.unregistered.retry_ms, "ms", "until the next try"),
    SET("token_wanted", BOOLEAN, u.unregistered.token_wanted, "", "it wants a token, or another"),
    SET("displaced", BOOLEAN, u.unregistered.displaced, "",
        "another program of ours gets the calls now"),
    SET("code", INT, u.unregistered.code, "", "why, where trying again hardly helps"),
};
static const struct wzp_event_field relay_pin[] = {
    SET("relay", TEXT, u.relay_pin.relay, "", "as configured"),
    SET("remote", TEXT, u.relay_pin.remote, "", "its address"),
    SET("certificate", TEXT, u.relay_pin.certificate, "", "SHA-256 of its certificate"),
    SET("known", TEXT, u.relay_pin.known, "", "SHA-256 of its certificate before"),
    SET("text", TEXT, u.relay_pin.text, "", "a sentence"),
    ALWAYS("pin", PIN, u.relay_pin.pin, "", "whether its certificate is the known one"),
};
static const struct wzp_event_field incoming[] = {
    ALWAYS("e2e", BOOLEAN, u.incoming.proven, "", "the caller proved its key"),
    SET("why", TEXT, u.incoming.why, "", "why the call would not be encrypted"),
};
static const struct wzp_event_field joined[] = {
    SET("relay", TEXT, u.path.relay, "", "as configured"),
    SET("remote", TEXT, u.path.remote, "", "address of the path"),
    SET("why", TEXT, u.path.why, "", "why this path"),
    SET("reason", TEXT, u.path.reason, "", "the same, a word of a closed list"),
};
static const struct wzp_event_field members[] = {
    ALWAYS("members", MEMBERS, u.members.items, "", "a list of objects"),
};
static const struct wzp_event_field path[] = {
    ALWAYS("kind", DIRECT, u.path.direct, "", "direct or relay"),
    SET("relay", TEXT, u.path.relay, "", "as configured"),
    SET("remote", TEXT, u.path.remote, "", "address of the path"),
    SET("why", TEXT, u.path.why, "", "why this path"),
    SET("reason", TEXT, u.path.reason, "", "the same, a word of a closed list"),
    ALWAYS("rtt_ms", UNSIGNED, u.path.rtt_ms, "ms", "round trip on it"),
};
static const struct wzp_event_field security[] = {
    ALWAYS("e2e", BOOLEAN, u.security.e2e, "", "encryption from end to end is agreed"),
    ALWAYS("confirmed", BOOLEAN, u.security.confirmed, "", "the first packet proved it"),
    SET("verified", BOOLEAN, u.security.verified, "", "a person compared the code once"),
    SET("verified_on", TEXT, u.security.verified_on, "", "the day of the comparison"),
    SET("sas", TEXT, u.security.sas, "", "the safety code"),
    SET("why", TEXT, u.security.why, "", "why there is no end-to-end encryption"),
};
static const struct wzp_event_field media[] = {
    ALWAYS("since_ms", UNSIGNED, u.media.since_ms, "ms",
           "after the command or the answer, whichever came later"),
};
static const struct wzp_event_field sentence[] = {
    SET("text", TEXT, u.notice.text, "", "a sentence"),
};
static const struct wzp_event_field ended[] = {
    ALWAYS("reason", REASON, u.ended.reason, "", "a word of a closed list"),
    SET("text", TEXT, u.ended.text, "", "a sentence"),
    SET("duration_s", MS_IN_S, u.ended.duration_ms, "s", "since answered or joined"),
    SET("token_wanted", BOOLEAN, u.ended.token_wanted, "", "the relay wants a token, or another"),
    SET("password_wanted", BOOLEAN, u.ended.password_wanted, "",
        "the room wants a password, or another"),
    SET("unannounced", BOOLEAN, u.ended.unannounced, "", "somebody called, and it did not ring"),
};
static const struct wzp_event_field pong[] = {
    SET("relay", TEXT, u.pong.relay, "", "as asked"),
    SET("build", TEXT, u.pong.build, "", "the relay's version"),
    SET("remote", TEXT, u.pong.remote, "", "its address"),
    SET("certificate", TEXT, u.pong.certificate, "", "SHA-256 of its certificate"),
    SET("text", TEXT, u.pong.build, "", "the same as build"),
    ALWAYS("rtt_ms", UNSIGNED, u.pong.rtt_ms, "ms", "time to connect"),
    ALWAYS("pin", PIN, u.pong.pin, "", "whether its certificate is the known one"),
};
static const struct wzp_event_field error[] = {
    SET("relay", TEXT, u.error.relay, "", "the relay that the error is about"),
    SET("text", TEXT, u.error.text, "", "a sentence"),
    ALWAYS("code", INT, u.error.code, "", "a negative number"),
};
static const struct wzp_event_field stats[] = {
    ALWAYS("duration_s", MS_IN_S, u.stats.duration_ms, "s", "since answered or joined"),
    ALWAYS("kind", DIRECT, u.stats.direct, "", "direct or relay"),
    ALWAYS("rtt_ms", NS_IN_MS, u.stats.path.rtt_smoothed, "ms", "round trip of the path"),
    ALWAYS("mtu", SIZE, u.stats.path.mtu, "bytes", "of UDP payloads"),
    SET("codec_out", CODEC, u.stats.codec_out, "", "what is sent"),
    SET("codec_in", CODEC, u.stats.codec_in, "", "what comes"),
    ALWAYS("frames_sent", U64, u.stats.frames_sent, "", "frames of 20 ms"),
    ALWAYS("frames_decoded", U64, u.stats.heard.frames_decoded, "", "heard as they came"),
    ALWAYS("frames_dred", U64, u.stats.heard.frames_dred, "", "rebuilt from deep redundancy"),
    ALWAYS("frames_lbrr", U64, u.stats.heard.frames_lbrr, "", "rebuilt from the next packet"),
    ALWAYS("frames_repaired", U64, u.stats.heard.frames_repaired, "",
           "restored from copies or repair packets"),
    ALWAYS("frames_rebuilt", REBUILT, u.stats.heard, "", "dred, lbrr and repaired together"),
    ALWAYS("frames_concealed", U64, u.stats.heard.frames_concealed, "", "made up"),
    ALWAYS("received", U64, u.stats.heard.jitter.received, "", "packets"),
    ALWAYS("lost", U64, u.stats.heard.jitter.lost, "", "packets"),
    ALWAYS("late", U64, u.stats.heard.jitter.late, "", "packets"),
    ALWAYS("underruns", U64, u.stats.heard.underruns, "", "times nothing was there to play"),
    ALWAYS("loss_percent", DOUBLE, u.stats.heard.jitter.loss_percent_5s, "%", "last 5 s"),
    ALWAYS("loss_run", DOUBLE, u.stats.heard.jitter.runs.mean_run, "", "lost in a row"),
    ALWAYS("burst_loss_percent", DOUBLE, u.stats.heard.jitter.runs.burst_density, "%",
           "lost within bursts, so far"),
    ALWAYS("burst_ms", DOUBLE, u.stats.heard.jitter.runs.burst_duration_ms, "ms",
           "mean length of a burst"),
    ALWAYS("gap_loss_percent", DOUBLE, u.stats.heard.jitter.runs.gap_density, "%",
           "lost between bursts"),
    ALWAYS("gap_ms", DOUBLE, u.stats.heard.jitter.runs.gap_duration_ms, "ms",
           "mean length of a gap between bursts"),
    ALWAYS("duplicate", U64, u.stats.heard.jitter.duplicate, "", "packets"),
    ALWAYS("reordered", U64, u.stats.heard.jitter.reordered, "", "packets"),
    ALWAYS("concealed_percent", DOUBLE, u.stats.concealed_percent, "%", "of the voice, so far"),
    ALWAYS("dred_percent", DOUBLE, u.stats.rebuilt_dred_percent, "%",
           "of the voice, rebuilt from deep redundancy"),
    ALWAYS("lbrr_percent", DOUBLE, u.stats.rebuilt_lbrr_percent, "%",
           "of the voice, rebuilt from the next packet"),
    ALWAYS("jitter_ms", DOUBLE, u.stats.heard.jitter.jitter_ms, "ms", "of arrivals"),
    ALWAYS("buffer_ms", UNSIGNED, u.stats.heard.jitter.buffered_ms, "ms", "waiting to be played"),
    ALWAYS("delay_ms", UNSIGNED, u.stats.heard.delay_ms, "ms", "from network to loudspeaker"),
    ALWAYS("drift_ppm", DOUBLE, u.stats.heard.jitter.drift_ppm, "ppm", "the sender's clock"),
    ALWAYS("speakers", SIZE, u.stats.speakers, "", "whose voices came in the last 30 s"),
    ALWAYS("level_in_dbfs", DOUBLE, u.stats.level_in_dbfs, "dBFS", "of the microphone"),
    ALWAYS("level_out_dbfs", DOUBLE, u.stats.level_out_dbfs, "dBFS", "of what is heard"),
    ALWAYS("bitrate_out", UNSIGNED, u.stats.coding.bitrate, "bit/s", "of the coder"),
    ALWAYS("frame_out_ms", UNSIGNED, u.stats.coding.frame_ms, "ms", "in a packet"),
    ALWAYS("expected_loss", UNSIGNED, u.stats.coding.expected_loss, "%",
           "loss that the coder expects"),
    ALWAYS("dred_out_ms", UNSIGNED, u.stats.coding.dred_ms, "ms", "deep redundancy asked for"),
    ALWAYS("sent_kbps", DOUBLE, u.stats.coding.sent_kbps, "kbit/s", "headers included"),
    ALWAYS("received_kbps", DOUBLE, u.stats.coding.received_kbps, "kbit/s", "payload"),
    ALWAYS("peer_loss_percent", DOUBLE, u.stats.coding.peer_loss_percent, "%", "of what we send"),
    ALWAYS("peer_limit_kbps", UNSIGNED, u.stats.coding.peer_limit_kbps, "kbit/s",
           "what its line carries while full, else 0"),
    ALWAYS("tuner_dred_ms", UNSIGNED, u.stats.coding.tuner_dred_ms, "ms",
           "what older programs would choose"),
    ALWAYS("tuner_expected_loss", UNSIGNED, u.stats.coding.tuner_expected_loss, "%", "likewise"),
    ALWAYS("r", DOUBLE, u.stats.r, "", "of the E-model, 0 to 93"),
    SET("mos", DOUBLE, u.stats.mos, "", "estimated, 1 to 4.5, once something was heard"),
    ALWAYS("e2e", BOOLEAN, u.stats.e2e, "", "encrypted from end to end"),
    ALWAYS("sealed_failed", U64, u.stats.sealed_failed, "", "packets that were not the peer's"),
};
static const struct wzp_event_field connecting[] = {
    SET("relay", TEXT, u.connecting.relay, "", "as configured"),
    SET("remote", TEXT, u.connecting.remote, "", "its address"),
};
static const struct wzp_event_field muted[] = {
    ALWAYS("muted", BOOLEAN, u.muted.muted, "", "nobody hears us"),
    ALWAYS("held", BOOLEAN, u.muted.held, "", "nobody hears anybody"),
};

static const struct wzp_event_field presence[] = {
    ALWAYS("presence", PRESENCE, u.presence.state, "", "unknown, offline, online or unproven"),
    ALWAYS("before", PRESENCE, u.presence.before, "", "what it was before"),
};

static const struct wzp_event_field candidates[] = {
    ALWAYS("side", SIDE, u.candidates.own, "", "own or peer"),
    ALWAYS("generation", UNSIGNED, u.candidates.generation, "", "0: of the offer or the answer"),
    SET("reflexive", TEXT, u.candidates.reflexive, "", "as seen from outside"),
    SET("mapped", TEXT, u.candidates.mapped, "", "a port that the router opened"),
    SET("hosts", WORDS, u.candidates.hosts, "", "the machine's own, a list"),
    SET("mapping", TEXT, u.candidates.mapping, "", "how the router maps ports"),
};

static const struct wzp_event_row rows[WZP_EVENT_COUNT] = {
    [WZP_EVENT_REGISTERED] =
        ROW("registered", "We can be called at this relay.",
            "registered at {relay}[, build {build}][{?proven}, identity proven]", registered),
    [WZP_EVENT_UNREGISTERED] = ROW(
        "unregistered", "The connection to the relay was lost or refused.",
        "not registered at {relay}: {text}[{?retry_ms}; next try in {retry_ms:s} s]", unregistered),
    [WZP_EVENT_RELAY_PIN] = ROW(
        "relay_pin", "A relay was seen first or shows another certificate.",
        "[{?pin=new}relay {relay}: {text}\n      ({certificate})]"
        "[{?pin=updated}relay {relay} has a new certificate and proved that it is the same "
        "relay]"
        "[{?pin=mismatch}WARNING: relay {relay} shows another certificate than before. Somebody "
        "may be in between.\n      now:    {certificate}[\n      before: {known}]]",
        relay_pin),
    [WZP_EVENT_INCOMING] =
        ROW("incoming", "Somebody calls.",
            "incoming call from {who}[{!e2e} (identity not proven: hop-by-hop only)]", incoming),
    [WZP_EVENT_RINGING] = BARE("ringing", "The call was forwarded.", "ringing"),
    [WZP_EVENT_ANSWERED] = BARE("answered", "One side answered the call.", "answered"),
    [WZP_EVENT_JOINED] =
        ROW("joined", "The media connection is up.", "connected[{!peer} to room {room}]", joined),
    /* Of a call the members are its two sides. */
    [WZP_EVENT_MEMBERS] =
        ROW("members", "Who is in the room.", "[{!peer}in the room: {members}]", members),
    [WZP_EVENT_PATH] = ROW("path", "Media takes this path.",
                           "media path: [{?kind=direct}direct to][{?kind=relay}relay] {remote}, "
                           "{rtt_ms} ms round trip[, {why}]",
                           path),
    [WZP_EVENT_SECURITY] =
        ROW("security", "How the call is encrypted.",
            "[{?e2e}{?confirmed}end-to-end encrypted, safety code {sas} "
            "([{?verified}verified[ on {verified_on}]][{!verified}compare it by voice])]"
            "[{?e2e}{!confirmed}end-to-end encryption agreed[, safety code {sas}]]"
            "[{!e2e}encrypted to the relay only[: {why}]]",
            security),
    [WZP_EVENT_MEDIA] =
        ROW("media", "The first sound was decoded.", "first sound after {since_ms} ms", media),
    [WZP_EVENT_QUALITY] =
        ROW("quality", "The relay recommends a profile.", "the relay recommends {text}", sentence),
    [WZP_EVENT_ENDED] = ROW("ended", "The call or room is over.",
                            "ended: {reason}[, {text}][, after {duration_s:t}][{?unannounced}; "
                            "it was {who}[{?claims} (not proven)]]",
                            ended),
    [WZP_EVENT_PONG] =
        ROW("pong", "A relay answered.",
            "{relay}: {rtt_ms} ms, build [{build}][{!build}unknown], certificate {certificate} "
            "([{?pin=new}not seen before][{?pin=match}known][{?pin=updated}changed, same relay]"
            "[{?pin=mismatch}ANOTHER THAN BEFORE])",
            pong),
    [WZP_EVENT_ERROR] =
        ROW("error", "Something went wrong.", "[{relay}: ][{text}][{!text}error {code}]", error),
    [WZP_EVENT_STATS] =
        ROW("stats", "Measurements of a call or room.",
            "{duration_s:0} s: {kind}, rtt {rtt_ms:0} ms, loss {loss_percent:1} %, jitter "
            "{jitter_ms:0} ms, buffer {buffer_ms} ms, rebuilt {frames_rebuilt}, "
            "concealed {frames_concealed}, heard {level_out_dbfs:0} dBFS[, MOS {mos:1}]",
            stats),
    [WZP_EVENT_CONNECTING] =
        ROW("connecting", "A relay is being tried.", "connecting to {relay}", connecting),
    [WZP_EVENT_NOTICE] = ROW("notice", "Something to know that is no error.", "{text}", sentence),
    [WZP_EVENT_MUTED] =
        ROW("muted", "Muted or held changed, whoever did it.",
            "[{?held}on hold: nobody hears anybody][{!held}{?muted}muted: nobody hears you]"
            "[{!held}{!muted}you are heard]",
            muted),
    [WZP_EVENT_PRESENCE] =
        ROW("presence", "Whether a contact is registered at our relay.",
            "[{?presence=online}{who} is online]"
            "[{?presence=unproven}somebody is registered as {who} without a proof]"
            "[{?presence=offline}{?before=online}{who} is offline]",
            presence),
    [WZP_EVENT_CANDIDATES] =
        ROW("candidates", "Addresses that one side of a call told the other.", NULL, candidates),
    [WZP_EVENT_STOPPED] = BARE("stopped", "The softphone has ended; no event follows.", NULL),
};

const struct wzp_event_row *wzp_event_row(enum wzp_event_type type)
{
    return (unsigned)type < WZP_EVENT_COUNT ? &rows[type] : NULL;
}

const struct wzp_event_field *wzp_event_common_field(size_t i)
{
    return i < sizeof common / sizeof common[0] ? &common[i] : NULL;
}
