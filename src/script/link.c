/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Links of the laboratory and their settings: of one machine to the internet, or of the direct
 * traffic between two machines (a filter on the internet, which delays the packets that it
 * passes). */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "script/lab.h"

#define PACKETS_MAX 20000 /* kept back at once */

struct wzp_lab_pair {
    struct wzp_lab_pair *next;
    struct wzp_lab_place *a, *b;
    struct wzp_sim_line lines[2]; /* a to b, b to a */
    struct wzp_sim_host_counters counters;
    struct lab_packet *packets;
    unsigned packet_count;
};
struct lab_packet {
    struct lab_packet *next, *previous;
    struct wzp_lab_pair *pair;
    struct wzp_sim_timer timer;
    struct wzp_addr from, to;
    size_t length;
    uint8_t data[];
};
/* The object of Lua: a place, a relay or a pair. */
struct wzp_lua_link {
    struct wzp_lab_place *place;
    struct wzp_lab_relay *relay;
    struct wzp_lab_pair *pair;
};

/* ---- between two ---- */

static void drop_packet(struct lab_packet *packet)
{
    struct wzp_lab_pair *pair = packet->pair;
    if (packet->previous)
        packet->previous->next = packet->next;
    else
        pair->packets = packet->next;
    if (packet->next)
        packet->next->previous = packet->previous;
    pair->packet_count--;
    wzp_sim_timer_fini(&packet->timer);
    wzp_free(packet);
}

static void on_due(void *context, uint64_t now)
{
    struct lab_packet *packet = context;
    struct wzp_sim *sim = packet->pair->a->lab->sim;
    (void)now;
    wzp_sim_inject(sim, &packet->from, &packet->to, packet->data, packet->length);
    drop_packet(packet);
}

static void keep_packet(struct wzp_lab_pair *pair, const struct wzp_addr *from,
                        const struct wzp_addr *to, const uint8_t *data, size_t length, uint64_t due)
{
    struct lab_packet *packet =
        pair->packet_count < PACKETS_MAX ? wzp_calloc(1, sizeof *packet + length) : NULL;
    if (!packet)
        return;
    if (wzp_sim_timer_init(&packet->timer, pair->a->lab->sim, on_due, packet)) {
        wzp_free(packet);
        return;
    }
    packet->pair = pair;
    packet->from = *from;
    packet->to = *to;
    packet->length = length;
    memcpy(packet->data, data, length);
    packet->next = pair->packets;
    if (pair->packets)
        pair->packets->previous = packet;
    pair->packets = packet;
    pair->packet_count++;
    wzp_sim_timer_set(&packet->timer, due);
}

/* Is it an address that the internet knows of the place? */
static bool is_of(const struct wzp_lab_place *place, const struct wzp_addr *addr)
{
    char text[WZP_ADDR_TEXT_MAX], prefix[32];
    wzp_addr_format(text, addr);
    if (text[0] == '[') {
        snprintf(prefix, sizeof prefix, "[2001:db8:%x::", place->number);
        return strncmp(text, prefix, strlen(prefix)) == 0;
    }
    size_t length = strlen(place->outside);
    return strncmp(text, place->outside, length) == 0 && text[length] == ':';
}

static bool on_packet(void *context, struct wzp_addr *from, struct wzp_addr *to, uint8_t *data,
                      size_t *length)
{
    struct wzp_lab *lab = context;
    struct wzp_random random = wzp_sim_random(lab->sim);
    for (struct wzp_lab_pair *pair = lab->pairs; pair; pair = pair->next) {
        bool forth = is_of(pair->a, from) && is_of(pair->b, to);
        if (!forth && !(is_of(pair->b, from) && is_of(pair->a, to)))
            continue;
        struct wzp_sim_line *line = &pair->lines[!forth];
        uint64_t now = wzp_sim_now(lab->sim);
        if (wzp_sim_line_drops(line, *length, &random, &pair->counters))
            return false;
        uint64_t due = wzp_sim_line_due(line, *length, now, &random, &pair->counters);
        if (due == 0)
            return false;
        wzp_sim_line_corrupt(line, data, *length, &random);
        if (wzp_sim_line_doubles(line, &random))
            keep_packet(pair, from, to, data, *length, due + WZP_MILLISECOND);
        if (due <= now)
            return true;
        keep_packet(pair, from, to, data, *length, due);
        return false;
    }
    return true;
}

