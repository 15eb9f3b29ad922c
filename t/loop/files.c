/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places, private reading and writing. */
#include "loop/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "merges.h"
#include "tap.h"

static char folder[512];
static char path_text[8][700];

static const char *in_folder(const char *name)
{
    static unsigned n;
    char *p = path_text[n++ % 8];
    snprintf(p, sizeof path_text[0], "%s/%s", folder, name);
    return p;
}

static void is_path(enum wzp_place place, const char *want)
{
    char out[WZP_PATH_MAX];
    struct wzp_error err = {0, ""};
    is_int(wzp_path(out, place, "file", &err), 0, "a place for it");
    is_str(out, want, "at %s", want);
}

static void test_places(void)
{
    char out[WZP_PATH_MAX];
    struct wzp_error err = {0, ""};
    setenv("HOME", "/home/ann", 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    setenv("XDG_DATA_HOME", "/data", 1);
    is_path(WZP_PLACE_CONFIG, "/home/ann/.config/wzp/file");
    is_path(WZP_PLACE_STATE, "/home/ann/.local/state/wzp/file");
    is_path(WZP_PLACE_DATA, "/data/wzp/file");
    is_path(WZP_PLACE_LEGACY, "/home/ann/.wzp/file");
    setenv("XDG_DATA_HOME", "relative", 1);
    is_path(WZP_PLACE_DATA, "/home/ann/.local/share/wzp/file");
    setenv("XDG_DATA_HOME", "", 1);
    is_path(WZP_PLACE_DATA, "/home/ann/.local/share/wzp/file");
    is_path(WZP_PLACE_RUNTIME, "/home/ann/.local/state/wzp/run/file");
    setenv("XDG_STATE_HOME", "/state", 1);
    is_path(WZP_PLACE_RUNTIME, "/state/wzp/run/file");
    setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
    is_path(WZP_PLACE_RUNTIME, "/run/user/1/wzp/file");
    static char big[WZP_PATH_MAX + 10];
    memset(big, 'x', sizeof big - 1);
    is_int(wzp_path(out, WZP_PLACE_CONFIG, big, &err), WZP_E_TOO_BIG, "a path may be too long");
}

static unsigned mode_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 ? (unsigned)facts.st_mode & 07777 : 0;
}

static void test_write(void)
{
    struct wzp_error err = {0, ""};
    char *text = NULL;
    size_t length = 0;
    const char *secret = in_folder("a/b/identity"), *plain = in_folder("a/config");
    umask(022);
    is_int(wzp_file_write(secret, "one", 3, true, &err), WZP_E_IO, "no folder is made by writing");
    ok(strstr(err.text, "cannot write") && strstr(err.text, "a/b/identity: No such file") &&
           mode_of(in_folder("a")) == 0,
       "it is told: %s", err.text);
    is_int(wzp_file_make_folders(secret, &err), 0, "folders are made where they are asked for");
    is_int(wzp_file_write(secret, "one", 3, true, &err), 0, "a secret is written: %s", err.text);
    is_int(mode_of(secret), 0600, "for its owner only");
    is_int(mode_of(in_folder("a/b")), 0700, "in a closed folder");
    is_int(wzp_file_write(secret, "second", 6, true, &err), 0, "and replaced");
    is_int(wzp_file_write(plain, "p", 1, false, &err), 0, "a plain file is written");
    is_int(mode_of(plain), 0644, "as the umask says");
    chmod(plain, 0640);
    is_int(wzp_file_write(plain, "pp", 2, false, &err), 0, "and replaced");
    is_int(mode_of(plain), 0640, "with the mode it had");
    if (wzp_file_read(&text, &length, secret, 100, true, &err) == 0) {
        is_bytes(text, length, "second", 6, "what was written is read");
        is_int(text[length], 0, "with a final 0");
    } else if (!tap_oom_mode()) {
        ok(false, "read: %s", err.text);
    }
    wzp_free(text);
    chmod(secret, 0644);
    is_int(wzp_file_write(secret, "third", 5, true, &err), 0, "writing a secret");
    is_int(mode_of(secret), 0600, "closes it again");

    ok(symlink("config", in_folder("a/link")) == 0, "a link");
    is_int(wzp_file_write(in_folder("a/link"), "via", 3, false, &err), 0, "is written through");
    struct stat facts;
    ok(lstat(in_folder("a/link"), &facts) == 0 && S_ISLNK(facts.st_mode), "and stays a link");
    ok(stat(plain, &facts) == 0 && facts.st_size == 3, "to the new contents");
    is_int(wzp_file_write(in_folder("a/config/x"), "", 0, false, &err), WZP_E_IO,
           "a file is no folder");
    ok(strstr(err.text, "a/config/x") != NULL, "the error names the path: %s", err.text);
    is_int(wzp_file_write(in_folder("a"), "x", 1, false, &err), WZP_E_IO, "a folder is no file");
    char command[900];
    snprintf(command, sizeof command, "test -z \"$(find '%s' -name '*.new')\"", folder);
    is_int(system(command), 0, "no temporary file is left behind");
}

