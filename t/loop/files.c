/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Places, private reading and writing. */
#include "loop/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
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
    is_int(wzp_path(out, WZP_PLACE_RUNTIME, "control.sock", &err), WZP_E_NOT_FOUND,
           "no runtime folder is an error");
    ok(strstr(err.text, "XDG_RUNTIME_DIR") != NULL, "that names the variable: %s", err.text);
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

TAP_MAIN
{
    snprintf(folder, sizeof folder, "%s", tap_temporary_folder());
    test_places();
    test_write();
    test_read();
}
