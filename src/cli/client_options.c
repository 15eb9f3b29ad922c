/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client_options.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "loop/host.h"

static void tell(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "wzp: %s\n", sentence);
}

/* The first --relay replaces all relays of the file; further ones are added. */
static int take_relay(struct wzp_settings *s, unsigned number, const char *text,
                      struct wzp_error *err)
{
    size_t length = strlen(s->relays);
    if (number == 0) {
        s->relays[0] = '\0';
        return wzp_settings_set(s, "relay", text, err);
    }
    if (length + strlen(text) + 2 > sizeof s->relays)
        return wzp_error_set(err, WZP_E_LIMIT, "too many relays");
    snprintf(s->relays + length, sizeof s->relays - length, "%s%s", length ? " " : "", text);
    return 0;
}

int wzp_client_take(struct wzp_settings *s, const struct wzp_client_options *options,
                    struct wzp_error *err)
{
    int result = 0;
    unsigned relays = 0;
    for (size_t i = 0; !result && i < options->settings.count; i++) {
        const char *key = options->settings.items[i].key, *text = options->settings.items[i].text;
        result = strcmp(key, "relay") == 0 ? take_relay(s, relays++, text, err)
                                           : wzp_settings_set(s, key, text, err);
    }
    return result;
}

int wzp_client_settings(struct wzp_settings *s, const struct wzp_client_options *options,
                        struct wzp_error *err)
{
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    int result = wzp_settings_load(s, &host, options->config, tell, NULL, err);
    return result ? result : wzp_client_take(s, options, err);
}

const char *wzp_client_given(const struct wzp_client_options *options, const char *key)
{
    const char *text = NULL;
    for (size_t i = 0; i < options->settings.count; i++)
        if (strcmp(options->settings.items[i].key, key) == 0)
            text = options->settings.items[i].text;
    return text;
}
