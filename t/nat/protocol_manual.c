/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp-protocol(7) says what the code does: every signal with its fields, types and letters, every
 * field of the media header, every codec; and its examples are read out of the page and checked. An
 * example is a literal block whose first line, a comment, is "example KIND NAME=VALUE ...". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/certificate.h"
#include "crypto/e2e.h"
#include "crypto/handshake.h"
#include "crypto/mnemonic.h"
#include "nat/predict.h"
#include "nat/punch.h"
#include "nat/role.h"
#include "nat/stun.h"
#include "tap.h"
#include "wire/bundle.h"
#include "wire/frame.h"
#include "wire/name.h"
#include "wire/signal_table.h"
#include "wire/trunk.h"

#define BLOCK_MAX 4096

static char *page;

/* One example: the words behind its kind, and its lines. */
struct example {
    char words[512];
    char text[BLOCK_MAX];
};

/* ---- what every entry must say ---- */

static const char *type_text(char *out, size_t room, const struct wzp_field *field)
{
    static const char *const plain[] = {
        [WZP_FIELD_STRING] = "string",   [WZP_FIELD_BOOLEAN] = "boolean",
        [WZP_FIELD_U8] = "u8",           [WZP_FIELD_U32] = "u32",
        [WZP_FIELD_U64] = "u64",         [WZP_FIELD_FLOAT] = "float",
        [WZP_FIELD_WORD] = "word",       [WZP_FIELD_BYTES] = "bytes",
        [WZP_FIELD_STRINGS] = "strings", [WZP_FIELD_MESSAGE] = "message",
    };
    switch (field->kind) {
    case WZP_FIELD_KEY: snprintf(out, room, "key(%u)", field->size); break;
    case WZP_FIELD_STRUCT: snprintf(out, room, "%s", field->shape->name); break;
    case WZP_FIELD_STRUCT_LIST: snprintf(out, room, "list of %s", field->shape->name); break;
    default: snprintf(out, room, "%s", plain[field->kind]);
    }
    return out;
}

static void check_shape(const char *macro, const struct wzp_shape *shape)
{
    static const char letters[] = {[WZP_CLASS_R] = 'R',
                                   [WZP_CLASS_N] = 'N',
                                   [WZP_CLASS_O] = 'O',
                                   [WZP_CLASS_L] = 'L',
                                   [WZP_CLASS_D] = 'D'};
    char row[160], type[64];
    snprintf(row, sizeof row, "\n.It %s %s\n", macro, shape->name);
    const char *at = strstr(page, row);
    if (!ok(at, "%s has an entry", shape->name))
        return;
    snprintf(row, sizeof row, "\n.It %s ", macro);
    const char *end = strstr(at + 1, row);
    if (!end)
        end = strstr(at, "\n.Ss ");
    unsigned rows = 0;
    for (const char *p = at; (p = strstr(p, "\n.It Va ")) && p < end; p++)
        rows++;
    is_int(rows, shape->count, "with a row for each of its fields");
    for (unsigned i = 0; i < shape->count; i++) {
        const struct wzp_field *field = &shape->fields[i];
        snprintf(row, sizeof row, "\n.It Va %s Pq %s, %c\n", field->name,
                 type_text(type, sizeof type, field), letters[field->class]);
        const char *found = strstr(at, row);
        if (ok(found && found < end, "%s: %s, in its place", shape->name, row + 8))
            at = found;
        if (field->shape) {
            snprintf(row, sizeof row, "\n.It Em %s\n", field->shape->name);
            if (strcmp(macro, "Em") && strstr(page, row))
                check_shape("Em", field->shape);
        }
    }
}

static void check_signals(void)
{
    unsigned entries = 0;
    for (const char *p = page; (p = strstr(p, "\n.It Ic ")); p++)
        entries++;
    is_int(entries, WZP_SIGNAL_COUNT, "as many entries as signals");
    for (unsigned i = 0; i < WZP_SIGNAL_COUNT; i++) {
        char label[96];
        const struct wzp_shape *shape = wzp_signal_shape((enum wzp_signal_type)i);
        check_shape("Ic", shape);
        snprintf(label, sizeof label, "\n.\\\" example signal %s\n", shape->name);
        ok(strstr(page, label), "and an example");
    }
}

