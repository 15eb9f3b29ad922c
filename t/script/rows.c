/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The table of Lua functions: files generated from it are up to date, each function is documented,
 * and each is used by a test script. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/script.h"
#include "tap.h"

static char *scripts; /* the text of all of them */
static size_t scripts_length;

static void read_all(const char *pattern)
{
    glob_t found;
    if (glob(tap_source_path(pattern), 0, NULL, &found))
        return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        size_t length;
        char *text = tap_read_file(found.gl_pathv[i], &length);
        scripts = realloc(scripts, scripts_length + length + 1);
        if (!scripts)
            bail("no memory");
        memcpy(scripts + scripts_length, text, length + 1);
        scripts_length += length;
        free(text);
    }
    globfree(&found);
}

/* True when a script contains ".name" or ":name" with no letter after it. */
static bool is_used(const char *name)
{
    size_t length = strlen(name);
    for (const char *at = scripts; (at = strstr(at, name)) != NULL; at += length)
        if (at > scripts && (at[-1] == '.' || at[-1] == ':') &&
            !strchr("abcdefghijklmnopqrstuvwxyz_", at[length]))
            return true;
    return false;
}

static void is_made(const char *path, void (*write)(FILE *out), bool whole)
{
    size_t length, made_length;
    char *made = NULL, *text = tap_read_file(tap_source_path(path), &length);
    FILE *out = open_memstream(&made, &made_length);
    if (!out)
        bail("no stream");
    write(out);
    fclose(out);
    ok(whole ? strcmp(text, made) == 0 : strstr(text, made) != NULL,
       "%s is as the rows make it (make lua-meta)", path);
    free(made);
    free(text);
}

static void is_explained(void)
{
    struct wzp_script_function f, g;
    unsigned count = 0, bad = 0;
    for (size_t i = 0; wzp_script_function_row(&f, i); i++) {
        size_t length = strlen(f.help);
        count++;
        bool fine = length > 5 && f.help[length - 1] == '.' && f.tiers;
        for (size_t k = 0; k < i && wzp_script_function_row(&g, k); k++)
            fine = fine && (strcmp(f.module, g.module) != 0 || strcmp(f.name, g.name) != 0);
        if (!fine)
            note("wzp.%s.%s is not explained, or there twice", f.module, f.name);
        bad += !fine;
    }
    ok(count > 100 && bad == 0, "%u functions are explained, each once", count);
}

static void are_used(void)
{
    struct wzp_script_function f;
    struct wzp_script_property p;
    unsigned count = 0, missing = 0;
    for (size_t i = 0; wzp_script_function_row(&f, i); i++) {
        count++;
        if (is_used(f.name))
            continue;
        missing++;
        note("no script uses wzp.%s.%s", f.module, f.name);
    }
    ok(missing == 0, "each of %u functions is used by a script of the tests", count);
    count = missing = 0;
    for (size_t i = 0; wzp_script_property_row(&p, i); i++) {
        count++;
        if (is_used(p.name))
            continue;
        missing++;
        note("no script uses the property %s.%s", p.module, p.name);
    }
    ok(missing == 0, "each of %u properties too", count);
}

TAP_MAIN
{
    read_all("t/script/*.lua");
    read_all("t/script/*.c");
    read_all("lua/examples/*.lua"); /* these are run by examples.c */
    is_made("lua/meta/wzp.lua", wzp_script_write_meta, true);
    is_made("man/wzp-lua.3", wzp_script_write_manual, false);
    is_explained();
    are_used();
    free(scripts);
}
