/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The user's files: nothing that parallel programs write is lost, nothing known is weakened, and a
 * damaged file blocks nothing. With files in memory where one program is enough, with real ones
 * where many run. */
#include "app/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/known_relays.h"
#include "base/alloc.h"
#include "loop/host.h"
#include "sim/machine.h"
#include "tap.h"

static struct wzp_sim *sim;
static struct wzp_sim_machine machine;
static struct wzp_host host; /* the virtual one */

static const uint8_t ann[16] = {1}, bob[16] = {2};

static const char *file_text(enum wzp_place place, const char *name)
{
    const struct wzp_sim_file *file = wzp_sim_machine_file(&machine, place, name);
    return file ? file->text : NULL;
}

static void put(enum wzp_place place, const char *name, const char *text)
{
    if (wzp_sim_machine_put(&machine, place, name, text, strlen(text)))
        bail("no memory");
}

/* ---- identity ---- */

static void test_identity(void)
{
    struct wzp_identity first, second;
    struct wzp_error err = {0};
    char path[WZP_PATH_MAX];
    bool created;
    is_int(wzp_store_identity(&first, path, &host, false, &created, &err), WZP_E_NOT_FOUND,
           "there is no identity before the first start");
    is_int(wzp_store_identity(&first, path, &host, true, &created, &err), 0,
           "the first start makes one: %s", err.text);
    ok(created, "and says so");
    is_int(wzp_store_identity(&second, path, &host, true, &created, &err), 0,
           "the second reads it");
    ok(!created, "and makes none");
    is_str(second.fingerprint_text, first.fingerprint_text, "it is the same");
    is_int(wzp_store_identity_write(&second, path, &host, false, &err), WZP_E_DUPLICATE,
           "another one is refused while there is one");
    ok(strstr(err.text, "--force"), "and the way named: %s", err.text);
    wzp_identity_new(&second, &host.random);
    is_int(wzp_store_identity_write(&second, path, &host, true, &err), 0, "replaced when asked");
    is_int(wzp_store_identity(&first, path, &host, true, &created, &err), 0, "and read again");
    is_str(first.fingerprint_text, second.fingerprint_text, "the new one");
    put(WZP_PLACE_DATA, "identity", "rubbish");
    is_int(wzp_store_identity(&first, path, &host, true, &created, &err), WZP_E_SYNTAX,
           "a damaged one is an error: %s", err.text);
    is_str(file_text(WZP_PLACE_DATA, "identity"), "rubbish", "and never replaced by itself");
}

/* ---- contacts ---- */

static void test_contacts(void)
{
    struct wzp_contacts c;
    struct wzp_error err = {0}, note;
    wzp_contacts_init(&c);
    is_int(wzp_store_contacts_read(&c, &host, &note, &err), 0, "a missing file has no contacts");
    ok(c.count == 0 && !note.text[0], "without a word");
    put(WZP_PLACE_DATA, "contacts.toml", "# mine\n[other]\nkept = 1\n");
    is_int(wzp_store_contacts_add(&c, &host, "Ann", ann, &err), 0, "one is added: %s", err.text);
    is_int(c.count, 1, "and known at once");
    ok(strstr(file_text(WZP_PLACE_DATA, "contacts.toml"), "# mine\n[other]\nkept = 1\n"),
       "what others wrote into the file stays");
    put(WZP_PLACE_DATA, "contacts.toml", "[[contact]\nname");
    is_int(wzp_store_contacts_read(&c, &host, &note, &err), 0, "a damaged file blocks nothing");
    ok(c.count == 0 && strstr(note.text, "line 1") && strstr(note.text, "contacts.toml.damaged"),
       "it is told: %s", note.text);
    is_str(file_text(WZP_PLACE_DATA, "contacts.toml.damaged"), "[[contact]\nname", "and kept");
    ok(!file_text(WZP_PLACE_DATA, "contacts.toml"), "aside");
    is_int(wzp_store_contacts_add(&c, &host, "Bob", bob, &err), 0, "then there are new ones");
    machine.disk_full = true;
    is_int(wzp_store_contacts_remove(&c, &host, "Bob", &err), WZP_E_IO, "a full disk is told: %s",
           err.text);
    is_int(c.count, 1, "and who is in the file is still known");
    is_int(wzp_store_contacts_add(&c, &host, "Ann", ann, &err), WZP_E_IO, "nobody is added");
    is_int(c.count, 1, "nor known");
    machine.disk_full = false;
    is_int(wzp_store_contacts_remove(&c, &host, "Bob", &err), 0, "one is removed");
    is_int(wzp_store_contacts_remove(&c, &host, "Bob", &err), WZP_E_NOT_FOUND, "once");
    wzp_contacts_fini(&c);
}