static void check_codecs(void)
{
    char row[96];
    for (unsigned i = 0; i < WZP_CODEC_COUNT; i++) {
        const struct wzp_codec_info *info = wzp_codec_info(i);
        snprintf(row, sizeof row, "\n.It Va %s Pq id %u, %u bit/s, %u ms\n", info->name, i,
                 (unsigned)info->bitrate, info->frame_ms);
        ok(strstr(page, row), "codec %s", info->name);
    }
    for (unsigned i = 0; i < WZP_TIER_COUNT; i++) {
        const struct wzp_profile *p = wzp_tier_profile((enum wzp_tier)i);
        snprintf(row, sizeof row, "\n.It Em %s\n.Li %s ,\nratio %.1f, frames of %u ms, %u in",
                 wzp_tier_name((enum wzp_tier)i), wzp_codec_info(p->codec)->name,
                 (double)p->fec_ratio, p->frame_duration_ms, p->frames_per_block);
        ok(strstr(page, row), "profile %s", wzp_tier_name((enum wzp_tier)i));
    }
}

/* ---- the media header, bit by bit ---- */

/* "byte 0, bit 0; byte 1, bits 7 to 2" or "bytes 2 to 3": the bits that are set. */
static void where_text(char *out, size_t room, const uint8_t header[WZP_MEDIA_HEADER_SIZE])
{
    size_t length = 0;
    out[0] = '\0';
    for (int i = 0; i < WZP_MEDIA_HEADER_SIZE; i++) {
        int last = i, high = 7, low = 0;
        if (!header[i])
            continue;
        while (header[i] == 0xff && last + 1 < WZP_MEDIA_HEADER_SIZE && header[last + 1] == 0xff)
            last++;
        while (!(header[i] >> high & 1))
            high--;
        while (!(header[i] >> low & 1))
            low++;
        const char *between = length ? "; " : "";
        if (last > i)
            length +=
                (size_t)snprintf(out + length, room - length, "%sbytes %d to %d", between, i, last);
        else if (high - low == 7)
            length += (size_t)snprintf(out + length, room - length, "%sbyte %d", between, i);
        else if (high == low)
            length += (size_t)snprintf(out + length, room - length, "%sbyte %d, bit %d", between, i,
                                       high);
        else
            length += (size_t)snprintf(out + length, room - length, "%sbyte %d, bits %d to %d",
                                       between, i, high, low);
        i = last;
    }
}

static void check_header(void)
{
#define FULL(member, value)                                                                        \
    {                                                                                              \
#member,                                                                                   \
        {                                                                                          \
            .member = value                                                                        \
        }                                                                                          \
    }
    static const struct {
        const char *name;
        struct wzp_media_header header;
    } fields[] = {
        FULL(version, true),         FULL(is_repair, true),       FULL(codec, 15),
        FULL(has_report, true),      FULL(fec_ratio, 127),        FULL(unused_bits, 3),
        FULL(sequence, UINT16_MAX),  FULL(timestamp, UINT32_MAX), FULL(fec_block, UINT8_MAX),
        FULL(fec_symbol, UINT8_MAX), FULL(sender, UINT8_MAX),     FULL(csrc_count, UINT8_MAX),
    };
    uint8_t all[WZP_MEDIA_HEADER_SIZE] = {0}, ones[WZP_MEDIA_HEADER_SIZE];
    char where[128], row[192];
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint8_t header[WZP_MEDIA_HEADER_SIZE];
        wzp_media_write_header(header, &fields[i].header);
        where_text(where, sizeof where, header);
        snprintf(row, sizeof row, "\n.It Va %s Pq %s\n", fields[i].name, where);
        ok(strstr(page, row), "%s is at %s", fields[i].name, where);
        for (size_t k = 0; k < sizeof all; k++)
            all[k] |= header[k];
    }
    memset(ones, 0xff, sizeof ones);
    is_bytes(all, sizeof all, ones, sizeof ones, "no bit of the header is left out");
}

/* ---- examples ---- */

