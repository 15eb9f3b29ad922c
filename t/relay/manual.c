/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The manual page has every metric with the help text of its table row, and the page of the
 * configuration file has every key. */
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "relay/metrics.h"
#include "tap.h"
#include "wzp/relay.h"

/* True when the word stands behind a macro. */
static bool has_word(const char *page, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = page; (at = strstr(at, word)) != NULL; at += length)
        if (at > page && at[-1] == ' ' && (at[length] == ' ' || at[length] == '\n'))
            return true;
    return false;
}

/* "peers.url" is explained as "url" under [[peers]]. */
static void test_keys(void)
{
    char *page = tap_read_file(tap_source_path("man/wzp-relay.conf.5"), NULL);
    const struct wzp_relay_config_key *key;
    for (size_t i = 0; (key = wzp_relay_config_key(i)) != NULL; i++) {
        const char *dot = strchr(key->name, '.');
        char list[100] = "";
        if (dot)
            snprintf(list, sizeof list, ".It Cm [[%.*s]]\n", (int)(dot - key->name), key->name);
        ok(strstr(page, list) && has_word(page, dot ? dot + 1 : key->name),
           "wzp-relay.conf.5 explains %s", key->name);
    }
    free(page);
}

static size_t warnings;

static void warn(void *context, const char *sentence)
{
    (void)context;
    note("%s", sentence);
    warnings++;
}

/* A copy of the manual's example must be a valid file. */
static void test_example(void)
{
    static struct wzp_relay_config config;
    struct wzp_error err = {0};
    char *page = tap_read_file(tap_source_path("man/wzp-relay.conf.5"), NULL);
    char *begin = strstr(page, ".Sh EXAMPLES\n");
    begin = begin ? strstr(begin, ".Bd ") : NULL;
    begin = begin ? strchr(begin, '\n') : NULL;
    char *end = begin ? strstr(begin, "\n.Ed") : NULL;
    if (ok(end != NULL, "wzp-relay.conf.5 has an example")) {
        wzp_relay_config_default(&config);
        is_int(wzp_relay_config_parse(&config, begin, (size_t)(end - begin), warn, NULL, &err), 0,
               "which is read: %s", err.text);
        is_int((int)warnings, 0, "without a warning");
    }
    free(page);
}

TAP_MAIN
{
    char *page = tap_read_file(tap_source_path("man/wzp-relay.8"), NULL);
    const char *name, *help;
    size_t count = 0;

    for (; (name = wzp_relay_metric_name(count, &help)) != NULL; count++) {
        char entry[512];

        snprintf(entry, sizeof entry, "\n.It Ic %s\n%s.\n", name, help);
        ok(strstr(page, entry) != NULL, "wzp-relay.8 explains %s", name);
    }
    ok(count > 20, "%zu rows", count);
    free(page);
    test_keys();
    test_example();
}
