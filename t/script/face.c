/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* init.lua beside a softphone and its screen: hooks make decisions; keys, commands, status items
 * and questions go through the screen's table of functions; an error is reported and the phone
 * continues; what a script created is removed when it is loaded again. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/relay_service.h"
#include "app/settings.h"
#include "media/wav.h"
#include "script/lib_script.h"
#include "tap.h"

static struct play p; /* its simulation and the relay's machine */
static struct wzp_sim_machine ann_machine, bob_machine;
static struct wzp_host ann_host, bob_host;
static struct wzp_relay_service relay;
static struct wzp_app *ann, *bob;

/* What the script asked of the screen. */
static struct {
    unsigned key, question, unbound;
    char bound[200], item[200], asked[200], said[2000];
} face;

static int on_bind(void *context, unsigned number, const char *view, const char *key,
                   const char *help)
{
    (void)context;
    if (strcmp(key, "taken") == 0)
        return WZP_E_DUPLICATE;
    face.key = number;
    snprintf(face.bound, sizeof face.bound, "%s/%s/%s", view, key, help);
    return 0;
}

static void on_unbind(void *context, unsigned number)
{
    (void)context;
    face.unbound = number;
}

static void on_item(void *context, const char *name, const char *text)
{
    (void)context;
    snprintf(face.item, sizeof face.item, "%s=%s", name, text);
}

static int on_ask(void *context, unsigned number, const char *question)
{
    (void)context;
    face.question = number;
    snprintf(face.asked, sizeof face.asked, "%s", question);
    return 0;
}

static void on_say(void *context, const char *line)
{
    size_t length = strlen(face.said);
    (void)context;
    snprintf(face.said + length, sizeof face.said - length, "%s|", line);
}

/* ---- the world ---- */

static void open_machine(struct wzp_sim_machine *m, struct wzp_host *host, const char *name,
                         const char *address)
{
    struct wzp_sim_host *place;
    if (wzp_sim_host_add(p.sim, &place, name) ||
        wzp_sim_host_address(place, wzp_sim_internet(p.sim), address))
        bail("no machine");
    wzp_sim_machine_init(m, p.sim, place);
    wzp_sim_machine_host(host, m, NULL);
}

static struct wzp_app *open_app(const struct wzp_host *host, bool answers)
{
    struct wzp_settings settings;
    struct wzp_app *app;
    wzp_settings_default(&settings);
    wzp_settings_set(&settings, "relay", "10.0.0.1:4433", NULL);
    wzp_settings_set(&settings, "auto_answer", "all", NULL);
    const struct wzp_app_config config = {.settings = &settings,
                                          .build = "test",
                                          .throw_away = true,
                                          .answers = answers,
                                          .call_waiting = true};
    if (wzp_app_new(&app, host, &config, NULL) || wzp_app_start(app, NULL) ||
        wzp_app_register(app, NULL))
        bail("no softphone");
    return app;
}

static void open_world(void)
{
    static const uint8_t seed[32] = {7};
    static struct wzp_relay_config config;
    static struct wzp_sim_machine machine;
    struct wzp_host host;
    play_open(&p);
    open_machine(&machine, &host, "relay", "10.0.0.1");
    wzp_relay_config_default(&config);
    strcpy(config.listen_addr, "10.0.0.1:4433");
    if (wzp_relay_service_start(&relay, &host, &config, seed, "test", NULL, NULL))
        bail("no relay");
    open_machine(&ann_machine, &ann_host, "ann", "10.0.0.2");
    open_machine(&bob_machine, &bob_host, "bob", "10.0.0.3");
    ann = open_app(&ann_host, true);
    bob = open_app(&bob_host, false);
    wzp_sim_run(p.sim, WZP_SECOND);
}

static void close_world(void)
{
    wzp_app_free(ann);
    wzp_app_free(bob);
    wzp_relay_service_stop(&relay);
    wzp_sim_machine_fini(&ann_machine);
    wzp_sim_machine_fini(&bob_machine);
    play_close(&p);
}