static void read_fails(const char *path, size_t limit, bool secret, int want, const char *word)
{
    struct wzp_error err = {0, ""};
    char *text = NULL;
    size_t length = 7;
    int result = wzp_file_read(&text, &length, path, limit, secret, &err);
    if (result == WZP_E_MEMORY && tap_oom_mode())
        return;
    is_int(result, want, "%s", err.text);
    ok(!text && strstr(err.text, word) != NULL, "and says \"%s\"", word);
    wzp_free(text);
}

static void test_read(void)
{
    struct wzp_error err = {0, ""};
    const char *file = in_folder("ten");
    is_int(wzp_file_write(file, "0123456789", 10, true, &err), 0, "ten bytes");
    read_fails(in_folder("absent"), 10, false, WZP_E_NOT_FOUND, "absent");
    read_fails(file, 9, true, WZP_E_TOO_BIG, "9 bytes");
    read_fails(folder, 10, false, WZP_E_IO, "folder");
    chmod(file, 0640);
    read_fails(file, 10, true, WZP_E_REFUSED, "chmod 600");
    chmod(file, 0604);
    read_fails(file, 10, true, WZP_E_REFUSED, file);
    chmod(file, 0600);
    ok(mkfifo(in_folder("fifo"), 0600) == 0, "a FIFO");
    read_fails(in_folder("fifo"), 10, true, WZP_E_REFUSED, "regular");

    char *text = NULL;
    size_t length = 0;
    int result = wzp_file_read(&text, &length, file, 10, true, &err);
    ok((result == 0 && length == 10) || tap_oom_mode(), "exactly the limit is read");
    wzp_free(text);
    /* Files of /proc say that they are empty. */
    result = wzp_file_read(&text, &length, "/proc/self/status", 100000, false, &err);
    ok((result == 0 && length > 100 && strlen(text) == length) || tap_oom_mode(),
       "a file of unknown length is read whole");
    wzp_free(text);
    result = wzp_file_read(&text, &length, "/proc/kallsyms", 20000, false, &err);
    ok((result == WZP_E_TOO_BIG || result == WZP_E_REFUSED || result == WZP_E_NOT_FOUND) ||
           tap_oom_mode(),
       "an endless one up to the limit");
    wzp_free(text);
    result = wzp_file_read(&text, &length, "/dev/null", 10, false, &err);
    ok((result == 0 && length == 0 && text[0] == '\0') || tap_oom_mode(),
       "an empty file is empty text");
    wzp_free(text);
}

/* ---- beside other programs ---- */

static void update_fails(const char *path, int want, const char *word)
{
    struct wzp_error err = {0, ""};
    int result = wzp_file_update(path, 100, false, merge_append, (void *)"x\n", &err);
    if (result == WZP_E_MEMORY && tap_oom_mode())
        return;
    is_int(result, want, "an update is refused: %s", err.text);
    ok(strstr(err.text, word) != NULL, "and says \"%s\"", word);
}

static bool is_there(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0)
        bail("cannot write %s", path);
}

