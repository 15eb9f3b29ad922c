/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The keys of the relay's configuration file, their defaults, and the example. Source:
 * wzp-protocol(7), Relay rules. */
#include <string.h>

#include "base/text.h"
#include "relay/config_table.h"

#define FIELD(member)                                                                              \
    offsetof(struct wzp_relay_config, member), sizeof(((struct wzp_relay_config *)0)->member)
#define COUNTER(member) offsetof(struct wzp_relay_config, member)
/* A single key; it has the name of its field. */
#define SINGLE(kind, key, type, standard, text, minimum, maximum, no_effect)                       \
    {                                                                                              \
        {#key, type, standard, text, no_effect}, "", #key, WZP_CONFIG_##kind, FIELD(key), minimum, \
            maximum, 0, 0                                                                          \
    }
#define STRING(key, standard, text) SINGLE(TEXT, key, "string", standard, text, 0, 0, NULL)
#define SOCKET(key, standard, text) SINGLE(ADDRESS, key, "\"ip:port\"", standard, text, 0, 0, NULL)
#define HOST(key, standard, text) SINGLE(IP, key, "\"ip\"", standard, text, 0, 0, NULL)
#define SERVICE(key, standard, text) SINGLE(URL, key, "\"url\"", standard, text, 0, 0, NULL)
#define NUMBER(key, minimum, maximum, standard, text)                                              \
    SINGLE(COUNT, key, "integer", standard, text, minimum, maximum, NULL)
/* Keys of the existing relay that have no effect here. */
#define OLD_TEXT "accepted from files of the existing relay"
#define OLD(kind, key, type, no_effect) SINGLE(kind, key, type, "", OLD_TEXT, 0, 0, no_effect)
#define OLD_UNUSED(key)                                                                            \
    {                                                                                              \
        {key, "integer", "", OLD_TEXT, "a relay has no jitter buffer; ignored"}, "", key,          \
            WZP_CONFIG_IGNORED, 0, 0, 0, 0, 0, 0                                                   \
    }
/* A key of a [[table]]. */
#define IN_PEERS(list, counter, key, text, no_effect)                                              \
    {                                                                                              \
        {#list "." #key, "string", "", text, no_effect}, #list, #key, WZP_CONFIG_TEXT,             \
            offsetof(struct wzp_relay_config, list) + offsetof(struct wzp_relay_peer, key),        \
            sizeof(((struct wzp_relay_peer *)0)->key), 0, 0, sizeof(struct wzp_relay_peer),        \
            COUNTER(counter)                                                                       \
    }
/* A boolean of a [[table]]. */
#define FLAG_IN_PEERS(list, counter, key, text)                                                    \
    {                                                                                              \
        {#list "." #key, "boolean", "false", text, NULL}, #list, #key, WZP_CONFIG_FLAG,            \
            offsetof(struct wzp_relay_config, list) + offsetof(struct wzp_relay_peer, key),        \
            sizeof(((struct wzp_relay_peer *)0)->key), 0, 0, sizeof(struct wzp_relay_peer),        \
            COUNTER(counter)                                                                       \
    }

#define IN_ROOMS(kind, key, type, standard, text)                                                  \
    {                                                                                              \
        {"rooms." #key, type, standard, text, NULL}, "rooms", #key, WZP_CONFIG_##kind,             \
            offsetof(struct wzp_relay_config, rooms) + offsetof(struct wzp_relay_room_rule, key),  \
            sizeof(((struct wzp_relay_room_rule *)0)->key), 0, 0,                                  \
            sizeof(struct wzp_relay_room_rule), COUNTER(room_count)                                \
    }

static const struct wzp_config_row rows[] = {
    SOCKET(listen_addr, "[::]:4433", "UDP address to listen on"),
    SOCKET(advertised_addr, "", "address told in CallSetup; behind NAT, the public one"),
    STRING(region, "", "region told to clients when they register"),
    NUMBER(max_sessions, 1, 1000000, "100", "maximum number of members, all rooms together"),
    NUMBER(max_signals, 1, 1000000, "10000", "maximum number of signal connections"),
    NUMBER(max_per_address, 0, 1000000, "256",
           "maximum number of connections from one address; 0 is no limit"),
    NUMBER(ring_seconds, 1, 3600, "60", "seconds until an unanswered call ends"),
    NUMBER(grace_seconds, 0, 3600, "15",
           "a running call waits this long for a lost signal connection to come back"),
    NUMBER(coalesce_us, 0, 20000, "1000",
           "longest time, in microseconds, that a frame waits for frames of other speakers"),
    NUMBER(threads, 1, WZP_RELAY_THREADS_MAX, "1",
           "threads that share the rooms; more than there are cores gain nothing"),
    NUMBER(sender_packets, 0, 1000000, "250",
           "frames per second one member may send; 0 is no limit"),
    NUMBER(sender_kbit, 0, 1000000, "512", "kbit/s one member may send; 0 is no limit"),
    SINGLE(FLAG, require_signed, "boolean", "false",
           "refuse registrations without proof of the key; existing clients send none", 0, 0, NULL),
    SERVICE(auth_url, "", "token service; when set, clients must send a token first"),
    SINGLE(DIRECTORY, directory, "\"url\"", "memory",
           "where relays behind one name share who is registered: redis://... or unix:...", 0, 0,
           NULL),
    SINGLE(PORT, metrics_port, "integer", "off", "HTTP port of /metrics and its neighbours", 0, 0,
           NULL),
    HOST(metrics_host, "127.0.0.1", "address of that HTTP port"),
    SINGLE(FLAG, metrics_compat, "boolean", "false",
           "also the series per member that the existing relay has", 0, 0, NULL),
    SINGLE(LEVEL, log_level, "string", "info", "error, warn, info or debug", 0, 0, NULL),
    STRING(debug_tap, "off",
           "room whose comings and goings are logged with their counts; \"*\" for all"),
    {{"probe_targets", "array of \"ip:port\"", "",
      "relays whose health is measured, and that may ask who is here", NULL},
     "",
     "probe_targets",
     WZP_CONFIG_ADDRESS,
     FIELD(probe_targets[0]),
     0,
     0,
     WZP_RELAY_NAME_MAX,
     COUNTER(probe_target_count)},
    OLD(FLAG, probe_mesh, "boolean", "it has no effect in the existing relay either; ignored"),
    OLD(FLAG, trunking_enabled, "boolean", "no client can read trunk frames; ignored"),
    SOCKET(remote_relay, "", "another relay; the rooms here are its rooms"),
    SINGLE(PORT, ws_port, "integer", "off", "HTTP port for browsers, with WebSockets at /ws/ROOM",
           0, 0, NULL),
    HOST(ws_host, "0.0.0.0", "address of that port"),
    NUMBER(ws_visitors, 1, 10000, "64", "maximum number of browsers at a time"),
    NUMBER(ws_per_address, 1, 10000, "8", "maximum number of browsers from one address"),
    {{"ws_origins", "array of hosts", "",
      "hosts whose pages may bring browsers into rooms, besides the one that is asked; \"*\": all",
      NULL},
     "",
     "ws_origins",
     WZP_CONFIG_SITE,
     FIELD(ws_origins[0]),
     0,
     0,
     WZP_RELAY_NAME_MAX,
     COUNTER(ws_origin_count)},
    STRING(static_dir, "", "folder of the files that browsers get"),
    OLD_UNUSED("jitter_target_depth"),
    OLD_UNUSED("jitter_max_depth"),
    IN_PEERS(peers, peer_count, url, "[[peers]]: address or name, with port, of a relay to link to",
             NULL),
    IN_PEERS(peers, peer_count, fingerprint, "[[peers]]: its TLS fingerprint", NULL),
    IN_PEERS(peers, peer_count, label, "[[peers]]: its name for people", NULL),
    FLAG_IN_PEERS(peers, peer_count, allow_unproven,
                  "[[peers]]: it may also connect from another address without proving its key"),
    FLAG_IN_PEERS(trusted, trusted_count, allow_unproven,
                  "[[trusted]]: it may connect without proving its key, as existing relays do"),
    IN_PEERS(trusted, trusted_count, fingerprint,
             "[[trusted]]: TLS fingerprint of a relay that may connect", NULL),
    IN_PEERS(trusted, trusted_count, label, "[[trusted]]: its name for people", NULL),
    {{"global_rooms.name", "string", "", "[[global_rooms]]: a room shared with federation peers",
      NULL},
     "global_rooms",
     "name",
     WZP_CONFIG_TEXT,
     FIELD(global_rooms[0]),
     0,
     0,
     WZP_RELAY_NAME_MAX,
     COUNTER(global_room_count)},
    IN_ROOMS(TEXT, name, "string", "", "[[rooms]]: a room that is not open to all"),
    IN_ROOMS(TEXT, password, "string", "",
             "[[rooms]]: password of the room; clients of other makers cannot send one"),
    IN_ROOMS(MEMBERS, members, "array of fingerprints", "",
             "[[rooms]]: who may enter, without the password if there is one"),
    IN_ROOMS(FLAG, proven, "boolean", "false",
             "[[rooms]]: clients have to prove their key, which existing clients cannot"),
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

_Static_assert(ROW_COUNT <= WZP_CONFIG_ROWS_MAX, "a key more than the reader has room for");

const struct wzp_config_row *wzp_config_row(size_t i)
{
    return i < ROW_COUNT ? &rows[i] : NULL;
}

const struct wzp_relay_config_key *wzp_relay_config_key(size_t i)
{
    return i < ROW_COUNT ? &rows[i].shown : NULL;
}

void wzp_relay_config_default_sized(struct wzp_relay_config *c, size_t size)
{
    memset(c, 0, size); /* fields added later: not before size was asked */
    (void)wzp_text_copy(c->listen_addr, sizeof c->listen_addr, "[::]:4433");
    (void)wzp_text_copy(c->log_level, sizeof c->log_level, "info");
    (void)wzp_text_copy(c->metrics_host, sizeof c->metrics_host, "127.0.0.1");
    c->max_sessions = 100;
    c->max_signals = 10000;
    c->max_per_address = 256;
    c->ring_seconds = 60;
    c->grace_seconds = 15;
    c->coalesce_us = 1000;
    c->threads = 1;
    c->sender_packets = 250;
    c->sender_kbit = 512;
    c->metrics_port = -1;
    c->ws_port = -1;
    if (size < sizeof *c)
        return;
    (void)wzp_text_copy(c->ws_host, sizeof c->ws_host, "0.0.0.0");
    c->ws_visitors = 64;
    c->ws_per_address = 8;
}

const char *wzp_relay_config_example(void)
{
    return "# wzp-relay: every key with its standard value; see wzp-relay.conf(5).\n"
           "listen_addr = \"[::]:4433\"\n"
           "\n"
           "# Behind NAT: the address that clients reach.\n"
           "# advertised_addr = \"192.0.2.9:4433\"\n"
           "# region = \"eu-west\"\n"
           "\n"
           "# max_sessions = 100        # members of all rooms together\n"
           "# max_signals = 10000       # signal connections\n"
           "# max_per_address = 256     # connections from one address, 0 is no limit\n"
           "# sender_packets = 250      # frames per second one member may send\n"
           "# sender_kbit = 512\n"
           "# coalesce_us = 1000        # longest wait of a frame for company, in microseconds\n"
           "# threads = 1               # that share the rooms\n"
           "# ring_seconds = 60\n"
           "# grace_seconds = 15        # for a lost signal connection to come back\n"
           "# require_signed = false    # true keeps existing clients out\n"
           "\n"
           "# auth_url = \"https://chat.example.com/v1/auth/validate\"\n"
           "# directory = \"memory\"      # or \"redis://host:port/database\": one for all relays "
           "behind one name\n"
           "# metrics_port = 9090\n"
           "# metrics_host = \"127.0.0.1\"\n"
           "# metrics_compat = false    # also the existing relay's series per member\n"
           "# ws_port = 8080            # for browsers\n"
           "# ws_host = \"0.0.0.0\"\n"
           "# ws_visitors = 64          # browsers at a time\n"
           "# ws_per_address = 8\n"
           "# ws_origins = [\"phone.example\"]  # whose pages may, besides those of ws_host\n"
           "# static_dir = \"/srv/www\"\n"
           "# log_level = \"info\"\n"
           "# debug_tap = \"*\"\n"
           "# probe_targets = [\"192.0.2.10:4433\"]\n"
           "# remote_relay = \"192.0.2.11:4433\"  # the rooms here are those of that relay\n"
           "\n"
           "# Relays that share rooms with this one, each with the TLS fingerprint it prints at "
           "start:\n"
           "# [[peers]]\n"
           "# url = \"192.0.2.10:4433\"\n"
           "# fingerprint = \"aa:bb:...\"\n"
           "# label = \"Relay B\"\n"
           "# allow_unproven = false    # true: from any address, also without proving its key\n"
           "#\n"
           "# [[trusted]]\n"
           "# fingerprint = \"cc:dd:...\"\n"
           "# label = \"Relay C\"\n"
           "# allow_unproven = false    # true: from any address, also without proving its key\n"
           "#\n"
           "# [[global_rooms]]\n"
           "# name = \"general\"\n"
           "\n"
           "# A room that is not open to all: a list, a password, or both.\n"
           "# [[rooms]]\n"
           "# name = \"board\"\n"
           "# password = \"correct horse\"\n"
           "# members = [\"630d:cd29:66c4:3366:9112:5448:bbb2:5b4f\"]\n"
           "# proven = false            # true: clients have to prove their key\n";
}