/* The next example of that kind from *at on; false when there is none. */
static bool next_example(struct example *out, const char *kind, const char **at)
{
    char label[48];
    int length = snprintf(label, sizeof label, "\n.\\\" example %s", kind);
    const char *found = strstr(*at, label), *text, *end;
    if (!found)
        return false;
    found += length;
    text = strstr(found, "\n.Bd ");
    text = text ? strchr(text + 1, '\n') : NULL;
    end = text ? strstr(text, "\n.Ed\n") : NULL;
    if (!end || (size_t)(end - text) >= sizeof out->text)
        bail("an example of kind %s does not end", kind);
    snprintf(out->words, sizeof out->words, "%.*s ", (int)strcspn(found, "\n"), found);
    snprintf(out->text, sizeof out->text, "%.*s", (int)(end - text - 1), text + 1);
    *at = end;
    return true;
}

/* The value of a word NAME=VALUE in out; "0" when there is none. */
static const char *word(const struct example *e, char *out, size_t room, const char *name)
{
    char label[32];
    snprintf(label, sizeof label, " %s=", name);
    const char *at = strstr(e->words, label);
    snprintf(out, room, "%.*s", at ? (int)strcspn(at + strlen(label), " ") : 1,
             at ? at + strlen(label) : "0");
    return out;
}

static unsigned long number(const struct example *e, const char *name)
{
    char text[32];
    return strtoul(word(e, text, sizeof text, name), NULL, 10);
}

static size_t dump(uint8_t *out, size_t room, const struct example *e)
{
    char flat[BLOCK_MAX];
    size_t length = 0;
    for (const char *p = e->text; *p; p++)
        flat[length++] = *p == '\n' ? ' ' : *p;
    flat[length] = '\0';
    return tap_hex(out, room, flat);
}

static void check_signal_examples(void)
{
    struct example e;
    struct wzp_signal signal;
    unsigned count = 0;
    for (const char *at = page; next_example(&e, "signal", &at); count++) {
        char json[BLOCK_MAX], *text = NULL;
        size_t length = 0, written = 0;
        for (const char *p = e.text; *p; p++)
            if (*p != '\n')
                json[length++] = *p;
        json[length] = '\0';
        if (!is_int(wzp_signal_parse(&signal, json, length, NULL), 0, "reads%s", e.words))
            continue;
        ok(strncmp(e.words + 1, wzp_signal_type_name(signal.type),
                   strlen(wzp_signal_type_name(signal.type))) == 0,
           "it is that message");
        if (is_int(wzp_signal_write(&text, &written, &signal), 0, "and writes it"))
            is_bytes(text, written, json, length, "byte for byte");
        wzp_free(text);
        wzp_signal_fini(&signal);
    }
    is_int(count, WZP_SIGNAL_COUNT, "an example of each signal");
}

static void check_frame(void)
{
    struct example e;
    struct wzp_frame frame;
    uint8_t bytes[64];
    const char *at = page;
    if (!ok(next_example(&e, "frame", &at), "an example of a frame"))
        return;
    size_t length = dump(bytes, sizeof bytes, &e);
    wzp_frame_init(&frame, WZP_FRAME_MAX);
    if (is_int(wzp_frame_feed(&frame, bytes, length), 1, "it is whole"))
        ok(strncmp(frame.text, e.words + 1, frame.length) == 0, "and holds%s", e.words);
    wzp_frame_fini(&frame);
}

