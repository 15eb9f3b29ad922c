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

int wzp_lab_begin(struct wzp_script *s, struct wzp_error *err)
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
    wzp_sim_machine_host(&s->host, &lab->machine, &s->real.log);
    s->lab = lab;
    return 0;
}

static bool is_over(void *context)
{
    return wzp_script_is_over(context);
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
        wzp_sim_machine_fini(&lab->relays[i]->machine);
        wzp_free(lab->relays[i]);
    }
    for (size_t i = 0; i < 2; i++)
        if (lab->stun[i].host)
            wzp_sim_stun_stop(&lab->stun[i]);
    while (lab->places) {
        struct wzp_lab_place *place = lab->places;
        lab->places = place->next;
        if (place->has_machine)
            wzp_sim_machine_fini(&place->machine);
        wzp_free(place);
    }
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

static void must(lua_State *L, int result, const char *what)
{
    if (result)
        luaL_error(L, "%s: %s", what, wzp_strerror(result));
}

/* ---- relays and servers ---- */

static int start_relay(struct wzp_lab_relay *relay, struct wzp_error *err)
{
    struct wzp_host host;
    wzp_sim_machine_host(&host, &relay->machine, &relay->lab->script->real.log);
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
        must(L, result, "a relay");
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
    if (start_relay(relay, &err))
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
        must(L, wzp_sim_host_add(lab->sim, &host, addresses[i]), "a STUN server");
        must(L, wzp_sim_host_address(host, wzp_sim_internet(lab->sim), addresses[i]),
             "a STUN server");
        must(L, wzp_sim_stun_start(&lab->stun[i], host, 3478, 3479), "a STUN server");
    }
}

/* ---- machines ---- */

static const struct {
    const char *name;
    bool has_box;
    struct wzp_sim_nat_config config;
} nat_kinds[] = {
    {"none", false, {0}},
    {"full",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ENDPOINT_INDEPENDENT}},
    {"address",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_DEPENDENT}},
    {"easy",
     true,
     {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT}},
    {"hard",
     true,
     {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .ports = WZP_SIM_PORTS_SEQUENTIAL}},
    {"random",
     true,
     {.mapping = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .filtering = WZP_SIM_ADDRESS_AND_PORT_DEPENDENT,
      .ports = WZP_SIM_PORTS_RANDOM}},
    {"blocked", true, {.mapping = WZP_SIM_ENDPOINT_INDEPENDENT, .udp_blocked = true}},
};

static size_t nat_kind(lua_State *L, const char *name)
{
    for (size_t i = 0; i < sizeof nat_kinds / sizeof nat_kinds[0]; i++)
        if (strcmp(nat_kinds[i].name, name) == 0)
            return i;
    return (size_t)luaL_error(L,
                              "there is no NAT of kind %s: none, full, address, easy, hard, "
                              "random, blocked",
                              name);
}

struct wzp_lab_place *wzp_lab_place(struct wzp_lab *lab, const char *name)
{
    for (struct wzp_lab_place *at = lab->places; at; at = at->next)
        if (strcmp(at->name, name) == 0)
            return at;
    return NULL;
}

/* What its line to the outside begins at. */
static struct wzp_sim_host *edge_of(struct wzp_lab_place *place)
{
    return place->box ? wzp_sim_nat_host(place->box) : place->host;
}

void wzp_lab_set_lines(struct wzp_lab_place *place, struct wzp_lab_relay *relay)
{
    if (place)
        wzp_sim_host_link(edge_of(place), wzp_sim_internet(place->lab->sim), &place->up,
                          &place->down);
    if (relay)
        wzp_sim_host_link(relay->host, wzp_sim_internet(relay->lab->sim), &relay->up, &relay->down);
}

static void add_box(lua_State *L, struct wzp_lab_place *place, size_t kind)
{
    struct wzp_sim *sim = place->lab->sim;
    unsigned n = place->number;
    char inside[32];
    must(L, wzp_sim_network_new(sim, &place->lan, place->name), "a network");
    must(L,
         wzp_sim_nat_add(sim, &place->box, place->name, place->lan, wzp_sim_internet(sim),
                         &nat_kinds[kind].config),
         "a router");
    snprintf(inside, sizeof inside, "10.%u.%u.1", n >> 8, n & 255);
    must(L, wzp_sim_host_address(wzp_sim_nat_host(place->box), place->lan, inside), "a router");
    must(L,
         wzp_sim_host_address(wzp_sim_nat_host(place->box), wzp_sim_internet(sim), place->outside),
         "a router");
}

