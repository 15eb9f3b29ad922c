/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_settings.h"

#include "base/text.h"
#include "loop/host.h"

void wzp_tui_wrong_add(void *context, const char *sentence)
{
    struct wzp_tui_wrong *wrong = context;
    if (wrong->count < WZP_TUI_WRONG_MAX)
        wzp_text_copy(wrong->sentences[wrong->count++], WZP_ERROR_TEXT_MAX, sentence);
}

int wzp_tui_settings(struct wzp_settings *s, const struct wzp_client_options *options,
                     struct wzp_tui_wrong *wrong, struct wzp_error *err)
{
    struct wzp_host host;
    struct wzp_error unread = {0};
    wzp_loop_host(&host, NULL, NULL);
    int result =
        wzp_settings_load_anyway(s, &host, options->config, wzp_tui_wrong_add, wrong, &unread);
    if (result && options->config)
        return wzp_error_set(err, result, "%s", unread.text);
    if (result)
        wzp_tui_wrong_add(wrong, unread.text);
    return wzp_client_take(s, options, err);
}

int wzp_tui_settings_demo(struct wzp_settings *s, const struct wzp_client_options *options,
                          struct wzp_error *err)
{
    wzp_settings_default(s);
    return wzp_client_take(s, options, err);
}

void wzp_tui_settings_safe(struct wzp_settings *s)
{
    static const char *const keys[] = {"in", "out", "ring", "relay", "token_file"};
    struct wzp_settings usual;
    char text[WZP_SETTING_TEXT_MAX];
    wzp_settings_default(&usual);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (wzp_settings_get(text, &usual, keys[i]))
            (void)wzp_settings_set(s, keys[i], text, NULL);
}