static void check_media(void)
{
    struct example e;
    struct wzp_media_packet p;
    unsigned count = 0;
    for (const char *at = page; next_example(&e, "media", &at); count++) {
        uint8_t bytes[64], again[64];
        size_t length = dump(bytes, sizeof bytes, &e);
        is_int(wzp_media_parse(&p, bytes, length), 0, "a packet:%s", e.words);
        is_int(p.header.codec, number(&e, "codec"), "codec");
        is_int(p.header.is_repair, number(&e, "repair"), "repair");
        is_int(p.header.has_report, number(&e, "report"), "report");
        is_int(p.header.fec_ratio, number(&e, "ratio"), "ratio");
        is_int(p.header.sequence, number(&e, "sequence"), "sequence");
        is_int(p.header.timestamp, number(&e, "timestamp"), "timestamp");
        is_int(p.header.fec_block, number(&e, "block"), "block");
        is_int(p.header.fec_symbol, number(&e, "symbol"), "symbol");
        is_int(p.header.sender, number(&e, "sender"), "sender");
        is_int(p.payload_length, number(&e, "payload"), "payload");
        is_int(p.report.loss, number(&e, "loss"), "loss");
        is_int(p.report.rtt_4ms, number(&e, "rtt"), "round trip");
        is_int(p.report.jitter_ms, number(&e, "jitter"), "jitter");
        is_int(p.report.bitrate_cap_kbps, number(&e, "last"), "last byte");
        int n = wzp_media_write(again, sizeof again, &p);
        is_bytes(again, n > 0 ? (size_t)n : 0, bytes, length, "written again");
    }
    is_int(count, 4, "four packets");
}

static void check_bundle(const char *at)
{
    struct example e;
    struct wzp_bundle_reader reader;
    struct wzp_media_packet packet;
    uint8_t bytes[128];
    const uint8_t *item;
    size_t size;
    if (!ok(next_example(&e, "bundle", &at), "a bundle"))
        return;
    size_t length = dump(bytes, sizeof bytes, &e);
    is_int(wzp_bundle_parse(&reader, bytes, length), 0, "is read");
    is_int(wzp_bundle_next(&reader, &item, &size), 1, "with its first item");
    is_int(wzp_media_parse(&packet, item, size), 0, "a packet");
    unsigned items = 1;
    while (wzp_bundle_next(&reader, &item, &size))
        items++;
    is_int(items, number(&e, "items"), "and all of them");
}

static void check_other_datagrams(void)
{
    struct example e;
    struct wzp_media_packet packet;
    struct wzp_trunk_reader reader;
    struct wzp_trunk_entry entry;
    struct wzp_mini_context context = {0};
    uint8_t bytes[128], tag[8];
    const uint8_t *found;
    const char *at = page;
    if (!ok(next_example(&e, "federation", &at), "a tagged packet"))
        return;
    size_t length = dump(bytes, sizeof bytes, &e);
    char name[16];
    sscanf(e.words, "%15s", name);
    wzp_room_tag(tag, name);
    if (is_int(wzp_federation_parse(&found, &packet, bytes, length), 0, "is read"))
        is_bytes(found, 8, tag, 8, "with the tag of %s", name);
    is_int(packet.payload_length, number(&e, "payload"), "and its payload");
    if (!ok(next_example(&e, "trunk", &at), "a trunk"))
        return;
    length = dump(bytes, sizeof bytes, &e);
    unsigned entries = 0;
    is_int(wzp_trunk_parse(&reader, bytes, length), 0, "is read");
    while (wzp_trunk_next(&reader, &entry) == 1)
        entries++;
    is_int(entries, number(&e, "entries"), "with its entries");
    if (!ok(next_example(&e, "compact", &at), "compact frames"))
        return;
    unsigned sequence = 100;
    for (char *line = strtok(e.text, "\n"); line; line = strtok(NULL, "\n"), sequence++) {
        length = tap_hex(bytes, sizeof bytes, line);
        is_int(wzp_mini_parse(&context, &packet, bytes, length), 0, "one is read");
        is_int(packet.header.sequence, sequence, "its number");
    }
    is_int(sequence, 103, "three of them");
    check_bundle(at);
}

