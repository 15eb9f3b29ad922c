/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The contract of struct wzp_host: the same checks run against the real host and against a
 * simulated machine in virtual time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/audio_spec.h"
#include "base/alloc.h"
#include "base/time.h"
#include "loop/host.h"
#include "sim/lib_machine.h"
#include "merges.h"
#include "tap.h"

#define PATIENCE (10 * WZP_SECOND)

/* The host under test. */
static struct {
    const char *name;
    struct wzp_host host;
    struct wzp_loop *loop; /* NULL: virtual */
    struct wzp_sim *sim;
    struct wzp_sim_machine machine;
} world;

#define CALL(name, ...) world.host.calls->name(world.host.context __VA_OPT__(, ) __VA_ARGS__)

static bool (*condition)(void);

static bool sim_condition(void *context)
{
    (void)context;
    return condition();
}

static void look(void *context)
{
    (void)context;
    if (condition())
        wzp_loop_stop(world.loop);
}

static void give_up(void *context)
{
    (void)context;
    wzp_loop_stop(world.loop);
}

/* Lets time pass until something is true; false: it did not become true. */
static bool wait_for(bool (*is_true)(void))
{
    condition = is_true;
    if (!world.loop)
        return wzp_sim_run_for(world.sim, sim_condition, NULL, PATIENCE);
    struct wzp_timer *often, *late;
    if (wzp_timer_start(&often, world.loop, WZP_MILLISECOND, WZP_MILLISECOND, look, NULL))
        return false;
    if (wzp_timer_start(&late, world.loop, PATIENCE, 0, give_up, NULL) == 0) {
        wzp_loop_run(world.loop);
        wzp_timer_close(late);
    }
    wzp_timer_close(often);
    return is_true();
}

static uint64_t pause_end;

static bool pause_over(void)
{
    return CALL(now) >= pause_end;
}

static void pause_for(uint64_t duration)
{
    pause_end = CALL(now) + duration;
    wait_for(pause_over);
}

/* ---- clocks and timers ---- */

static char fired[16];
static struct wzp_host_timer *timers[4];

static void on_timer(void *owner, uint64_t now)
{
    size_t length = strlen(fired);
    ok(now <= CALL(now), "a timer is told the time");
    if (length + 1 < sizeof fired)
        fired[length] = *(const char *)owner;
    if (*(const char *)owner == 'c') {
        CALL(timer_free, timers[2]);
        timers[2] = NULL;
    }
    if (strcmp(fired, "b") == 0)
        CALL(timer_set, timers[1], CALL(now) + 5 * WZP_MILLISECOND);
}

static bool c_fired(void)
{
    return strchr(fired, 'c');
}

static void test_timers(void)
{
    uint64_t now = CALL(now);
    memset(fired, 0, sizeof fired);
    ok(CALL(wall_ms) > UINT64_C(1600000000000), "the wall clock is in this century");
    for (size_t i = 0; i < 4; i++)
        if (CALL(timer_new, &timers[i], on_timer, (void *)&"abcd"[i]))
            bail("no timer");
    CALL(timer_set, timers[0], WZP_NEVER);
    CALL(timer_set, timers[1], now + 500 * WZP_SECOND);
    CALL(timer_set, timers[1], now + 10 * WZP_MILLISECOND);
    /* Late enough that on a busy machine the others still come first. */
    CALL(timer_set, timers[2], now + 400 * WZP_MILLISECOND);
    CALL(timer_set, timers[3], now + 5 * WZP_MILLISECOND);
    CALL(timer_free, timers[3]);
    ok(wait_for(c_fired), "timers fire");
    is_str(fired, "bbc", "in order, when set last, again when set from inside, not when freed");
    for (size_t i = 0; i < 3; i++)
        CALL(timer_free, timers[i]);
    if (CALL(timer_new, &timers[0], on_timer, (void *)"z"))
        bail("no timer");
    CALL(timer_set, timers[0], 1);
    pause_for(20 * WZP_MILLISECOND);
    is_str(fired, "bbcz", "a time that has passed is now");
    CALL(timer_free, timers[0]);
    CALL(timer_free, NULL);
}

/* ---- names ---- */

