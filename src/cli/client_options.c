/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/client_options.h"

#include <stdio.h>
#include <string.h>

#include "loop/host.h"

static void tell(void *context, const char *sentence)
{
    (void)context;
    fprintf(stderr, "wzp: %s\n", sentence);
}

int wzp_client_settings(struct wzp_settings *s, const struct wzp_client_options *options,
                        struct wzp_error *err)
{
    struct wzp_host host;
    wzp_loop_host(&host, NULL, NULL);
    int result = wzp_settings_load(s, &host, options->config, tell, NULL, err);
    for (size_t i = 0; !result && i < options->settings.count; i++)
        result = wzp_settings_set(s, options->settings.items[i].key,
                                  options->settings.items[i].text, err);
    s->accept_new_relays |= options->accept_relay;
    return result;
}

void wzp_client_give(struct wzp_client_options *options, const char *key, const char *text)
{
    struct wzp_option_settings *list = &options->settings;
    if (list->count == WZP_OPTION_REPEAT_MAX)
        return;
    list->items[list->count].key = key;
    list->items[list->count++].text = text;
}

const char *wzp_client_given(const struct wzp_client_options *options, const char *key)
{
    const char *text = NULL;
    for (size_t i = 0; i < options->settings.count; i++)
        if (strcmp(options->settings.items[i].key, key) == 0)
            text = options->settings.items[i].text;
    return text;
}