static void load(const char *text)
{
    const struct wzp_script_face screen = {NULL, on_bind, on_unbind, on_item, on_ask, on_say};
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_CONFIG, .name = "init.lua", .app = ann, .face = &screen};
    p.host = ann_host;
    p.host.log = (struct wzp_log){0};
    memset(&face, 0, sizeof face);
    int result = play_load(&p, &config, text);
    if (!result)
        result = wzp_script_start(p.script, &p.err);
    is_int(result, 0, "a script is loaded %s", p.err.text);
}

static void unload(void)
{
    wzp_script_free(p.script);
    p.script = NULL;
}

static wzp_session_id bob_calls(void)
{
    struct wzp_app_facts facts;
    wzp_session_id id = 0;
    wzp_app_facts(ann, &facts);
    wzp_app_call(bob, &id, facts.fingerprint, NULL);
    return id;
}

static void wait_for(double seconds)
{
    wzp_sim_run(p.sim, (uint64_t)(seconds * 1e9));
}

static const char *state_of(wzp_session_id id)
{
    struct wzp_app_session session;
    return wzp_app_session_find(bob, id, &session) ? wzp_session_state_name(session.state) : "gone";
}

static void hang_up(wzp_session_id id)
{
    wzp_phone_hangup(wzp_app_phone(bob), id, wzp_sim_now(p.sim), NULL);
    wzp_app_kick(bob);
    wait_for(1);
}

/* ---- the tests ---- */

static void deciding(void)
{
    load("wzp.on('incoming', function(ev) ev:reject('busy') end)");
    wzp_session_id id = bob_calls();
    wait_for(1);
    is_str(state_of(id), "gone", "a hook rejects, in spite of auto_answer");
    unload();
    load("wzp.on('incoming', function(ev)\n"
         "  ev:defer()\n"
         "  local answer = wzp.ui.ask('take ' .. ev.alias .. '?', { timeout = 15 })\n"
         "  if answer == 'yes' then ev:answer{ mode = 'private' } else ev:reject() end\n"
         "end)");
    id = bob_calls();
    wait_for(3);
    is_str(state_of(id), "ringing", "a hook defers: it rings");
    ok(strncmp(face.asked, "take ", 5) == 0, "and asks the person: %s", face.asked);
    wzp_script_answer(p.script, face.question, "yes");
    wait_for(1);
    is_str(state_of(id), "up", "who says yes");
    hang_up(id);
    id = bob_calls();
    wait_for(20);
    is_str(state_of(id), "gone", "no answer in time is none");
    unload();
    id = bob_calls();
    wait_for(1);
    is_str(state_of(id), "up", "without a script the softphone's rule counts again");
    hang_up(id);
}

static void failing(void)
{
    load("wzp.on('incoming', function(ev) local x; return x.y end)");
    wzp_session_id id = bob_calls();
    wait_for(1);
    is_str(state_of(id), "up", "a hook with an error decides nothing");
    ok(strstr(face.said, "init.lua:1: ") && strstr(face.said, "traceback"),
       "its error is told with file, line and traceback: %.100s", face.said);
    ok(strstr(face.said, "not answered yet"), "and what the call was doing");
    hang_up(id);
    unload();
    load("wzp.on('incoming', function(ev) while true do end end)");
    id = bob_calls();
    wait_for(1);
    is_str(state_of(id), "up", "nor does one that loops");
    ok(strstr(face.said, "60 ms"), "which is told");
    hang_up(id);
    unload();
    load("wzp.timer.every(1, function() error('again') end)");
    wait_for(3);
    ok(strstr(face.said, "again"), "an error in a timer is told");
    unload();
    is_int(play_load(&p, NULL, "local x = = 1"), WZP_E_SYNTAX, "a script that cannot be read");
    ok(strstr(p.err.text, "test.lua:1:"), "is told with its line: %s", p.err.text);
    unload();
}