/* An IPv6 address: straight on the internet, or through the router's firewall. */
static void add_v6(lua_State *L, struct wzp_lab_place *place)
{
    struct wzp_sim *sim = place->lab->sim;
    char text[64];
    if (place->box) {
        snprintf(text, sizeof text, "2001:db8:%x::1", place->number);
        must(L, wzp_sim_host_address(wzp_sim_nat_host(place->box), place->lan, text), "IPv6");
        snprintf(text, sizeof text, "2001:db8:ffff::%x", place->number);
        must(L, wzp_sim_host_address(wzp_sim_nat_host(place->box), wzp_sim_internet(sim), text),
             "IPv6");
        snprintf(text, sizeof text, "2001:db8:%x::/48", place->number);
        must(L, wzp_sim_network_route(wzp_sim_internet(sim), text, wzp_sim_nat_host(place->box)),
             "IPv6");
    }
    snprintf(text, sizeof text, "2001:db8:%x::2", place->number);
    must(L, wzp_sim_host_address(place->host, place->lan, text), "IPv6");
}

static struct wzp_lab_place *new_place(lua_State *L, struct wzp_lab *lab, const char *name,
                                       size_t kind, bool v6)
{
    if (wzp_lab_place(lab, name))
        luaL_error(L, "there is a client named %s already", name);
    if (strlen(name) >= sizeof((struct wzp_lab_place *)0)->name || !name[0])
        luaL_error(L, "a client's name has 1 to %d bytes", WZP_SIM_NAME_MAX - 1);
    struct wzp_lab_place *place = wzp_lua_need(L, wzp_calloc(1, sizeof *place));
    unsigned n = ++lab->place_count;
    place->lab = lab;
    place->number = n;
    place->up.delay = place->down.delay = WZP_LAB_DELAY;
    place->next = lab->places;
    lab->places = place;
    wzp_text_copy(place->name, sizeof place->name, name);
    snprintf(place->outside, sizeof place->outside, "45.%u.%u.%u", n >> 16, (n >> 8) & 255,
             n & 255);
    must(L, wzp_sim_host_add(lab->sim, &place->host, name), "a machine");
    place->lan = wzp_sim_internet(lab->sim);
    if (nat_kinds[kind].has_box) {
        add_box(L, place, kind);
        snprintf(place->address, sizeof place->address, "10.%u.%u.2", n >> 8, n & 255);
    } else {
        wzp_text_copy(place->address, sizeof place->address, place->outside);
    }
    must(L, wzp_sim_host_address(place->host, place->lan, place->address), "an address");
    if (v6)
        add_v6(L, place);
    wzp_sim_machine_init(&place->machine, lab->sim, place->host);
    place->has_machine = true;
    wzp_lab_set_lines(place, NULL);
    return place;
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
    size_t kind = nat_kind(L, wzp_lua_option_text(L, 3, "nat", usual));
    lua_settop(L, 3);
    place_settings(L, lab, &settings);
    struct wzp_lab_place *place =
        new_place(L, lab, name, kind, wzp_lua_option_boolean(L, 3, "ipv6", false));
    uint8_t seed[WZP_SEED_SIZE] = {42};
    memcpy(seed + 1, &place->number, sizeof place->number);
    bool sound = wzp_lua_option_boolean(L, 3, "sound", false);
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
    wzp_sim_machine_host(&host, &place->machine, &lab->script->real.log);
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

/* Option by option, what makes sense for both. */
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

/* ---- what else happens in the world ---- */

static struct wzp_lab_place *place_at(lua_State *L, int index)
{
    struct wzp_script_client *client = wzp_lua_object(L, index, "client");
    struct wzp_lab *lab = wzp_lab_world(L);
    struct wzp_lab_place *place =
        client ? client->place : wzp_lab_place(lab, luaL_checkstring(L, index));
    if (!place)
        luaL_error(L, "there is no such client in the laboratory");
    return place;
}

/* Another network: the machine is told, as by a new Wi-Fi. */
static int move(lua_State *L)
{
    struct wzp_lab_place *place = place_at(L, 2);
    unsigned n = place->number, moves = ++place->moves;
    char address[32];
    if (moves > 200)
        return luaL_error(L, "it moved too often");
    if (place->box)
        snprintf(address, sizeof address, "10.%u.%u.%u", n >> 8, n & 255, 2 + moves);
    else
        snprintf(address, sizeof address, "46.%u.%u.%u", moves, (n >> 8) & 255, n & 255);
    /* The new one first: an interface without addresses would lose its line. */
    must(L, wzp_sim_host_address(place->host, place->lan, address), "an address");
    must(L, wzp_sim_host_drop_address(place->host, place->lan, place->address), "an address");
    wzp_text_copy(place->address, sizeof place->address, address);
    if (!place->box)
        wzp_text_copy(place->outside, sizeof place->outside, address);
    lua_pushstring(L, address);
    return 1;
}

/* The router forgets its mappings, or gets another address outside: nobody is told. */
static int rebind(lua_State *L)
{
    struct wzp_lab_place *place = place_at(L, 2);
    char address[32];
    if (!place->box)
        return luaL_error(L, "there is no router before %s", place->name);
    wzp_sim_nat_forget(place->box);
    if (wzp_lua_option_boolean(L, 3, "address", false)) {
        unsigned n = place->number, moves = ++place->moves;
        snprintf(address, sizeof address, "47.%u.%u.%u", moves & 255, (n >> 8) & 255, n & 255);
        struct wzp_sim_host *host = wzp_sim_nat_host(place->box);
        struct wzp_sim_network *outer = wzp_sim_internet(place->lab->sim);
        must(L, wzp_sim_host_address(host, outer, address), "an address");
        must(L, wzp_sim_host_drop_address(host, outer, place->outside), "an address");
        wzp_text_copy(place->outside, sizeof place->outside, address);
    }
    return 0;
}

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
            lua_pushfstring(L, "%s has %d calls", at->name, (int)facts.sessions);
            lua_rawseti(L, -2, ++count);
        }
    }
    for (size_t i = 0; i < lab->relay_count; i++) {
        struct wzp_relay_counters counters = {0};
        if (lab->relays[i]->runs)
            wzp_relay_counters(lab->relays[i]->service.relay, &counters);
        if (counters.calls > 0 || counters.active_sessions > 0) {
            lua_pushfstring(L, "%s has %d calls and %d members of rooms", lab->relays[i]->name,
                            (int)counters.calls, (int)counters.active_sessions);
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
    {"lab", "seed", "integer", "of this world", get_seed},
    {"relay", "address", "text", "where it is reached", get_relay_address},
    {"relay", "running", "boolean", "it did not crash", get_relay_runs},
    {"relay", "registered", "integer", "how many softphones are registered there",
     get_relay_registered},
    {NULL}};

/* ---- lab{...} ---- */

static int make_lab(lua_State *L)
{
    struct wzp_lab *lab = wzp_lab_world(L);
    lua_settop(L, 1);
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
    {"test", "lab", "{relays?: integer, nat?: table, stun?: boolean}", "lab",
     "A world in virtual time in this process: relays (1), STUN servers, and the kind of router "
     "that stands before clients by their names: none, full, address, easy, hard, random, blocked.",
     make_lab, WZP_SCRIPT_TEST, false},
    {"lab", "client",
     "lab: lab, name: text, {nat?: text, relay?: integer, ipv6?: boolean, answers?: boolean, "
     "echo?: "
     "boolean, sound?: boolean, files?: boolean, call_waiting?: boolean, settings?: table, wait?: "
     "boolean}",
     "client",
     "A softphone on a machine of its own, registered at a relay (1). answers: by its settings; "
     "echo: all calls, and it sends back what it hears; sound: it has a sound card; files: it "
     "keeps "
     "contacts and history.",
     lab_client, WZP_SCRIPT_TEST, true},
    {"lab", "relay", "lab: lab, number?: integer", "relay", "A relay of the world.", lab_relay,
     WZP_SCRIPT_TEST, false},
    {"lab", "link", "lab: lab, name: text, other?: text", "link",
     "The line of a client (or \"relay1\") to the internet; with two clients: what is sent "
     "straight between them.",
     wzp_lab_link, WZP_SCRIPT_TEST, false},
    {"lab", "move", "lab: lab, name: text", "text",
     "The client gets another address, and hears of it, as with another Wi-Fi.", move,
     WZP_SCRIPT_TEST, false},
    {"lab", "rebind", "lab: lab, name: text, {address?: boolean}", "",
     "The router before the client forgets its mappings (address: and gets another address), and "
     "nobody is told.",
     rebind, WZP_SCRIPT_TEST, false},
    {"lab", "leaks", "lab: lab", "table",
     "What clients and relays still know of calls, as sentences; empty when all is over.", leaks,
     WZP_SCRIPT_TEST, false},
    {"relay", "crash", "relay: relay", "", "It is gone without a word.", relay_crash,
     WZP_SCRIPT_TEST, false},
    {"relay", "restart", "relay: relay", "", "It is back, with the same identity and no memory.",
     relay_restart, WZP_SCRIPT_TEST, false},
    {NULL}};