static void check_names(void)
{
    static const struct {
        const char *word;
        enum wzp_purpose purpose;
    } words[] = {
        {"ping", WZP_PURPOSE_PING},     {"version", WZP_PURPOSE_VERSION},
        {"probe", WZP_PURPOSE_PROBE},   {"federation", WZP_PURPOSE_FEDERATION},
        {"signal", WZP_PURPOSE_SIGNAL}, {"call", WZP_PURPOSE_CALL_ROOM},
        {"room", WZP_PURPOSE_ROOM},     {"unknown", WZP_PURPOSE_UNKNOWN},
    };
    struct example e;
    const char *at = page;
    char kind[32], name[64], hash[33];
    if (!ok(next_example(&e, "names", &at), "names"))
        return;
    for (char *line = strtok(e.text, "\n"); line; line = strtok(NULL, "\n")) {
        is_int(sscanf(line, "%31s %63s", kind, name), 2, "two words");
        bool valid = wzp_sni_valid(name, strlen(name));
        is_int(valid, strcmp(kind, "invalid") != 0, "%s: valid or not", name);
        for (size_t i = 0; valid && i < sizeof words / sizeof words[0]; i++)
            if (strcmp(words[i].word, kind) == 0)
                is_int(wzp_sni_purpose(name), words[i].purpose, "%s is a %s", name, kind);
    }
    if (!ok(next_example(&e, "roomhash", &at), "hashes of rooms"))
        return;
    for (char *line = strtok(e.text, "\n"); line; line = strtok(NULL, "\n")) {
        char said[40];
        is_int(sscanf(line, "%63s %39s", name, said), 2, "a room and its hash");
        wzp_room_hash(hash, name);
        is_str(said, hash, "the hash of %s", name);
    }
}

/* The value of the line that begins with name, and of those without a name behind it. */
static const char *line_of(const struct example *e, char *out, size_t room, const char *name)
{
    char label[32];
    size_t length = 0;
    snprintf(label, sizeof label, "\n%s ", name);
    const char *at = strstr(e->text, label + 1);
    while (at && at != e->text && at[-1] != '\n')
        at = strstr(at + 1, label + 1);
    if (!at)
        bail("no line %s", name);
    at += strlen(name);
    for (; *at && length + 1 < room; at++) {
        if (*at == '\n' && at[1] != ' ')
            break;
        if (*at != ' ' && *at != '\n')
            out[length++] = *at;
        else if (length && out[length - 1] != ' ')
            out[length++] = ' ';
    }
    out[length] = '\0';
    return out;
}

static size_t bytes_of(void *out, size_t room, const struct example *e, const char *name)
{
    char text[512];
    return tap_hex(out, room, line_of(e, text, sizeof text, name));
}

static void check_identity(void)
{
    struct example e;
    struct wzp_identity identity;
    struct wzp_certificate certificate;
    uint8_t seed[32], key[32], words[32];
    char text[512], print[WZP_TLS_FINGERPRINT_TEXT_MAX];
    const char *at = page;
    if (!ok(next_example(&e, "identity", &at), "an identity"))
        return;
    bytes_of(seed, sizeof seed, &e, "seed");
    wzp_identity_from_seed(&identity, seed);
    line_of(&e, text, sizeof text, "mnemonic");
    is_int(wzp_mnemonic_decode(words, text, strlen(text), NULL), 0, "its words are read");
    is_bytes(words, 32, seed, 32, "and are the seed");
    bytes_of(key, sizeof key, &e, "secret");
    is_bytes(key, 32, identity.secret, 32, "its secret");
    bytes_of(key, sizeof key, &e, "public");
    is_bytes(key, 32, identity.public_key, 32, "its public key");
    is_str(line_of(&e, text, sizeof text, "fingerprint"), identity.fingerprint_text,
           "its fingerprint");
    wzp_certificate_of_relay(&certificate, &identity);
    wzp_tls_fingerprint_format(print, certificate.sha256);
    is_str(line_of(&e, text, sizeof text, "tls"), print, "its certificate, were it a relay");
}

static void check_sealing(void)
{
    struct example e;
    struct wzp_e2e_session session;
    struct wzp_media_packet packet;
    uint8_t transcript[32], shared[32], said[64], plain[64], opened[64];
    char text[64];
    const char *at = page;
    if (!ok(next_example(&e, "e2e", &at), "a sealed packet"))
        return;
    bytes_of(transcript, sizeof transcript, &e, "transcript");
    bytes_of(shared, sizeof shared, &e, "x25519");
    wzp_e2e_session_derive(&session, false, transcript, shared);
    is_str(line_of(&e, text, sizeof text, "code"), session.sas, "the safety code");
    size_t length = bytes_of(said, sizeof said, &e, "packet");
    size_t plain_length = bytes_of(plain, sizeof plain, &e, "plain");
    if (is_int(wzp_e2e_open(&session, &packet, opened, sizeof opened, said, length), 0,
               "the callee opens it"))
        is_bytes(packet.payload, packet.payload_length, plain, plain_length, "what was said");
    wzp_e2e_session_wipe(&session);
}