static struct wzp_lab_pair *pair_of(lua_State *L, struct wzp_lab_place *a, struct wzp_lab_place *b)
{
    struct wzp_lab *lab = a->lab; /* NOLINT(clang-analyzer-core.NullDereference): both are there */
    for (struct wzp_lab_pair *at = lab->pairs; at; at = at->next)
        if ((at->a == a && at->b == b) || (at->a == b && at->b == a))
            return at;
    struct wzp_lab_pair *pair = wzp_lua_need(L, wzp_calloc(1, sizeof *pair));
    pair->a = a;
    pair->b = b;
    pair->next = lab->pairs;
    lab->pairs = pair;
    if (!lab->has_filter)
        wzp_sim_network_set_filter(wzp_sim_internet(lab->sim), on_packet, lab);
    lab->has_filter = true;
    return pair;
}

void wzp_lab_pairs_free(struct wzp_lab *lab)
{
    while (lab->pairs) {
        struct wzp_lab_pair *pair = lab->pairs;
        lab->pairs = pair->next;
        while (pair->packets)
            drop_packet(pair->packets);
        wzp_free(pair);
    }
}

/* ---- the object ---- */

int wzp_lab_link(lua_State *L)
{
    struct wzp_lab *lab = wzp_lab_world(L);
    const char *name = lua_tostring(L, 2), *other = lua_tostring(L, 3);
    struct wzp_lab_place *place = wzp_lab_place(lab, name);
    struct wzp_lua_link *link = lua_newuserdatauv(L, sizeof *link, 0);
    memset(link, 0, sizeof *link);
    wzp_lua_class(L, "link");
    for (size_t i = 0; i < lab->relay_count && !place && !other; i++)
        if (strcmp(lab->relays[i]->name, name) == 0)
            link->relay = lab->relays[i];
    if (!place && !link->relay)
        return luaL_error(L, "wzp.lab.link: no client%s of this laboratory is called %s",
                          other ? "" : " or relay", name);
    if (!other) {
        link->place = place;
        return 1;
    }
    struct wzp_lab_place *second = wzp_lab_place(lab, other);
    if (!second || second == place)
        return luaL_error(L, "wzp.lab.link: there is no other %s", other);
    link->pair = pair_of(L, place, second);
    return 1;
}

/* Both directions, or one: "up" from the machine (or the first of two), "down" to it. */
static int each_line(lua_State *L, struct wzp_sim_link *out[2], int options)
{
    struct wzp_lua_link *link = wzp_lua_object(L, 1, "link");
    const char *direction = wzp_lua_option_text(L, options, "direction", "both");
    wzp_lab_world(L);
    bool up = strcmp(direction, "down") != 0, down = strcmp(direction, "up") != 0;
    if (up && down && strcmp(direction, "both") != 0)
        luaL_error(L, "a direction is up, down or both");
    int count = 0;
    struct wzp_sim_link *first = link->pair    ? &link->pair->lines[0].link
                                 : link->place ? &link->place->up
                                               : &link->relay->up;
    struct wzp_sim_link *second = link->pair    ? &link->pair->lines[1].link
                                  : link->place ? &link->place->down
                                                : &link->relay->down;
    if (up)
        out[count++] = first;
    if (down)
        out[count++] = second;
    return count;
}

/* The link itself is the result, so that one can follow the other. */
static int apply(lua_State *L)
{
    struct wzp_lua_link *link = wzp_lua_object(L, 1, "link");
    if (!link->pair)
        wzp_lab_set_lines(link->place, link->relay);
    lua_settop(L, 1);
    return 1;
}

static double share(lua_State *L, int index)
{
    double value = lua_tonumber(L, index);
    if (value < 0 || value > 1)
        luaL_error(L, "a share is 0 (none) to 1 (all), not %f", value);
    return value;
}

static uint64_t milliseconds(lua_State *L, double ms)
{
    if (ms < 0 || ms > 1e6)
        luaL_error(L, "milliseconds are 0 to a million");
    return (uint64_t)(ms * 1e6);
}

static int drop(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    double loss = share(L, 2), burst = wzp_lua_option_number(L, 3, "burst", 0);
    double length = wzp_lua_option_number(L, 3, "burst_length", 4);
    if (burst < 0 || burst > 1 || length < 1 || length > 1000)
        return luaL_error(L, "wzp.link.drop: burst is 0 to 1, burst_length 1 to 1000");
    for (int count = each_line(L, lines, 3); count-- > 0;) {
        lines[count]->loss = loss;
        lines[count]->burst = burst;
        lines[count]->burst_length = (unsigned)length;
    }
    return apply(L);
}

static int delay(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    uint64_t fixed = milliseconds(L, lua_tonumber(L, 2));
    uint64_t jitter = milliseconds(L, wzp_lua_option_number(L, 3, "jitter_ms", 0));
    for (int count = each_line(L, lines, 3); count-- > 0;) {
        lines[count]->delay = fixed;
        lines[count]->jitter = jitter;
    }
    return apply(L);
}