/* ---- history ---- */

static size_t lines_of(const char *text)
{
    size_t lines = 0;
    for (; text && *text; text++)
        lines += *text == '\n';
    return lines;
}

/* As a power failure may leave the file. */
static void test_history_zeroes(void)
{
    static const char before[] = "1\t2\tout\tnormal\te2e\tann\t\n\0\0\0\0\n"
                                 "3\t4\tout\tnormal\te2e\tbob\t\n";
    struct wzp_history_entry entry = {.at_seconds = 1800000000, .peer = "room"};
    struct wzp_error err = {0};
    const char *after;
    char *text;
    if (wzp_sim_machine_put(&machine, WZP_PLACE_STATE, "history", before, sizeof before - 1))
        bail("no memory");
    if (wzp_store_history_read(&text, &host, &err) == 0) {
        is_int(lines_of(text), 3, "what stands behind zero bytes is read");
        wzp_free(text);
    }
    is_int(wzp_store_history_add(&entry, 1, &host, &err), 0, "a call is added");
    after = file_text(WZP_PLACE_STATE, "history");
    ok(lines_of(after) == 4 && strstr(after, "\tbob\t"), "and none of them is lost");
}

static void test_history(void)
{
    struct wzp_history_entry entry = {.at_seconds = 1800000000, .peer = "room"};
    struct wzp_error err = {0};
    char *text;
    put(WZP_PLACE_STATE, "history", "a line that is torn");
    is_int(wzp_store_history_add(&entry, 1, &host, &err), 0, "a call is added");
    if (wzp_store_history_read(&text, &host, &err) == 0) {
        ok(strncmp(text, "a line that is torn\n1800000000\t", 31) == 0,
           "behind what is there, on a line of its own");
        wzp_free(text);
    }
    for (int i = 0; i < WZP_HISTORY_MAX + 5; i++)
        wzp_store_history_add(&entry, 1, &host, NULL);
    is_int(lines_of(file_text(WZP_PLACE_STATE, "history")), WZP_HISTORY_MAX, "the newest are kept");
    is_int(wzp_store_history_clear(&host, &err), 0, "it is cleared");
    is_str(file_text(WZP_PLACE_STATE, "history"), "", "whole");
}

/* ---- known relays ---- */

static const uint8_t old_certificate[32] = {1}, new_certificate[32] = {2}, other[32] = {3};

/* One program: reads the file, learns a relay, and writes later. */
static void begin(struct wzp_known_relays *k)
{
    struct wzp_error err = {0}, note;
    wzp_known_relays_init(k);
    is_int(wzp_known_relays_read(k, &host, &note, &err), 0, "known relays are read %s", err.text);
}

static void end(struct wzp_known_relays *k)
{
    struct wzp_error err = {0};
    is_int(wzp_known_relays_write(k, &host, &err), 0, "and written %s", err.text);
    wzp_known_relays_fini(k);
}

static bool holds(const char *text)
{
    const char *all = file_text(WZP_PLACE_DATA, "known_relays");
    return all && strstr(all, text);
}

static void test_known(void)
{
    struct wzp_known_relays first, second;
    begin(&first);
    begin(&second);
    wzp_pins_check_relay(&first.pins, "a:1", old_certificate, ann, 100);
    wzp_pins_note_peer(&first.pins, ann, NULL, true, false);
    wzp_pins_check_relay(&second.pins, "b:1", old_certificate, NULL, 101);
    wzp_pins_check_relay(&second.pins, "a:1", old_certificate, NULL, 105);
    wzp_pins_verify_peer(&second.pins, ann, NULL, 1764180000);
    wzp_pins_note_peer(&second.pins, bob, NULL, true, false);
    wzp_known_relays_leave_out(&second, bob);
    end(&first);
    end(&second);
    ok(holds("relay a:1 ") && holds("relay b:1 "), "what two programs learned is both there");
    ok(holds("0100:0000:0000:0000:0000:0000:0000:0000 100 105"),
       "a proven identity stays, times are joined");
    ok(holds("peer 0100:0000:0000:0000:0000:0000:0000:0000 - e2e 1764180000"),
       "what is known of a peer adds up");
    ok(!holds("peer 0200:"), "a peer that ends with its program is not kept");
}