static void check_stun(void)
{
    struct example e;
    uint8_t bytes[64], made[64], id[WZP_STUN_ID_SIZE];
    struct wzp_stun_answer answer;
    char text[64], said[64];
    const char *at = page;
    if (!ok(next_example(&e, "stun-request", &at), "a STUN request"))
        return;
    size_t length = dump(bytes, sizeof bytes, &e);
    tap_hex(id, sizeof id, word(&e, text, sizeof text, "id"));
    wzp_stun_write_request(made, id);
    is_bytes(made, WZP_STUN_HEADER_SIZE, bytes, length, "is what we send");
    if (!ok(next_example(&e, "stun-response", &at), "an answer"))
        return;
    length = dump(bytes, sizeof bytes, &e);
    tap_hex(id, sizeof id, word(&e, text, sizeof text, "id"));
    is_int(wzp_stun_parse(&answer, bytes, length, id), WZP_STUN_OK, "is read");
    is_str(wzp_addr_format(text, &answer.mapped), word(&e, said, sizeof said, "address"),
           "as that address");
    is_bytes(made, wzp_stun_write_response(made, sizeof made, id, &answer.mapped), bytes, length,
             "and is what our relay sends");
}

static void check_punch(void)
{
    struct example e;
    struct wzp_punch_key key;
    uint8_t bytes[64], made[WZP_PUNCH_SIZE], secret[WZP_PUNCH_KEY_SIZE];
    char text[80];
    const char *at = page;
    if (!ok(next_example(&e, "punch", &at), "a punch"))
        return;
    size_t length = dump(bytes, sizeof bytes, &e);
    tap_hex(secret, sizeof secret, word(&e, text, sizeof text, "secret"));
    wzp_punch_key_init(&key, word(&e, text, sizeof text, "call"), secret);
    struct wzp_punch punch = {.kind = WZP_PUNCH_QUESTION,
                              .number = (uint32_t)number(&e, "number"),
                              .clock = (uint32_t)number(&e, "clock")};
    wzp_punch_write(made, &key, &punch, number(&e, "dialer") != 0);
    is_bytes(made, sizeof made, bytes, length, "is what we send");
}

static void check_peers(void)
{
    struct example e;
    struct wzp_nat_hint hint;
    char text[WZP_PREDICT_HINT_MAX], role[16], own[64], peer[64];
    const char *at = page;
    if (!ok(next_example(&e, "hint", &at), "a word about a router"))
        return;
    is_int(wzp_nat_hint_parse(&hint, e.text, strlen(e.text)), 0, "is read");
    is_str(wzp_nat_hint_format(text, &hint), e.text, "and written");
    is_str(wzp_nat_mapping_name(hint.mapping), word(&e, own, sizeof own, "mapping"), "mapping");
    is_str(wzp_nat_allocation_name(hint.allocation), word(&e, own, sizeof own, "allocation"),
           "allocation");
    is_int(hint.delta, number(&e, "delta"), "step");
    is_int(hint.last_port, number(&e, "last"), "last port");
    is_int(hint.birthday, number(&e, "birthday"), "birthday");
    if (!ok(next_example(&e, "roles", &at), "roles"))
        return;
    for (char *line = strtok(e.text, "\n"); line; line = strtok(NULL, "\n")) {
        is_int(sscanf(line, "%15s %63s %63s", role, own, peer), 3, "a role and two addresses");
        is_str(wzp_role_name(wzp_role_choose(own, peer)), role, "%s and %s", own, peer);
    }
}

TAP_MAIN
{
    size_t length = 0;
    page = tap_read_file(tap_source_path("man/wzp-protocol.7"), &length);
    if (!page || length < 10000)
        bail("no manual");
    check_signals();
    check_codecs();
    check_header();
    check_signal_examples();
    check_frame();
    check_media();
    check_other_datagrams();
    check_names();
    check_identity();
    check_sealing();
    check_stun();
    check_punch();
    check_peers();
    free(page);
}