static unsigned answers;
static size_t answer_count;
static struct wzp_addr answer_first;
static char answer_text[WZP_ERROR_TEXT_MAX];
static bool asking;

static void on_resolved(void *owner, const struct wzp_addr *addrs, size_t count,
                        const struct wzp_error *err)
{
    (void)owner;
    ok(!asking, "the answer comes later");
    answers++;
    answer_count = count;
    answer_text[0] = 0;
    if (count > 0)
        answer_first = addrs[0];
    if (err)
        snprintf(answer_text, sizeof answer_text, "%s", err->text);
}

static bool answered(void)
{
    return answers > 0;
}

static int ask(const char *name, struct wzp_host_request **out)
{
    struct wzp_error err = {0};
    answers = 0;
    asking = true;
    int result = CALL(resolve, out, name, 4433, on_resolved, NULL, &err);
    asking = false;
    ok((result != 0) == (err.text[0] != 0), "a refusal has a sentence: %s", err.text);
    return result;
}

static void resolves(const char *name, const char *want)
{
    struct wzp_host_request *request;
    char text[WZP_ADDR_TEXT_MAX];
    is_int(ask(name, &request), 0, "%s is looked up", name);
    ok(wait_for(answered) && answer_count > 0, "and found");
    is_str(wzp_addr_format(text, &answer_first), want, "at %s", want);
}

static void test_names(void)
{
    struct wzp_host_request *request;
    resolves("192.0.2.1", "192.0.2.1:4433");
    resolves("192.0.2.1:5", "192.0.2.1:5");
    resolves("[2001:db8::1]:6", "[2001:db8::1]:6");
    is_int(ask("no-such-host.invalid", &request), 0, "a name nobody knows is looked up");
    ok(wait_for(answered), "and answered");
    ok(answer_count == 0 && strstr(answer_text, "no-such-host.invalid"), "with a sentence: %s",
       answer_text);
    ok(ask("1.2.3.4:99999", &request) != 0, "what is no address is refused at once");
    pause_for(20 * WZP_MILLISECOND);
    is_int(answers, 0, "and not answered");
    ask("192.0.2.1", &request);
    CALL(resolve_cancel, request);
    ask("no-such-host.invalid", &request);
    CALL(resolve_cancel, request);
    pause_for(50 * WZP_MILLISECOND);
    is_int(answers, 0, "a cancelled question is not answered");
}

/* ---- files ---- */

static void file_is(const struct wzp_host_file *file, const char *want)
{
    struct wzp_error err = {0};
    char *text;
    size_t length;
    int result = CALL(file_read, &text, &length, file, &err);
    ok(result == 0 && length == strlen(want) && strcmp(text, want) == 0, "%s holds \"%s\": %s",
       file->name, want, err.text);
    wzp_free(text);
}

static void test_files(void)
{
    const struct wzp_host_file file = {WZP_PLACE_DATA, "list", 20, true};
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    char *text;
    size_t length = 99;
    is_int(CALL(file_path, path, &file, &err), 0, "a file has a path");
    ok(path[0] == '/' && strstr(path, "wzp/list"), "%s", path);
    is_int(CALL(file_read, &text, &length, &file, &err), WZP_E_NOT_FOUND, "it is not there yet");
    ok(!text && strstr(err.text, "list"), "and the sentence names it: %s", err.text);
    is_int(CALL(file_update, &file, merge_leave, &length, &err), 0, "an update of nothing");
    is_int(length, 0, "is given nothing");
    is_int(CALL(file_create, &file, "one ", 4, &err), 0, "it is made: %s", err.text);
    is_int(CALL(file_create, &file, "two ", 4, &err), WZP_E_DUPLICATE, "once");
    is_int(CALL(file_update, &file, merge_append, (void *)"and two", &err), 0, "it is updated");
    file_is(&file, "one and two");
    is_int(CALL(file_update, &file, merge_refuse, NULL, &err), WZP_E_SYNTAX, "a merge may refuse");
    is_str(err.text, "not this", "with its own sentence");
    ok(CALL(file_update, &file, merge_append, (void *)" and a third", &err) < 0,
       "what would be too large is not written");
    file_is(&file, "one and two");
    const struct wzp_host_file small = {WZP_PLACE_DATA, "list", 5, true};
    is_int(CALL(file_read, &text, &length, &small, &err), WZP_E_TOO_BIG, "nor read");
    is_int(CALL(file_set_aside, path, &file, &err), 0, "it is set aside");
    ok(strstr(path, "list.damaged"), "as %s", path);
    is_int(CALL(file_read, &text, &length, &file, &err), WZP_E_NOT_FOUND, "and gone");
    wzp_free(text);
    const struct wzp_host_file aside = {WZP_PLACE_PATH, path, 20, false};
    if (world.loop)
        file_is(&aside, "one and two");
}