static void test_changes(void)
{
    struct wzp_known_relays older, newer;
    begin(&older);
    begin(&newer);
    wzp_pins_check_relay(&newer.pins, "a:1", new_certificate, ann, 200);
    wzp_pins_forget_peer(&newer.pins, ann);
    end(&newer);
    ok(holds("relay a:1 02"), "a relay that proved itself has its new certificate");
    ok(!holds("peer 0100:"), "a peer that a person forgot is gone");
    wzp_pins_check_relay(&older.pins, "a:1", old_certificate, NULL, 300);
    wzp_pins_check_relay(&older.pins, "c:1", other, NULL, 300);
    end(&older);
    ok(holds("relay a:1 02"), "an older copy does not bring the old certificate back");
    ok(!holds("peer 0100:"), "nor the peer");
    ok(holds("relay c:1 03"), "but what it learned itself");
    begin(&older);
    begin(&newer);
    wzp_pins_check_relay(&newer.pins, "d:1", old_certificate, NULL, 400);
    end(&newer);
    wzp_pins_check_relay(&older.pins, "d:1", other, NULL, 401);
    wzp_pins_forget_relay(&older.pins, "c:1");
    end(&older);
    ok(holds("relay d:1 01"), "of two first sights the first stays");
    ok(!holds("relay c:1"), "a relay that a person forgot is gone");
}

static void test_damage(void)
{
    struct wzp_known_relays k;
    struct wzp_error err = {0}, note;
    char text[512];
    snprintf(text, sizeof text,
             "%s\nrubbish line\npeer 0100:0000:0000:0000:0000:0000:0000:0000 - e2e -",
             file_text(WZP_PLACE_DATA, "known_relays")
                 ? "relay e:1 "
                   "0101010101010101010101010101010101010101010101010101010101010101 - 5 6"
                 : "");
    put(WZP_PLACE_DATA, "known_relays", text);
    wzp_known_relays_init(&k);
    is_int(wzp_known_relays_read(&k, &host, &note, &err), 0, "a damaged file blocks nothing");
    ok(strstr(note.text, "known_relays.damaged") && strstr(note.text, "line 2"), "it is told: %s",
       note.text);
    is_int(k.pins.relay_count, 1, "its good relays are known");
    ok(wzp_pins_peer(&k.pins, ann), "and its good peers");
    end(&k);
    ok(holds("relay e:1 01") && holds("peer 0100:") && !holds("rubbish"), "they are written anew");
    is_str(file_text(WZP_PLACE_DATA, "known_relays.damaged"), text, "the damaged file is kept");
    begin(&k);
    wzp_pins_note_peer(&k.pins, bob, NULL, true, false);
    put(WZP_PLACE_DATA, "known_relays", "damaged meanwhile");
    end(&k);
    ok(holds("relay e:1") && holds("peer 0200:"),
       "a file damaged while a program ran is written from its copy");
}

/* ---- many programs, real files ---- */

#define PROGRAMS 20
#define CHANGES 17

/* On a busy machine waiting for the lock of other programs may time out (WZP_E_TIMEOUT): then it is
 * tried again. */
#define AGAIN(what)                                                                                \
    do {                                                                                           \
        int result = WZP_E_TIMEOUT;                                                                \
        for (int turn = 0; turn < 10 && result == WZP_E_TIMEOUT; turn++)                           \
            result = (what);                                                                       \
        failures += result != 0;                                                                   \
    } while (0)