static void test_update(void)
{
    struct wzp_error err = {0, ""};
    const char *file = in_folder("u/list");
    size_t length = 77;
    update_fails(file, WZP_E_IO, "u/list: No such file");
    is_int(wzp_file_make_folders(file, &err), 0, "a folder");
    is_int(wzp_file_update(file, 100, true, merge_append, (void *)"one\n", &err), 0,
           "an update makes the file: %s", err.text);
    is_int(wzp_file_update(file, 100, true, merge_append, (void *)"two\n", &err), 0,
           "the next one is given the old text");
    is_int(wzp_file_update(file, 100, true, merge_leave, &length, &err), 0, "a merge may leave it");
    ok(length == 8 || tap_oom_mode(), "both lines are there");
    is_int(mode_of(file), 0600, "a secret is for its owner only");
    is_int(wzp_file_update(file, 100, true, merge_refuse, NULL, &err), WZP_E_SYNTAX,
           "a merge that fails ends the update");
    is_str(err.text, "not this", "with its sentence");
    ok(wzp_file_update(file, 9, true, merge_append, (void *)"three\n", &err) < 0,
       "a text beyond the limit is not written");
    is_int(wzp_file_update(file, 100, true, merge_leave, &length, NULL), 0, "and nothing is lost");
    ok(length == 8 || tap_oom_mode(), "by any of that");
    put(in_folder("u/list.0123abcd.new"), "seed");
    put(in_folder("u/list.0123abcd.newer"), "kept");
    put(in_folder("u/list.notes.new"), "kept");
    wzp_file_clean(file);
    ok(!is_there(in_folder("u/list.0123abcd.new")), "what a killed writer left is removed");
    ok(is_there(in_folder("u/list.0123abcd.newer")) && is_there(in_folder("u/list.notes.new")),
       "and nothing else");
    put(in_folder("u/list.0123abcd.new"), "seed");
    wzp_file_update(file, 100, true, merge_append, (void *)"three\n", &err);
    ok(!is_there(in_folder("u/list.0123abcd.new")), "the next writer removes it as well");
}

static void test_create(void)
{
    struct wzp_error err = {0, ""};
    const char *file = in_folder("c/identity");
    is_int(wzp_file_create(file, "first", 5, true, &err), WZP_E_IO, "without a folder: %s",
           err.text);
    is_int(wzp_file_make_folders(file, &err), 0, "with one");
    is_int(wzp_file_create(file, "first", 5, true, &err), 0, "a new file is made: %s", err.text);
    is_int(wzp_file_create(file, "second", 6, true, &err), WZP_E_DUPLICATE, "only once");
    char *text = NULL;
    size_t length = 0;
    if (wzp_file_read(&text, &length, file, 100, true, &err) == 0)
        is_str(text, "first", "the first one stays");
    wzp_free(text);
    ok(symlink("nowhere", in_folder("c/dangling")) == 0, "a link to nothing");
    is_int(wzp_file_create(in_folder("c/dangling"), "x", 1, true, &err), WZP_E_REFUSED,
           "is not replaced by a new file: %s", err.text);
    read_fails(in_folder("c/dangling"), 10, true, WZP_E_REFUSED, "link to nothing");
    update_fails(in_folder("c/dangling"), WZP_E_REFUSED, "link to nothing");
    ok(is_there(in_folder("c/dangling")) && !is_there(in_folder("c/nowhere")), "and stays");
}

static void test_odd_places(void)
{
    struct wzp_error err = {0, ""};
    ok(mkfifo(in_folder("c/fifo"), 0600) == 0, "a FIFO");
    read_fails(in_folder("c/fifo"), 10, false, WZP_E_REFUSED, "regular");
    read_fails("/dev/zero", 10, false, WZP_E_REFUSED, "regular");
    update_fails(in_folder("c/fifo"), WZP_E_REFUSED, "regular");
    is_int(wzp_file_write(in_folder("c/fifo"), "x", 1, false, &err), WZP_E_REFUSED,
           "a FIFO is not replaced");
    ok(is_there(in_folder("c/fifo")), "and stays");
    update_fails(in_folder("c"), WZP_E_IO, "folder");
}

static void test_credentials(void)
{
    struct wzp_error err = {0, ""};
    const char *file = in_folder("cred/token");
    char *text = NULL;
    size_t length;
    wzp_file_make_folders(file, &err);
    wzp_file_write(file, "token", 5, true, &err);
    chmod(file, 0440);
    read_fails(file, 10, true, WZP_E_REFUSED, "chmod 600");
    setenv("CREDENTIALS_DIRECTORY", in_folder("cred"), 1);
    int result = wzp_file_read(&text, &length, file, 10, true, &err);
    ok(result == 0 || tap_oom_mode(), "a credential of a unit may be readable by its group: %s",
       err.text);
    wzp_free(text);
    chmod(file, 0444);
    read_fails(file, 10, true, WZP_E_REFUSED, "can be read by others");
    setenv("CREDENTIALS_DIRECTORY", in_folder("cre"), 1);
    chmod(file, 0440);
    read_fails(file, 10, true, WZP_E_REFUSED, "chmod 600");
    unsetenv("CREDENTIALS_DIRECTORY");
}