/* ---- ports ---- */

struct peer {
    struct wzp_host_port *port;
    struct wzp_addr local, from, to, came_to;
    char out[32], in[32];
    bool close_inside;
};

static void receive(void *object, const struct wzp_addr *local, const struct wzp_addr *remote,
                    uint8_t ecn, const uint8_t *data, size_t length, uint64_t now)
{
    struct peer *p = object;
    (void)ecn;
    (void)now;
    p->came_to = *local;
    if (length < sizeof p->in) {
        memcpy(p->in, data, length);
        p->in[length] = 0;
    }
    p->to = *remote;
    if (p->close_inside) {
        CALL(port_close, p->port);
        p->port = NULL;
    }
}

static uint64_t expiry(const void *object)
{
    (void)object;
    return WZP_NEVER;
}

static void handle_expiry(void *object, uint64_t now)
{
    (void)object;
    (void)now;
}

static int next_packet(void *object, struct wzp_packet *out, uint64_t now)
{
    struct peer *p = object;
    (void)now;
    if (!p->out[0])
        return 0;
    out->length = out->segment = strlen(p->out);
    memcpy(out->data, p->out, out->length);
    out->local = p->from;
    out->remote = p->to;
    p->out[0] = 0;
    return 1;
}

static struct peer peers[2];

static bool both_heard(void)
{
    return peers[0].in[0] && peers[1].in[0];
}

static bool first_heard(void)
{
    return peers[0].in[0];
}

static bool open_peer(struct peer *p)
{
    struct wzp_error err = {0};
    struct wzp_addr any;
    const struct wzp_driver driver = {p, receive, expiry, handle_expiry, next_packet};
    const char *text = world.loop ? "127.0.0.1:0" : "10.0.0.2:0";
    *p = (struct peer){0};
    if (wzp_addr_parse(&any, text, strlen(text)) ||
        CALL(port_open, &p->port, &any, &driver, &err)) {
        ok(false, "a port is opened: %s", err.text);
        return false;
    }
    p->local = p->from = CALL(port_local, p->port, AF_INET);
    return true;
}

static void test_ports(void)
{
    struct wzp_port_stats stats;
    if (!open_peer(&peers[0]) || !open_peer(&peers[1]))
        return;
    struct wzp_addr none = CALL(port_local, peers[0].port, AF_INET6);
    ok(wzp_addr_is_none(&none), "a port of an IPv4 address has no IPv6 one");
    ok(wzp_addr_port(&peers[0].local) != wzp_addr_port(&peers[1].local), "two ports differ");
    peers[0].to = peers[1].local;
    peers[1].to = peers[0].local;
    strcpy(peers[0].out, "hello");
    strcpy(peers[1].out, "hallo");
    CALL(port_kick, peers[0].port);
    CALL(port_kick, peers[1].port);
    ok(wait_for(both_heard), "packets go both ways");
    is_str(peers[1].in, "hello", "whole");
    ok(wzp_addr_equal(&peers[1].to, &peers[0].local), "from the address of the port");
    CALL(port_stats, peers[0].port, &stats);
    ok(stats.packets_in == 1 && stats.packets_out == 1, "and are counted");
    peers[0].in[0] = 0;
    peers[0].close_inside = true;
    strcpy(peers[1].out, "close");
    CALL(port_kick, peers[1].port);
    ok(wait_for(first_heard) && !peers[0].port, "a port may be closed from inside its object");
    pause_for(10 * WZP_MILLISECOND);
    CALL(port_close, peers[1].port);
    CALL(port_close, NULL);
}

