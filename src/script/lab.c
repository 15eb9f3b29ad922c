/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The world of a program: made when it first needs one, run until the program is over. */
#include "script/lab.h"

#include <string.h>

#include "app/settings.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

#define FOREVER (100 * 86400 * WZP_SECOND)
#define REGISTER_SECONDS 20.0

/* ---- the world ---- */

int wzp_lab_new(struct wzp_lab **out, struct wzp_script *s, struct wzp_error *err)
{
    struct wzp_lab *lab = wzp_calloc(1, sizeof *lab);
    if (!lab)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    lab->script = s;
    int result = wzp_sim_new(&lab->sim, s->seed);
    if (!result)
        result = wzp_sim_host_add(lab->sim, &lab->console, "console");
    if (result) {
        if (lab->sim)
            wzp_sim_free(lab->sim);
        wzp_free(lab);
        return wzp_error_set(err, result, "no world: %s", wzp_strerror(result));
    }
    wzp_sim_machine_init(&lab->machine, lab->sim, lab->console);
    *out = lab;
    return 0;
}

int wzp_lab_begin(struct wzp_script *s, struct wzp_error *err)
{
    int result = wzp_lab_new(&s->lab, s, err);
    if (!result)
        wzp_sim_machine_host(&s->host, &s->lab->machine, &s->real.log);
    return result;
}

static bool is_over(void *context)
{
    struct wzp_script *s = context;
    if (wzp_budget_is_interrupted(s))
        wzp_script_stop(s);
    return wzp_script_is_over(s);
}

bool wzp_lab_run(struct wzp_script *s)
{
    if (!s->lab)
        return wzp_script_is_over(s);
    uint64_t limit = s->give_up == WZP_NEVER
                         ? FOREVER
                         : wzp_time_since(s->give_up, wzp_script_now(s)) + 30 * WZP_SECOND;
    wzp_sim_run_for(s->lab->sim, is_over, s, limit);
    return wzp_script_is_over(s);
}

static void stop_relay(struct wzp_lab_relay *relay)
{
    if (relay->runs)
        wzp_relay_service_stop(&relay->service);
    relay->runs = false;
}

void wzp_lab_free(struct wzp_script *s)
{
    struct wzp_lab *lab = s->lab;
    if (!lab)
        return;
    s->lab = NULL;
    wzp_lab_pairs_free(lab);
    for (size_t i = 0; i < lab->relay_count; i++) {
        stop_relay(lab->relays[i]);
        wzp_lab_spaces_close(&lab->relays[i]->real);
        wzp_sim_machine_fini(&lab->relays[i]->machine);
        wzp_free(lab->relays[i]);
    }
    for (size_t i = 0; i < 2; i++)
        if (lab->stun[i].host)
            wzp_sim_stun_stop(&lab->stun[i]);
    while (lab->places) {
        struct wzp_lab_place *place = lab->places;
        lab->places = place->next;
        wzp_lab_spaces_close(&place->real);
        if (place->has_machine)
            wzp_sim_machine_fini(&place->machine);
        wzp_free(place);
    }
    wzp_lab_spaces_end(lab);
    wzp_sim_machine_fini(&lab->machine);
    wzp_sim_free(lab->sim);
    wzp_free(lab);
    s->host = s->real;
}

struct wzp_lab *wzp_lab_world(lua_State *L)
{
    struct wzp_script *s = wzp_script_of(L);
    wzp_script_settle(L);
    if (!s->lab)
        luaL_error(L,
                   WZP_NO_LAB ": wzp run --tap or --virtual, or clock = \"virtual\" in the plan");
    return s->lab;
}

/* ---- relays and servers ---- */

/* Makes the struct wzp_host for a softphone or relay of a machine. */
static void host_of(struct wzp_host *out, struct wzp_lab_real *real,
                    struct wzp_sim_machine *machine, const struct wzp_script *s)
{
    if (real->lab)
        wzp_lab_spaces_host(out, real, machine);
    else
        wzp_sim_machine_host(out, machine, &s->real.log);
}