static void test_extend(void)
{
    struct wzp_error err = {0, ""};
    const char *file = in_folder("recording");
    char *text = NULL;
    size_t length = 0;
    struct stat facts = {0};
    is_int(wzp_file_extend(file, false, true, 0, "x", 1, &err), WZP_E_NOT_FOUND,
           "what was not made does not grow: %s", err.text);
    is_int(wzp_file_extend(file, true, true, 0, "head", 4, &err), 0, "it is made: %s", err.text);
    ok(stat(file, &facts) == 0 && (facts.st_mode & 0777) == 0600, "for its owner only");
    is_int(wzp_file_extend(file, true, true, 0, "x", 1, &err), WZP_E_DUPLICATE, "once");
    is_int(wzp_file_extend(file, false, true, 6, "more", 4, &err), 0, "it grows, with a hole");
    is_int(wzp_file_extend(file, false, true, 0, "H", 1, &err), 0, "and its head changes");
    if (wzp_file_read(&text, &length, file, 100, true, &err) == 0)
        ok(length == 10 && memcmp(text, "Head\0\0more", 10) == 0, "all is where it should be");
    wzp_free(text);
    ok(symlink("recording", in_folder("link")) == 0, "a link to it");
    is_int(wzp_file_extend(in_folder("link"), true, true, 0, "x", 1, &err), WZP_E_DUPLICATE,
           "is there already");
    is_int(wzp_file_extend(in_folder("link"), false, true, 0, "x", 1, &err), WZP_E_REFUSED,
           "and nobody writes through it: %s", err.text);
    ok(mkfifo(in_folder("pipe"), 0600) == 0, "a FIFO");
    ok(wzp_file_extend(in_folder("pipe"), false, true, 0, "x", 1, &err) < 0,
       "does not make us wait: %s", err.text);
}

static void test_set_aside(void)
{
    struct wzp_error err = {0, ""};
    char aside[WZP_PATH_MAX];
    const char *file = in_folder("d");
    put(file, "bad");
    is_int(wzp_file_set_aside(aside, file, &err), 0, "a damaged file is set aside: %s", err.text);
    is_str(aside, in_folder("d.damaged"), "under a name that says so");
    ok(!is_there(file) && is_there(aside), "it is moved");
    put(file, "worse");
    is_int(wzp_file_set_aside(aside, file, &err), 0, "and once more");
    is_str(aside, in_folder("d.damaged.2"), "without losing the first");
    ok(wzp_file_set_aside(aside, file, &err) < 0, "what is not there cannot be set aside");
}

#define WRITERS 20
#define LINES_EACH 50

/* A thousand updates by programs of their own. */
static void test_parallel(void)
{
    const char *file = in_folder("parallel");
    struct wzp_error err = {0, ""};
    for (int w = 0; w < WRITERS; w++) {
        pid_t child = fork();
        if (child < 0)
            bail("cannot fork");
        if (child > 0)
            continue;
        int failures = 0;
        for (int i = 0; i < LINES_EACH; i++) {
            char line[32];
            snprintf(line, sizeof line, "%d.%d\n", w, i);
            /* On a busy machine its patience with the others may end: asked again. */
            int result = WZP_E_TIMEOUT;
            for (int turn = 0; turn < 10 && result == WZP_E_TIMEOUT; turn++)
                result = wzp_file_update(file, 100000, false, merge_append, line, NULL);
            failures += result != 0;
        }
        _exit(failures > 0);
    }
    int good = 0, status;
    while (wait(&status) > 0)
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    is_int(good, WRITERS, "%d programs update one file at once", WRITERS);
    char *text = NULL;
    size_t length = 0, lines = 0;
    is_int(wzp_file_read(&text, &length, file, 100000, false, &err), 0, "it is whole: %s",
           err.text);
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    is_int(lines, WRITERS * LINES_EACH, "nothing of %d updates is lost", WRITERS * LINES_EACH);
    wzp_free(text);
}

TAP_MAIN
{
    snprintf(folder, sizeof folder, "%s", tap_temporary_folder());
    test_places();
    test_write();
    test_read();
    test_update();
    test_create();
    test_odd_places();
    test_extend();
    test_set_aside();
    test_credentials();
    if (!tap_oom_mode())
        test_parallel();
}
