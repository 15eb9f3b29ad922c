/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/command_table.h"

const struct wzp_command wzp_commands[] = {
    {"call", "PEER", "call a person: fingerprint, contact name, or echo", wzp_call_options,
     wzp_cmd_call},
    {"answer", "", "wait for calls and answer them", wzp_answer_options, wzp_cmd_answer},
    {"room", "NAME", "join a room and talk to everybody in it", wzp_room_options, wzp_cmd_room},
    {"echo", "", "answer every call and send back what is heard", wzp_echo_options, wzp_cmd_echo},
    {"ping", "RELAY...", "measure relays: time to connect, version, certificate", wzp_ping_options,
     wzp_cmd_ping},
    {"netcheck", "", "look at the network: will calls be direct, and why not",
     wzp_netcheck_options, wzp_cmd_netcheck},
    {"identity", "show|new|restore|export", "who you are on the network", wzp_identity_options,
     wzp_cmd_identity},
    {"contacts", "list | add NAME FINGERPRINT | remove NAME | forget PEER",
     "names for fingerprints, and what is remembered of encrypted calls", wzp_contacts_options,
     wzp_cmd_contacts},
    {"history", "[clear]", "calls of the past", wzp_history_options, wzp_cmd_history},
    {"devices", "", "sound devices that alsa:NAME can name", wzp_devices_options, wzp_cmd_devices},
    {"ctl", "COMMAND [ARGUMENT...] | status | commands | events",
     "let the softphone that runs do something, or tell what happens", wzp_ctl_options,
     wzp_cmd_ctl},
    {"demo", "", "a relay, an echo peer and a call between them, all on this machine",
     wzp_demo_options, wzp_cmd_demo},
    {"relay", "[OPTION...]", "run a relay (the same as wzp-relay)", wzp_relay_options,
     wzp_cmd_relay},
    {"paths", "", "files and folders wzp uses", wzp_paths_options, wzp_cmd_paths},
    {NULL, NULL, NULL, NULL, NULL}};