static int start_relay(struct wzp_lab_relay *relay, struct wzp_error *err)
{
    struct wzp_host host;
    host_of(&host, &relay->real, &relay->machine, relay->lab->script);
    int result = wzp_relay_service_start(&relay->service, &host, &relay->config, relay->seed,
                                         "laboratory", NULL, err);
    relay->runs = !result;
    return result;
}

static void add_relay(lua_State *L, struct wzp_lab *lab)
{
    struct wzp_error err = {0};
    if (lab->relay_count == WZP_LAB_RELAYS_MAX)
        luaL_error(L, "no more than %d relays", WZP_LAB_RELAYS_MAX);
    struct wzp_lab_relay *relay = wzp_lua_need(L, wzp_calloc(1, sizeof *relay));
    size_t number = lab->relay_count + 1;
    relay->lab = lab;
    snprintf(relay->name, sizeof relay->name, "relay%zu", number);
    snprintf(relay->address, sizeof relay->address, "198.51.100.%zu", number + 9);
    relay->seed[0] = 77;
    relay->seed[1] = (uint8_t)number;
    struct wzp_sim_host *host = NULL;
    int result = wzp_sim_host_add(lab->sim, &host, relay->name);
    if (!result)
        result = wzp_sim_host_address(host, wzp_sim_internet(lab->sim), relay->address);
    if (result) {
        wzp_free(relay);
        wzp_lab_must(L, result, "a relay");
    }
    relay->host = host;
    wzp_sim_machine_init(&relay->machine, lab->sim, host);
    lab->relays[lab->relay_count++] = relay;
    wzp_relay_config_default(&relay->config);
    snprintf(relay->config.listen_addr, sizeof relay->config.listen_addr, "%s:4433",
             relay->address);
    /* A test decides itself how many come. */
    relay->config.max_sessions = 100000;
    relay->config.max_signals = 100000;
    relay->config.max_per_address = 0;
    if ((lab->in_spaces && wzp_lab_spaces_relay(relay, &err)) || start_relay(relay, &err))
        luaL_error(L, "%s: %s", relay->name, err.text);
}

static void add_stun(lua_State *L, struct wzp_lab *lab)
{
    static const char *const addresses[] = {"198.51.100.2", "198.51.100.3"};
    if (lab->has_stun)
        return;
    lab->has_stun = true;
    for (size_t i = 0; i < 2; i++) {
        struct wzp_sim_host *host;
        wzp_lab_must(L, wzp_sim_host_add(lab->sim, &host, addresses[i]), "a STUN server");
        wzp_lab_must(L, wzp_sim_host_address(host, wzp_sim_internet(lab->sim), addresses[i]),
                     "a STUN server");
        wzp_lab_must(L, wzp_sim_stun_start(&lab->stun[i], host, 3478, 3479), "a STUN server");
    }
}

/* ---- clients ---- */

static void place_settings(lua_State *L, struct wzp_lab *lab, struct wzp_settings *settings)
{
    struct wzp_error err = {0};
    char relay[80] = "";
    size_t number = (size_t)wzp_lua_option_number(L, 3, "relay", 1);
    if (number < 1 || number > lab->relay_count)
        luaL_error(L, "there is no relay %d", (int)number);
    snprintf(relay, sizeof relay, "%s:4433", lab->relays[number - 1]->address);
    wzp_settings_default(settings);
    int result = wzp_settings_set(settings, "relay", relay, &err);
    if (!result)
        result = wzp_settings_set(settings, "stun", "198.51.100.2:3478 198.51.100.3:3478", &err);
    if (!result)
        result = wzp_lua_client_settings(L, 3, settings, &err);
    if (result)
        luaL_error(L, "%s", err.text);
}

static void client_gone(struct wzp_script_client *client)
{
    ((struct wzp_lab_place *)client->place)->client = NULL;
}

static int is_registered(lua_State *L, struct wzp_script_task *task, bool timed_out)
{
    struct wzp_script_client *client = wzp_lua_object(L, 1, "client");
    struct wzp_app_facts facts = {0};
    (void)task;
    if (client->app)
        wzp_app_facts(client->app, &facts);
    if (!facts.registered && !timed_out)
        return 0;
    lua_pushvalue(L, 1);
    return 1;
}

