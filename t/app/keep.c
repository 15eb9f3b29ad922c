/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One value of config.toml is changed in place, and nothing else. */
#include "app/keep.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "tap.h"

static void becomes(const char *old, const char *key, const char *value, const char *want,
                    const char *name)
{
    struct wzp_error err = {0};
    char *out;
    size_t length;
    int result = wzp_settings_edit(&out, &length, old, strlen(old), key, value, &err);
    if (!tap_oom_mode())
        is_str(result ? err.text : out, want, "%s", name);
    if (result == 0)
        wzp_free(out);
}

TAP_MAIN
{
    becomes("", "codec", "Opus16k", "codec = \"Opus16k\"\n", "an empty file gets its first key");
    becomes("# mine\ncodec = \"Opus24k\"  # the best\nring_seconds = 5\n", "codec", "Opus6k",
            "# mine\ncodec = \"Opus6k\"  # the best\nring_seconds = 5\n", "comments stay");
    becomes("alias='a # b'# c\n", "alias", "x\"\\y", "alias=\"x\\\"\\\\y\"# c\n",
            "a sign of a comment inside a string is none");
    becomes("ring_seconds =5#x", "ring_seconds", "61", "ring_seconds =61#x",
            "numbers have no quotes");
    becomes("denoise = true\r\n", "denoise", "false", "denoise = false\r\n", "nor have truths");
    becomes("alias = \"a\"", "codec", "Opus6k", "alias = \"a\"\ncodec = \"Opus6k\"\n",
            "a missing line end is made good");
    becomes("alias = \"a\"\n[more]\ncodec = \"x\"\n", "codec", "Opus6k",
            "alias = \"a\"\ncodec = \"Opus6k\"\n\n[more]\ncodec = \"x\"\n",
            "a key of a table is another key");
    becomes("# mine\nalias = \"a\"\n\n# of more\n[more]\n", "codec", "Opus6k",
            "# mine\nalias = \"a\"\ncodec = \"Opus6k\"\n\n# of more\n[more]\n",
            "and its comment stays with it");
    becomes("alias = \n", "codec", "Opus6k", "line 1: a value is missing",
            "a file with errors is left alone");
    becomes("", "colour", "red", "there is no setting of that name", "a wrong key is told");
    becomes("", "ring_seconds", "0", "line 1: ring_seconds wants a whole number of 1 to 3600",
            "and a wrong value");
}