static void screen(void)
{
    load("local number = wzp.ui.bind('call', 'C-t', 'a tone', function(v)\n"
         "  wzp.ui.say(v.call and v.call.peer or 'no call')\n"
         "end)\n"
         "wzp.ui.item('path', 'direct\\27[31m')\n"
         "local none, why = wzp.ui.bind('', 'taken', '', print)\n"
         "wzp.ui.say(why)\n"
         "wzp.command('greet', { args = 'who text' }, function(a)\n"
         "  wzp.ui.say(a.who .. '/' .. a.text .. '/' .. #a) wzp.ui.unbind(number) end)\n"
         "wzp.command('fails', {}, function() error('in a command') end)");
    is_str(face.bound, "call/C-t/a tone", "a key is bound");
    is_str(face.item, "path=direct?[31m", "a status item is safe to show");
    ok(strstr(face.said, "does not take this key"), "a key that is taken is no error");
    wzp_script_key(p.script, face.key, 0);
    wzp_script_key(p.script, 77, 0);
    wait_for(0.1);
    ok(strstr(face.said, "no call|"), "the key runs the function");
    struct wzp_error err = {0};
    is_int(wzp_script_command(p.script, "greet Ann good morning", &err), 0, "a command");
    is_int(wzp_script_command(p.script, "fails", &err), 0, "one that fails");
    is_int(wzp_script_command(p.script, "sing", &err), WZP_E_UNKNOWN, "one that is not there");
    is_int(wzp_script_command(p.script, "", &err), WZP_E_UNKNOWN, "none");
    wait_for(0.1);
    ok(strstr(face.said, "Ann/good morning/2|"), "its words have names: %s", face.said);
    is_int(face.unbound, face.key, "the key is given back");
    ok(strstr(face.said, "in a command"), "its error is told");
    unload();
}

/* When a script is loaded again what it plays stops, and nothing of it remains; the call continues.
 */
static void reloading(void)
{
    load("tick = 0\n"
         "wzp.timer.every(1, function() tick = tick + 1 wzp.ui.item('tick', tostring(tick)) end)\n"
         "wzp.on('joined', function(ev) ev.call:play(wzp.audio.tone{ hz = 440 }) "
         "  ear = ev.call:listen() end)");
    wzp_session_id id = bob_calls();
    wait_for(3.5);
    is_str(face.item, "tick=3", "a timer runs");
    is_str(state_of(id), "up", "in a call");
    unload();
    load("wzp.ui.item('tick', 'new')");
    wait_for(3);
    is_str(face.item, "tick=new", "and does not when the script was loaded anew");
    is_str(state_of(id), "up", "the call goes on");
    hang_up(id);
    unload();
}

static void tiers(void)
{
    load("wzp.ui.say(tostring(select(2, pcall(wzp.spawn, {'true'}))))\n"
         "wzp.ui.say(tostring(select(2, pcall(wzp.test.lab, {}))))\n"
         "wzp.ui.say(tostring(rawget(_G, 'debug')) .. tostring(rawget(_G, 'io')))\n"
         "wzp.ui.say(wzp.account.show().fingerprint)");
    ok(strstr(face.said, "wzp.spawn is not for scripts of this kind|"), "no programs");
    ok(strstr(face.said, "wzp.test.lab is not for scripts of this kind|"), "no laboratory");
    ok(strstr(face.said, "nilnil|"), "no way to files");
    ok(strstr(face.said, wzp_phone_fingerprint(wzp_app_phone(ann))), "but the softphone");
    unload();
}

/* ---- what init.lua reaches outside of the softphone: not less than this, and not more ---- */

#define RECORDED "/home/data/wzp/recordings/"

/* All functions of init.lua's tier. Before one is added, check whether it opens files or starts
 * programs. */
