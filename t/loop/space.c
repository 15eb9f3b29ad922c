/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A machine within this one: its networks are its own, programs set it up, its tunnel ends here,
 * and a host's sockets are in it. */
#include "loop/space.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/time.h"
#include "sim/ip.h"
#include "tap.h"

static struct wzp_loop *loop;
static struct wzp_space *space;
static struct wzp_sim_ip heard;
static uint8_t bytes[WZP_SPACE_PACKET_MAX];
static char said[32]; /* to the socket in it */
static bool timed_out;

static void give_up(void *context)
{
    (void)context;
    timed_out = true;
    wzp_loop_stop(loop);
}

static void on_packet(void *context, const uint8_t *packet, size_t length)
{
    struct wzp_sim_ip fields;
    (void)context;
    if (wzp_sim_ip_parse(&fields, packet, length)) /* neighbours are looked for */
        return;
    memcpy(bytes, packet, length);
    wzp_sim_ip_parse(&heard, bytes, length);
    wzp_loop_stop(loop);
}

static int ip(const char *lines)
{
    static const char *const argv[] = {"ip", "-batch", "-", NULL};
    struct wzp_error err = {0};
    int result = wzp_space_run(space, argv, lines, &err);
    if (result)
        note("%s", err.text);
    return result;
}

/* An object at a port that says one thing and stops the loop when it hears one. */
static bool spoke;
static void on_receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                       uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    (void)object, (void)local, (void)remote, (void)ecn, (void)now;
    snprintf(said, sizeof said, "%.*s", (int)length, (const char *)data);
    wzp_loop_stop(loop);
}
static uint64_t expiry(const void *object)
{
    (void)object;
    return WZP_NEVER;
}
static void handle_expiry(void *object, uint64_t now)
{
    (void)object, (void)now;
}
static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    (void)object, (void)now;
    if (spoke)
        return 0;
    spoke = true;
    wzp_addr_parse(&out->remote, "192.0.2.9:4433", 14);
    memcpy(out->data, "hello", 5);
    out->length = out->segment = 5;
    return 1;
}

static void run_loop(void)
{
    struct wzp_timer *late;
    timed_out = false;
    if (wzp_timer_start(&late, loop, (tap_oom_mode() ? 1 : 20) * WZP_SECOND, 0, give_up, NULL))
        bail("no timer");
    wzp_loop_run(loop);
    wzp_timer_close(late);
}

static void check_socket(void)
{
    static const struct wzp_driver driver = {NULL, on_receive, expiry, handle_expiry, next_packet};
    struct wzp_host host, files;
    struct wzp_host_port *port;
    static struct wzp_networks all, *networks = &all;
    uint8_t out[WZP_SPACE_PACKET_MAX];
    wzp_loop_host(&files, loop, NULL);
    wzp_space_host(&host, space, &files, NULL);
    host.calls->networks(host.context, networks);
    is_int(networks->count, 2, "a host there sees its own networks: loopback and tunnel");
    unsigned flags = 0;
    for (size_t i = 0; i < networks->count; i++)
        if (strcmp(networks->items[i].name, "wan") == 0)
            flags = networks->items[i].flags;
    ok(flags & WZP_INTERFACE_DEFAULT_V4, "and which of them leads out");
    if (host.calls->port_open(host.context, &port, NULL, &driver, NULL))
        bail("no port");
    run_loop();
    ok(!timed_out && heard.length == 5 && memcmp(heard.data, "hello", 5) == 0,
       "what it sends comes out of the tunnel");
    char text[WZP_ADDR_TEXT_MAX];
    wzp_addr_format(text, &heard.from);
    is_int(strncmp(text, "192.0.2.2:", 10), 0, "from its address there");
    const struct wzp_sim_ip answer = {
        .from = heard.to, .to = heard.from, .data = (const uint8_t *)"well", .length = 4};
    wzp_space_send(space, out, wzp_sim_ip_write(out, sizeof out, &answer));
    run_loop();
    is_str(said, "well", "what is put into the tunnel comes to it");
    host.calls->port_close(host.context, port);
}

static void check_refusals(void)
{
    static const char *const none[] = {"wzp-no-such-program", NULL};
    static const char *const wrong[] = {"ip", "link", "set", "nothing", "up", NULL};
    struct wzp_error err = {0};
    is_int(wzp_space_run(space, none, NULL, &err), WZP_E_NOT_FOUND, "a program that is not there");
    is_str(err.text, "wzp-no-such-program is not installed", "is named");
    is_int(wzp_space_run(space, wrong, NULL, &err), WZP_E_IO, "one that complains");
    ok(strstr(err.text, "nothing"), "is quoted: %s", err.text);
    is_int(wzp_space_set(space, "ipv4/no_such_thing", "1", &err), WZP_E_IO, "no such variable");
    is_int(wzp_space_tunnel(space, "wan", on_packet, NULL, &err), WZP_E_STATE, "one tunnel each");
}

TAP_MAIN
{
    struct wzp_error err = {0};
    if (wzp_loop_new(&loop, NULL))
        bail("no loop");
    int result = wzp_space_new(&space, loop, &err);
    if (result == WZP_E_REFUSED || result == WZP_E_UNSUPPORTED)
        skip_all("%s", err.text);
    if (result)
        bail("no namespace: %s", err.text);
    result = wzp_space_tunnel(space, "wan", on_packet, NULL, &err);
    if (result)
        bail("%s", err.text);
    is_int(ip("addr add 192.0.2.2/32 dev wan\nlink set wan up\nroute add default dev wan\n"), 0,
           "a program sets it up, by what is given to it");
    is_int(access("/sys/class/net/wan", F_OK), -1, "this machine has no such interface");
    is_int(wzp_space_set(space, "ipv4/ip_forward", "1", &err), 0, "a variable of its own");
    result = wzp_space_forget_flows(space);
    ok(result == 0 || result == WZP_E_UNSUPPORTED, "flows are forgotten, where they are known");
    check_refusals();
    check_socket();
    is_int(wzp_space_enter(NULL), WZP_SPACE_NOWHERE, "nowhere to go is no journey");
    wzp_space_free(space);
    wzp_loop_free(loop);
}