/* What each of the programs does. Returns the number of failures. */
static int change_files(int program)
{
    struct wzp_host real;
    struct wzp_contacts contacts;
    struct wzp_known_relays known;
    struct wzp_error note;
    char name[64];
    int failures = 0;
    wzp_loop_host(&real, NULL, NULL);
    wzp_contacts_init(&contacts);
    for (int i = 0; i < CHANGES; i++) {
        uint8_t fingerprint[16] = {(uint8_t)program, (uint8_t)i, 7};
        struct wzp_history_entry entry = {.at_seconds = (uint64_t)(program * 1000 + i)};
        snprintf(name, sizeof name, "n%d-%d", program, i);
        AGAIN(wzp_store_contacts_add(&contacts, &real, name, fingerprint, NULL));
        AGAIN(wzp_store_history_add(&entry, 1, &real, NULL));
        wzp_known_relays_init(&known);
        failures += wzp_known_relays_read(&known, &real, &note, NULL) != 0;
        wzp_pins_check_relay(&known.pins, name, old_certificate, NULL, 100);
        wzp_pins_note_peer(&known.pins, fingerprint, NULL, true, false);
        AGAIN(wzp_known_relays_write(&known, &real, NULL));
        wzp_known_relays_fini(&known);
    }
    wzp_contacts_fini(&contacts);
    return failures;
}

static void test_programs(void)
{
    struct wzp_host real;
    struct wzp_contacts contacts;
    struct wzp_known_relays known;
    struct wzp_error note;
    char *text;
    fflush(stdout);
    for (int p = 0; p < PROGRAMS; p++) {
        pid_t child = fork();
        if (child < 0)
            bail("cannot fork");
        if (child == 0)
            _exit(change_files(p) > 0);
    }
    int good = 0, status;
    while (wait(&status) > 0)
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    is_int(good, PROGRAMS, "%d programs change a person's files at once", PROGRAMS);
    wzp_loop_host(&real, NULL, NULL);
    wzp_contacts_init(&contacts);
    wzp_known_relays_init(&known);
    wzp_store_contacts_read(&contacts, &real, &note, NULL);
    is_int(contacts.count, PROGRAMS * CHANGES, "no contact is lost");
    wzp_known_relays_read(&known, &real, &note, NULL);
    is_int(known.pins.relay_count, PROGRAMS * CHANGES, "no relay is forgotten");
    is_int(known.pins.peer_count, PROGRAMS * CHANGES, "no peer's encryption is forgotten");
    size_t lines = 0;
    if (wzp_store_history_read(&text, &real, NULL) == 0) {
        for (const char *at = text; *at; at++)
            lines += *at == '\n';
        wzp_free(text);
    }
    is_int(lines, PROGRAMS * CHANGES, "no call is lost");
    wzp_contacts_fini(&contacts);
    wzp_known_relays_fini(&known);
}

/* All programs that start for the first time at once get the same identity. */
static void test_first_start(void)
{
    int pipes[2];
    char all[PROGRAMS][WZP_FINGERPRINT_TEXT_MAX];
    if (pipe(pipes))
        bail("no pipe");
    for (int p = 0; p < PROGRAMS; p++) {
        if (fork() != 0)
            continue;
        struct wzp_host real;
        struct wzp_identity identity;
        char path[WZP_PATH_MAX];
        bool created;
        wzp_loop_host(&real, NULL, NULL);
        if (wzp_store_identity(&identity, path, &real, true, &created, NULL))
            memset(&identity, 0, sizeof identity);
        ssize_t n = write(pipes[1], identity.fingerprint_text, WZP_FINGERPRINT_TEXT_MAX);
        _exit(n < 0);
    }
    while (wait(NULL) > 0)
        ;
    close(pipes[1]);
    ssize_t got = read(pipes[0], all, sizeof all);
    close(pipes[0]);
    is_int(got, sizeof all, "%d programs start for the first time", PROGRAMS);
    bool same = true;
    for (int p = 0; p < PROGRAMS; p++)
        same = same && strlen(all[p]) == 39 && strcmp(all[p], all[0]) == 0;
    ok(same, "and are one person");
}

TAP_MAIN
{
    struct wzp_sim_host *box;
    char folder[600];
    if (wzp_sim_new(&sim, 1) || wzp_sim_host_add(sim, &box, "box"))
        bail("no world");
    wzp_sim_machine_init(&machine, sim, box);
    wzp_sim_machine_host(&host, &machine, NULL);
    test_identity();
    test_contacts();
    if (!tap_oom_mode()) {
        test_history_zeroes();
        test_history();
        test_known();
        test_changes();
        test_damage();
        snprintf(folder, sizeof folder, "%s/home", tap_temporary_folder());
        setenv("HOME", folder, 1);
        unsetenv("XDG_DATA_HOME");
        unsetenv("XDG_STATE_HOME");
        test_first_start();
        test_programs();
    }
    wzp_sim_machine_fini(&machine);
    wzp_sim_free(sim);
}