static const char config_functions[] =
    " .version .task .wait .forever .on .observe .run .set .get .history .netcheck .command"
    " json.decode json.encode task.cancel task.join timer.sleep timer.after timer.every time.now"
    " time.wall time.hour time.weekday time.date log.error log.warn log.info log.debug"
    " client.on client.close client.dial client.join client.wait client.take client.run"
    " account.show account.register room.join events.wait relay.map relay.ping contacts.list"
    " contacts.find contacts.add contacts.remove call.dial call.answer call.reject call.defer"
    " call.hangup call.mute call.hold call.record call.capture call.stats call.wait"
    " call.play call.listen ear.stop ear.reset ear.longest_gap_ms ear.gaps ear.seconds"
    " ear.level_dbfs ear.tone_match ear.likeness ear.sound audio.tone audio.silence audio.voice"
    " audio.load ui.escape ui.say ui.item ui.bind ui.unbind ui.ask ";

static void functions_of_config(void)
{
    struct wzp_script_function f;
    unsigned here = 0, strange = 0, listed = 0;
    for (size_t i = 0; wzp_script_function_row(&f, i); i++) {
        char name[80];
        if (!(f.tiers & WZP_SCRIPT_CONFIG))
            continue;
        snprintf(name, sizeof name, " %s.%s ", f.module, f.name);
        here++;
        if (strstr(config_functions, name))
            continue;
        strange++;
        note("wzp.%s.%s is not among them", f.module, f.name);
    }
    for (const char *at = config_functions; (at = strchr(at, '.')); at++)
        listed++;
    ok(strange == 0, "init.lua has no function that was not looked at");
    is_int(here, listed, "and all of those");
}

/* Words between blanks, and the reach that all of them have. */
struct reaching {
    const char *names; /* NULL: the end */
    enum wzp_reach reach;
};
/* Every setting. */
static const struct reaching settings_reach[] = {
    {" relay relays alias codec auto_answer echo_cancel auto_gain denoise low_complexity portmap"
     " port_search metered stun ring_seconds ",
     WZP_REACH_INSIDE},
    {" e2e answer_mode accept_new_relays direct presence ", WZP_REACH_PERSON},
    {" in out ring ", WZP_REACH_DEVICE},
    {" token_file ", WZP_REACH_FILE},
    {" hook ", WZP_REACH_PROGRAM},
    {NULL, 0},
};
/* Every command. */
static const struct reaching commands_reach[] = {
    {" answer private decline ignore mute unmute hold resume volume hangup codec call room ping try"
     " set add remove forget-calls quit ",
     WZP_REACH_INSIDE},
    {" verify accept forget forget-relay ", WZP_REACH_PERSON},
    {" play record capture ", WZP_REACH_FILE},
    {" keep ", WZP_REACH_CONFIGURATION},
    {NULL, 0},
};

static enum wzp_reach expected_of(const char *name, const struct reaching *rows)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", name);
    for (; rows->names; rows++)
        if (strstr(rows->names, word))
            return rows->reach;
    return 0;
}