static int duplicate(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    double value = share(L, 2);
    for (int count = each_line(L, lines, 3); count-- > 0;)
        lines[count]->duplicate = value;
    return apply(L);
}

static int corrupt(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    double value = share(L, 2);
    for (int count = each_line(L, lines, 3); count-- > 0;)
        lines[count]->corrupt = value;
    return apply(L);
}

static int reorder(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    double value = share(L, 2);
    uint64_t by = milliseconds(L, wzp_lua_option_number(L, 3, "by_ms", 40));
    for (int count = each_line(L, lines, 3); count-- > 0;) {
        lines[count]->reorder = value;
        lines[count]->reorder_delay = by;
    }
    return apply(L);
}

static int rate(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    double kbps = lua_tonumber(L, 2);
    if (kbps < 0 || kbps > 1e7)
        return luaL_error(L, "wzp.link.rate: kbit/s, 0 for no limit");
    double queue = wzp_lua_option_number(L, 3, "queue_bytes", 0);
    if (queue < 0 || queue > 1e8)
        return luaL_error(L, "wzp.link.rate: queue_bytes is 0 to 100 million");
    for (int count = each_line(L, lines, 3); count-- > 0;) {
        lines[count]->rate = (uint64_t)(kbps * 1000);
        lines[count]->queue_bytes = (size_t)queue;
    }
    return apply(L);
}

static int mtu(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    lua_Integer bytes = lua_tointeger(L, 2);
    if (bytes < 0 || bytes > 65535)
        return luaL_error(L, "wzp.link.mtu: bytes of UDP payload, 0 for no limit");
    for (int count = each_line(L, lines, 3); count-- > 0;)
        lines[count]->mtu = (size_t)bytes;
    return apply(L);
}

static int set_down(lua_State *L, bool is_down)
{
    struct wzp_sim_link *lines[2];
    for (int count = each_line(L, lines, 2); count-- > 0;)
        lines[count]->down = is_down;
    return apply(L);
}

static int down(lua_State *L)
{
    return set_down(L, true);
}

static int up(lua_State *L)
{
    return set_down(L, false);
}

static int reset(lua_State *L)
{
    struct wzp_sim_link *lines[2];
    const struct wzp_lua_link *link = wzp_lua_object(L, 1, "link");
    for (int count = each_line(L, lines, 2); count-- > 0;)
        *lines[count] = (struct wzp_sim_link){.delay = link->place ? WZP_LAB_DELAY : 0};
    return apply(L);
}

const struct wzp_lua_row wzp_lua_link_rows[] = {
    {"link", "drop",
     "link: link, share: number, {direction?: text, burst?: number, burst_length?: number}", "link",
     "This share of packets is lost; burst: the chance that a loss takes more with it.", drop,
     WZP_SCRIPT_TEST, false},
    {"link", "delay", "link: link, ms: number, {direction?: text, jitter_ms?: number}", "link",
     "Packets come that much later, and up to jitter_ms more.", delay, WZP_SCRIPT_TEST, false},
    {"link", "duplicate", "link: link, share: number, {direction?: text}", "link",
     "This share of packets comes twice.", duplicate, WZP_SCRIPT_TEST, false},
    {"link", "corrupt", "link: link, share: number, {direction?: text}", "link",
     "In this share of packets a byte is changed.", corrupt, WZP_SCRIPT_TEST, false},
    {"link", "reorder", "link: link, share: number, {direction?: text, by_ms?: number}", "link",
     "This share of packets is held back, so that others overtake.", reorder, WZP_SCRIPT_TEST,
     false},
    {"link", "rate", "link: link, kbps: number, {direction?: text, queue_bytes?: number}", "link",
     "A line of that many kbit/s with a queue; 0: no limit.", rate, WZP_SCRIPT_TEST, false},
    {"link", "mtu", "link: link, bytes: integer, {direction?: text}", "link",
     "Longer UDP payloads vanish; 0: no limit.", mtu, WZP_SCRIPT_TEST, false},
    {"link", "down", "link: link, {direction?: text}", "link",
     "Nothing passes, and nobody is told: a black hole.", down, WZP_SCRIPT_TEST, false},
    {"link", "up", "link: link, {direction?: text}", "link", "It passes again.", up,
     WZP_SCRIPT_TEST, false},
    {"link", "reset", "link: link, {direction?: text}", "link",
     "As it was in the beginning: a client's line takes 5 ms each way, and loses nothing.", reset,
     WZP_SCRIPT_TEST, false},
    {0}};