static int lab_client(lua_State *L)
{
    struct wzp_lab *lab = wzp_lab_world(L);
    struct wzp_settings settings;
    struct wzp_error err = {0};
    struct wzp_app *app;
    const char *name = lua_tostring(L, 2);
    lua_settop(L, 3);
    const char *usual = "none";
    lua_getiuservalue(L, 1, 1);
    if (lua_istable(L, -1))
        usual = wzp_lua_option_text(L, -1, name, "none");
    const struct wzp_lab_nat *nat = wzp_lab_nat(L, wzp_lua_option_text(L, 3, "nat", usual));
    lua_settop(L, 3);
    place_settings(L, lab, &settings);
    struct wzp_lab_place *place =
        wzp_lab_place_new(L, lab, name, nat, wzp_lua_option_boolean(L, 3, "ipv6", false));
    uint8_t seed[WZP_SEED_SIZE] = {42};
    memcpy(seed + 1, &place->number, sizeof place->number);
    bool sound = wzp_lua_option_boolean(L, 3, "sound", false);
    if (sound && lab->in_spaces)
        luaL_error(L, "a machine of namespaces has no sound card: sound needs the simulation");
    if (!settings.alias[0])
        wzp_text_copy(settings.alias, sizeof settings.alias, name);
    bool files = wzp_lua_option_boolean(L, 3, "files", false);
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "laboratory",
                                          .sound = sound ? WZP_SOUND_LATER : WZP_SOUND_NONE,
                                          .throw_away = !files,
                                          .answers = wzp_lua_option_boolean(L, 3, "answers", false),
                                          .echo = wzp_lua_option_boolean(L, 3, "echo", false),
                                          .call_waiting =
                                              wzp_lua_option_boolean(L, 3, "call_waiting", true),
                                          .seed = seed};
    struct wzp_host host;
    host_of(&host, &place->real, &place->machine, lab->script);
    if (wzp_lua_client_begin(&app, &host, &config, &err))
        return luaL_error(L, "%s: %s", name, err.text);
    struct wzp_script_client *client = wzp_lua_client_new(L, app, name, true);
    client->place = place;
    client->host = host;
    client->gone = client_gone;
    client->no_devices = !sound;
    place->client = client;
    if (!wzp_lua_option_boolean(L, 3, "wait", true))
        return 1;
    lua_replace(L, 1);
    lua_settop(L, 1);
    wzp_wait_begin(L, is_registered, REGISTER_SECONDS);
    wzp_wait_listen(L, &client->source);
    return wzp_wait(L);
}

/* Takes over the options that make sense for both kinds of client. */
int wzp_lab_live_client(lua_State *L)
{
    static const char *const same[] = {"answers", "echo"};
    struct wzp_lab *lab = wzp_lab_world(L);
    char name[WZP_SIM_NAME_MAX];
    if (lab->relay_count == 0)
        return luaL_error(L, "wzp.client: in virtual time a laboratory comes first: "
                             "wzp.test.lab{...}; or clock = \"real\" in the plan");
    snprintf(name, sizeof name, "%.20s%u", wzp_lua_option_text(L, 1, "name", "client"),
             lab->place_count + 1);
    lua_settop(L, 1);
    lua_pushcfunction(L, lab_client);
    lua_getfield(L, LUA_REGISTRYINDEX, "wzp.lab.object");
    lua_pushstring(L, name);
    lua_newtable(L);
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "wait");
    lua_newtable(L); /* settings */
    if (lua_istable(L, 1)) {
        for (size_t i = 0; i < 2; i++) {
            lua_getfield(L, 1, same[i]);
            lua_setfield(L, -3, same[i]);
        }
        lua_getfield(L, 1, "settings");
        if (lua_istable(L, -1))
            for (lua_pushnil(L); lua_next(L, -2) != 0;) {
                lua_pushvalue(L, -2);
                lua_insert(L, -2);
                lua_rawset(L, -5);
            }
        lua_pop(L, 1);
        lua_getfield(L, 1, "relay");
        lua_setfield(L, -2, "relay");
        lua_getfield(L, 1, "alias");
        lua_setfield(L, -2, "alias");
    }
    lua_setfield(L, -2, "settings");
    lua_call(L, 3, 1);
    return 1;
}