/* Runs Lua there; true when its output contains the words. */
static bool answers(const char *words, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool answers(const char *words, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    load(text);
    wait_for(0.1);
    bool says = play_says(&p, words);
    if (!says)
        note("%s: %s", text, p.output);
    unload();
    return says;
}

/* The same of a line for the script that is loaded. */
static bool says(const char *line, const char *words)
{
    p.length = 0;
    p.output[0] = 0;
    wzp_script_line(p.script, line);
    if (!play_says(&p, words))
        note("%s: %s", line, p.output);
    return play_says(&p, words);
}

static bool is_made(const char *path)
{
    return wzp_sim_machine_file(&ann_machine, WZP_PLACE_PATH, path);
}

static void settings_of_config(void)
{
    const struct wzp_setting_row *row;
    for (size_t i = 0; (row = wzp_setting_row(i)); i++) {
        enum wzp_reach reach = expected_of(row->name, settings_reach);
        ok(reach && row->reach == reach, "what the setting %s reaches was looked at", row->name);
        if (reach == WZP_REACH_INSIDE)
            continue;
        ok(answers("init.lua may", "print(wzp.set('%s', 'file:/tmp/x'))", row->name),
           "init.lua may not set %s to a file", row->name);
        ok(answers("init.lua may", "print(wzp.run('set %s file:/tmp/x'))", row->name),
           "not by the command either");
    }
    ok(answers("init.lua may", "print(wzp.set('hook', 'sh -c id'))"), "it sets no hook");
    ok(answers("init.lua may", "print(wzp.set('out', \"alsa:tee:default,'|id',raw\"))"),
       "no device that is a program");
    ok(answers("init.lua may", "print(wzp.set('out', 'alsa:plug:tee:x,y'))"), "or a file");
    ok(answers("true", "print(wzp.set('in', 'tone:440'))"), "a tone it may");
    ok(answers("true", "print(wzp.set('alias', 'Ann'))"), "and what stays inside");
    ok(answers("init.lua may", "print(wzp.set('e2e', 'off'))"), "encryption it does not end");
    ok(answers("true\ttrue", "print(wzp.set('e2e', 'require'), wzp.set('e2e', 'prefer'))"),
       "it may be more careful than its person, and end that again");
    ok(wzp_app_set(ann, "direct", "false", NULL, NULL) == 0 &&
           answers("init.lua may", "print(wzp.set('direct', true))"),
       "addresses that its person does not show it shows to nobody");
    wzp_app_set(ann, "direct", "true", NULL, NULL);
    ok(answers("true", "wzp.set('in', 'silence') print(wzp.set('out', 'null'))"), "and silence");
}

static void commands_of_config(void)
{
    const struct wzp_app_command *row;
    for (size_t i = 0; (row = wzp_app_command(i)); i++) {
        enum wzp_reach reach = expected_of(row->name, commands_reach);
        ok(reach && row->reach == reach, "what the command %s reaches was looked at", row->name);
        for (size_t k = 0; k < WZP_ARGUMENTS_MAX && row->arguments[k].name; k++)
            ok(row->arguments[k].kind != WZP_ARGUMENT_FILE || reach == WZP_REACH_FILE,
               "a command with a file says so");
    }
    ok(answers("keep is not for init.lua", "print(wzp.run('keep alias Eve'))"),
       "the configuration is not written");
    ok(answers("keep is not for init.lua", "print(wzp.run('keep hook x'))"),
       "not for a hook either");
    ok(answers("accept is not for init.lua: it is a person's word", "print(wzp.run('accept'))"),
       "a relay's certificate is not accepted");
    ok(answers("forget is not for init.lua", "print(wzp.run('forget 1111'))"),
       "and nothing forgotten that protects");
}

/* Recordings and captures are written to their folder; files to play come from there. */
static void files_of_config(void)
{
    static const char *const bad[] = {"/tmp/x.wav", "../x.wav", "a/b.wav", ".x", ""};
    static const struct {
        const char *begin, *end;
    } forms[] = {{"call:record('", "')"},        {"call:capture('", "')"},
                 {"call:play('", "')"},          {"wzp.audio.load('", "')"},
                 {"wzp.run('record \"", "\"')"}, {"wzp.run('play \"", "\"')"},
                 {"wzp.run('capture \"", "\"')"}};
    uint8_t wav[WZP_WAV_HEADER_SIZE + 9600] = {0};
    wzp_wav_header(wav, 4800);
    wzp_sim_machine_put(&ann_machine, WZP_PLACE_PATH, RECORDED "hello.wav", (char *)wav,
                        sizeof wav);
    load("call = nil wzp.on('incoming', function(ev) ev:answer() call = ev.call end)");
    wzp_session_id id = bob_calls();
    wait_for(2);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
            char line[200];
            if (!bad[i][0] && k > 3) /* an argument that is left out */
                continue;
            snprintf(line, sizeof line,
                     "print(select(2, pcall(function() return select(2, %s%s%s) end)))",
                     forms[k].begin, bad[i], forms[k].end);
            ok(says(line, "init.lua has files in the folder of recordings"), "refused: %s%s%s",
               forms[k].begin, bad[i], forms[k].end);
        }
    ok(!is_made("/tmp/x.wav") && !is_made("../x.wav") && !is_made("a/b.wav"), "no file was made");
    ok(says("print(call:record('x.wav'), call:capture('x.pcapng'))", "true\ttrue"),
       "a bare name is fine");
    wait_for(2);
    wzp_script_line(p.script, "call:record() call:capture()");
    ok(is_made(RECORDED "x.wav") && is_made(RECORDED "x.pcapng"), "it is one of the recordings");
    ok(says("for i = 1, 30 do call:record(i .. '.wav') call:record() end "
            "print(call:record('last.wav'))",
            "one a minute"),
       "but not any number of them");
    ok(is_made(RECORDED "18.wav") && !is_made(RECORDED "19.wav"), "twenty at once");
    wait_for(61);
    ok(says("print(call:record('later.wav'))", "true"), "and later one more");
    wzp_script_line(p.script, "call:record()");
    ok(says("print(wzp.audio.load('hello.wav').seconds, call:play('hello.wav'))", "0.1\ttrue"),
       "what lies there can be played");
    unload();
    hang_up(id);
    wait_for(1);
}