/* A peer sends from that address, and the other receives it from there. */
static void says(struct peer *p, const struct wzp_addr *from, const char *text)
{
    p->from = *from;
    strcpy(p->out, text);
    CALL(port_kick, p->port);
}

static bool second_heard(void)
{
    return peers[1].in[0];
}

static void test_more_ports(void)
{
    struct wzp_addr more[WZP_HOST_PORTS_MORE], one_too_many;
    int opened = 0;
    if (!open_peer(&peers[0]) || !open_peer(&peers[1]))
        return;
    while (opened < WZP_HOST_PORTS_MORE && CALL(port_more, peers[0].port, &more[opened]) == 0)
        opened++;
    is_int(opened, WZP_HOST_PORTS_MORE, "an object has further ports");
    if (opened < 2)
        return;
    is_int(CALL(port_more, peers[0].port, &one_too_many), WZP_E_LIMIT, "but not any number");
    struct wzp_addr second = more[1];
    peers[0].to = peers[1].local;
    says(&peers[0], &second, "from there");
    ok(wait_for(second_heard), "what names one as its sender");
    is_int(wzp_addr_port(&peers[1].to), wzp_addr_port(&second), "leaves by it");
    peers[0].in[0] = 0;
    says(&peers[1], &peers[1].local, "back");
    ok(wait_for(first_heard), "what comes there");
    is_int(wzp_addr_port(&peers[0].came_to), wzp_addr_port(&second), "is told as such");
    CALL(port_less, peers[0].port, &more[0]);
    CALL(port_less, peers[0].port, &more[0]);
    CALL(port_less, peers[0].port, &second);
    ok(CALL(port_more, peers[0].port, &more[0]) == 0, "one that is closed makes room for another");
    peers[0].in[0] = peers[1].in[0] = 0;
    says(&peers[1], &peers[1].local, "anybody there?");
    pause_for(10 * WZP_MILLISECOND);
    ok(!peers[0].in[0], "and nothing comes to it any more");
    says(&peers[0], &peers[0].local, "as before");
    ok(wait_for(second_heard), "the first one is as it was");
    is_int(wzp_addr_port(&peers[1].to), wzp_addr_port(&peers[0].local), "with its own number");
    CALL(port_close, peers[0].port);
    CALL(port_close, peers[1].port);
    pause_for(10 * WZP_MILLISECOND);
}

/* ---- sound ---- */

static struct wzp_host_audio *audio;
static unsigned blocks_in, blocks_out, moves, close_at;
static int16_t loudest;

static void exchange(void *owner, const int16_t *in, int16_t *out, uint64_t now)
{
    (void)owner;
    (void)now;
    blocks_in += in != NULL;
    for (size_t i = 0; in && i < WZP_AUDIO_BLOCK; i++)
        loudest = in[i] > loudest ? in[i] : loudest;
    for (size_t i = 0; out && i < WZP_AUDIO_BLOCK; i++)
        out[i] = 1000;
    blocks_out += out != NULL;
    if (close_at > 0 && blocks_in >= close_at) {
        CALL(audio_close, audio);
        audio = NULL;
    }
}

static void moved(void *owner, uint64_t now)
{
    (void)owner;
    (void)now;
    moves++;
}

static bool enough_sound(void)
{
    return close_at > 0 ? !audio : blocks_in >= 10 && blocks_out >= 10;
}

static int open_sound(const char *source, const char *sink, struct wzp_error *err)
{
    struct wzp_host_audio_options options = {.exchange = exchange, .moved = moved};
    blocks_in = blocks_out = moves = 0;
    loudest = 0;
    if (wzp_audio_spec_parse(&options.source, source, true, err) ||
        wzp_audio_spec_parse(&options.sink, sink, false, err))
        bail("%s", err->text);
    return CALL(audio_open, &audio, &options, err);
}