/* ---- what is left ---- */

/* What is still there of calls, as sentences. */
static int leaks(lua_State *L)
{
    struct wzp_lab *lab = wzp_lab_world(L);
    lua_Integer count = 0;
    lua_newtable(L);
    for (struct wzp_lab_place *at = lab->places; at; at = at->next) {
        struct wzp_app_facts facts = {0};
        if (at->client && at->client->app)
            wzp_app_facts(at->client->app, &facts);
        if (facts.sessions > 0) {
            lua_pushfstring(L, "%s has %d %s", at->name, (int)facts.sessions,
                            wzp_plural(facts.sessions, "call", "calls"));
            lua_rawseti(L, -2, ++count);
        }
    }
    for (size_t i = 0; i < lab->relay_count; i++) {
        struct wzp_relay_counters counters = {0};
        if (lab->relays[i]->runs)
            wzp_relay_counters(lab->relays[i]->service.relay, &counters);
        if (counters.calls > 0 || counters.active_sessions > 0) {
            lua_pushfstring(L, "%s has %d %s and %d %s of rooms", lab->relays[i]->name,
                            (int)counters.calls, wzp_plural(counters.calls, "call", "calls"),
                            (int)counters.active_sessions,
                            wzp_plural(counters.active_sessions, "member", "members"));
            lua_rawseti(L, -2, ++count);
        }
    }
    return 1;
}

/* ---- relays as objects: the userdata holds a pointer ---- */

static struct wzp_lab_relay *relay_of(lua_State *L)
{
    wzp_lab_world(L);
    return *(struct wzp_lab_relay **)wzp_lua_object(L, 1, "relay");
}

static int lab_relay(lua_State *L)
{
    struct wzp_lab *lab = wzp_lab_world(L);
    lua_Integer number = luaL_optinteger(L, 2, 1);
    if (number < 1 || (size_t)number > lab->relay_count)
        return luaL_error(L, "there is no relay %d", (int)number);
    struct wzp_lab_relay **relay = lua_newuserdatauv(L, sizeof *relay, 0);
    *relay = lab->relays[number - 1];
    wzp_lua_class(L, "relay");
    return 1;
}

static int relay_crash(lua_State *L)
{
    stop_relay(relay_of(L));
    return 0;
}

static int relay_restart(lua_State *L)
{
    struct wzp_lab_relay *relay = relay_of(L);
    struct wzp_error err = {0};
    stop_relay(relay);
    if (start_relay(relay, &err))
        return luaL_error(L, "%s: %s", relay->name, err.text);
    return 0;
}

static int get_relay_address(lua_State *L, void *object)
{
    const struct wzp_lab_relay *relay = *(struct wzp_lab_relay **)object;
    lua_pushfstring(L, "%s:4433", relay->address);
    return 1;
}

static int get_relay_runs(lua_State *L, void *object)
{
    lua_pushboolean(L, (*(struct wzp_lab_relay **)object)->runs);
    return 1;
}

static int get_relay_registered(lua_State *L, void *object)
{
    const struct wzp_lab_relay *relay = *(struct wzp_lab_relay **)object;
    struct wzp_relay_counters counters = {0};
    if (relay->runs)
        wzp_relay_counters(relay->service.relay, &counters);
    lua_pushinteger(L, (lua_Integer)counters.registered);
    return 1;
}

static int get_seed(lua_State *L, void *object)
{
    (void)object;
    lua_pushinteger(L, (lua_Integer)wzp_script_of(L)->seed);
    return 1;
}

const struct wzp_lua_property wzp_lua_lab_properties[] = {
    {"lab", "seed", "integer", "seed of this world", get_seed},
    {"relay", "address", "text", "where it is reached", get_relay_address},
    {"relay", "running", "boolean", "it did not crash", get_relay_runs},
    {"relay", "registered", "integer", "how many softphones are registered there",
     get_relay_registered},
    {0}};