/* A command is one word, and not a line. */
static void words_of_config(void)
{
    static const char *const bad[] = {"x lua y", "x\\ty", "x\\ny", ":x", "x\\27y", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ok(answers("one word", "print(pcall(wzp.command, '%s', {}, print))", bad[i]),
           "\"%s\" is no command", bad[i]);
}

/* A script that a person runs has the person's rights. */
static void reach_of_user(void)
{
    const struct wzp_script_config config = {
        .tier = WZP_SCRIPT_USER, .name = "mine.lua", .app = ann};
    p.host = ann_host;
    p.host.log = (struct wzp_log){0};
    int result = play_load(&p, &config,
                           "print(wzp.set('hook', 'sh -c id'), wzp.set('hook', ''),\n"
                           "select(2, wzp.run('record /tmp/x.wav')))");
    if (!result)
        result = wzp_script_start(p.script, &p.err);
    is_int(result, 0, "a script of the person's own");
    ok(play_says(&p, "true\ttrue\tthere is no call"), "may set a hook, and name any file: %s",
       p.output);
    unload();
}

static char candidates[4000];

static void take_candidate(void *context, const char *candidate, const char *help)
{
    size_t length = strlen(candidates);
    (void)context;
    snprintf(candidates + length, sizeof candidates - length, "%s%s|", candidate,
             help[0] ? "+" : "");
}

static void completes(const char *line, const char *want)
{
    candidates[0] = 0;
    wzp_script_complete(p.script, line, take_candidate, NULL);
    ok(strstr(candidates, want), "what could follow \"%s\": %.100s", line, candidates);
}

static void typing(void)
{
    load("ann = { name = 'Ann', greet = function() end } me = nil");
    completes("wzp.cal", "wzp.call|");
    completes("x = wzp.call.di", "wzp.call.dial+|");
    completes("ann.", "ann.name|");
    completes("ann:", "ann:greet|");
    completes("prin", "print|");
    ok(wzp_script_complete(p.script, "nothing.at.all", take_candidate, NULL) == 0, "or nothing");
    wzp_script_line(p.script, "1 + 1, 'a\\27'");
    ok(play_says(&p, "2\na?\n"), "values are shown, safe: %s", p.output);
    wzp_script_line(p.script, "local x = =");
    ok(play_says(&p, "unexpected symbol"), "what cannot be read is told");
    wzp_script_line(p.script, "wzp.timer.sleep(1) print('slept')");
    wzp_script_line(p.script, "print('meanwhile')");
    wait_for(2);
    const char *slept = strstr(p.output, "slept");
    ok(slept && strstr(p.output, "meanwhile") < slept, "a line that waits lets others go on");
    wzp_script_line(p.script, "while true do end");
    ok(play_says(&p, "60 ms"), "one that loops is stopped");
    unload();
}

TAP_MAIN
{
    open_world();
    deciding();
    failing();
    screen();
    reloading();
    tiers();
    functions_of_config();
    settings_of_config();
    commands_of_config();
    files_of_config();
    words_of_config();
    reach_of_user();
    typing();
    close_world();
}