static void test_sound(void)
{
    struct wzp_error err = {0};
    struct wzp_audio_stats stats;
    char sink[600], source[600];
    snprintf(sink, sizeof sink, "file:%s/heard.wav", tap_temporary_folder());
    snprintf(source, sizeof source, "file:%s/heard.wav", tap_temporary_folder());
    close_at = 0;
    is_int(open_sound("tone:440", sink, &err), 0, "sound is opened: %s", err.text);
    if (!audio)
        return;
    ok(wait_for(enough_sound), "blocks move both ways");
    ok(loudest > 1000, "a tone is heard (%d)", loudest);
    ok(moves > 0, "and the owner is told when to send");
    CALL(audio_stats, audio, &stats);
    ok(stats.blocks_in >= 10 && !stats.capture_lost, "blocks are counted");
    CALL(audio_close, audio);
    close_at = 5;
    is_int(open_sound(source, "null", &err), 0, "the file that was written is read: %s", err.text);
    ok(wait_for(enough_sound), "sound may be closed from inside");
    is_int(loudest, 1000, "the file holds what was played");
    ok(open_sound("file:/no/such.wav", "null", &err) < 0 && strstr(err.text, "/no/such.wav"),
       "a missing file is named: %s", err.text);
    ok(open_sound(source, sink, &err) == WZP_E_ARGUMENT && strstr(err.text, "overwritten"),
       "a file that is read is not written: %s", err.text);
    CALL(audio_close, NULL);
}

/* ---- networks and work ---- */

static void on_networks(void *owner, uint64_t now)
{
    (void)now;
    ++*(unsigned *)owner;
}

static void test_networks(void)
{
    struct wzp_networks *first = wzp_alloc(2 * sizeof *first);
    struct wzp_host_request *watch;
    unsigned changes = 0;
    if (!first)
        return;
    CALL(networks, first);
    CALL(networks, first + 1);
    ok(first->count > 0 && first->items[0].name[0], "there is a network (%s)",
       first->items[0].name);
    ok(first[1].generation == first[0].generation, "its number stays while nothing changes");
    bool up = false, addressed = false;
    for (size_t i = 0; i < first->count; i++) {
        up = up || (first->items[i].flags & WZP_INTERFACE_UP);
        addressed = addressed || first->items[i].count > 0;
    }
    ok(up && addressed, "one is up, and has an address");
    if (CALL(networks_watch, &watch, on_networks, &changes) == 0) {
        if (world.sim) {
            wzp_sim_host_address(world.machine.host, wzp_sim_internet(world.sim), "10.0.0.3");
            pause_for(WZP_SECOND);
            is_int(changes, 1, "a change is told");
            CALL(networks, first + 1);
            ok(first[1].generation > first[0].generation, "and the number grows");
        }
        CALL(networks_unwatch, watch);
    } else if (!tap_oom_mode()) {
        skip(1, "this system tells nobody of changes");
    }
    wzp_free(first);
}

static unsigned runs, ends;

static void run(void *owner)
{
    runs += *(unsigned *)owner;
}

static void end(void *owner)
{
    (void)owner;
    ends++;
}

static bool ended(void)
{
    return ends > 0;
}

static void test_work(void)
{
    static unsigned one = 1;
    runs = ends = 0;
    is_int(CALL(work, run, end, &one), 0, "work is given away");
    is_int(ends, 0, "it does not end at once");
    ok(wait_for(ended) && runs == 1 && ends == 1, "it is done, then told, once");
    ends = 0;
    is_int(CALL(work, run, end, &one), 0, "work is under way when the host ends");
}

static void test_host(void)
{
    note("the %s host", world.name);
    test_timers();
    test_names();
    test_files();
    test_ports();
    test_more_ports();
    test_sound();
    test_networks();
    test_work();
}

TAP_MAIN
{
    char data[600];
    snprintf(data, sizeof data, "%s/data", tap_temporary_folder());
    setenv("XDG_DATA_HOME", data, 1);
    world.name = "real";
    if (wzp_loop_new(&world.loop, NULL))
        bail("no loop");
    wzp_loop_host(&world.host, world.loop, NULL);
    test_host();
    wzp_loop_free(world.loop);
    ok(ends == 1 || tap_oom_mode(), "the end of the host ends what was under way");
    world.loop = NULL;
    world.name = "virtual";
    if (wzp_sim_new(&world.sim, 1))
        bail("no world");
    machine_open(world.sim, &world.machine, &world.host, "box", "10.0.0.2");
    test_host();
    wzp_sim_machine_fini(&world.machine);
    wzp_sim_free(world.sim);
    ok(ends == 1 || tap_oom_mode(), "the end of the host ends what was under way");
}