/* ---- lab{...} ---- */

/* Of what: true for namespaces. */
static bool stands_in_spaces(lua_State *L)
{
    const struct wzp_script *s = wzp_script_of(L);
    const char *usual = s->config.in_spaces ? "namespaces" : "simulation";
    const char *host = wzp_lua_option_text(L, 1, "host", usual);
    bool in_spaces = strcmp(host, "namespaces") == 0;
    if (!in_spaces && strcmp(host, "simulation") != 0)
        luaL_error(L, "wzp.test.lab: host is \"simulation\" or \"namespaces\"");
    return in_spaces;
}

static int make_lab(lua_State *L)
{
    lua_settop(L, 1);
    struct wzp_lab *lab = stands_in_spaces(L) ? wzp_lab_spaces_world(L) : wzp_lab_world(L);
    int relays = (int)wzp_lua_option_number(L, 1, "relays", 1);
    if (relays < 0 || relays > WZP_LAB_RELAYS_MAX)
        return luaL_error(L, "wzp.test.lab: 0 to %d relays", WZP_LAB_RELAYS_MAX);
    for (int i = 0; i < relays; i++)
        add_relay(L, lab);
    if (wzp_lua_option_boolean(L, 1, "stun", true))
        add_stun(L, lab);
    lua_newuserdatauv(L, 1, 1);
    wzp_lua_class(L, "lab");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "wzp.lab.object");
    if (lua_istable(L, 1)) {
        lua_getfield(L, 1, "nat");
        lua_setiuservalue(L, -2, 1);
    }
    return 1;
}

const struct wzp_lua_row wzp_lua_lab_rows[] = {
    {"test", "lab", "{relays?: integer, nat?: table, stun?: boolean, host?: text}", "lab",
     "A world: relays (1), STUN servers, and the kind of router that stands before clients by "
     "their names: none, full, address, easy, hard, random, blocked. host: simulation, in virtual "
     "time, or namespaces, the kernel's own sockets and routers in real time (for root).",
     make_lab, WZP_SCRIPT_TEST, false},
    {"lab", "client",
     "lab: lab, name: text, {nat?: text, relay?: integer, ipv6?: boolean, answers?: boolean, "
     "echo?: boolean, sound?: boolean, files?: boolean, call_waiting?: boolean, "
     "settings?: table, wait?: boolean}",
     "client",
     "A softphone on a machine of its own, registered at a relay (1). answers: by its settings; "
     "echo: all calls, and it sends back what it hears; sound: it has a sound card; files: it "
     "keeps contacts and history.",
     lab_client, WZP_SCRIPT_TEST, true},
    {"lab", "relay", "lab: lab, number?: integer", "relay", "A relay of the world.", lab_relay,
     WZP_SCRIPT_TEST, false},
    {"lab", "link", "lab: lab, name: text, other?: text", "link",
     "The line of a client (or \"relay1\") to the internet; with two clients: what is sent "
     "straight between them.",
     wzp_lab_link, WZP_SCRIPT_TEST, false},
    {"lab", "move", "lab: lab, name: text", "text",
     "The client gets another address and is told of it, as with another Wi-Fi.", wzp_lab_move,
     WZP_SCRIPT_TEST, false},
    {"lab", "rebind", "lab: lab, name: text, {address?: boolean}", "",
     "The router before the client forgets its mappings (address: and gets another address), and "
     "nobody is told.",
     wzp_lab_rebind, WZP_SCRIPT_TEST, false},
    {"lab", "leaks", "lab: lab", "table",
     "What clients and relays still know of calls, as sentences; empty when all is over.", leaks,
     WZP_SCRIPT_TEST, false},
    {"relay", "crash", "relay: relay", "", "Stops the relay; it tells nobody.", relay_crash,
     WZP_SCRIPT_TEST, false},
    {"relay", "restart", "relay: relay", "",
     "Starts the relay again, with the same identity and no memory.", relay_restart,
     WZP_SCRIPT_TEST, false},
    {0}};
