/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Any bytes as the relay's file. What is accepted must be a relay's configuration: texts end,
 * counts fit, addresses parse. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wzp/relay.h"

static void warn(void *context, const char *sentence)
{
    if (strlen(sentence) > 1000 || strchr(sentence, '\n'))
        abort();
    ++*(unsigned *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct wzp_relay_config config;
    struct wzp_error err = {0};
    struct wzp_addr address;
    unsigned warnings = 0;

    wzp_relay_config_default(&config);
    if (wzp_relay_config_parse(&config, (const char *)data, size, warn, &warnings, &err) < 0) {
        if (!err.text[0])
            abort(); /* an error without a sentence */
        return 0;
    }
    if (wzp_addr_parse(&address, config.listen_addr, strlen(config.listen_addr)) < 0 ||
        config.peer_count > WZP_RELAY_LIST_MAX || config.trusted_count > WZP_RELAY_LIST_MAX ||
        config.global_room_count > WZP_RELAY_LIST_MAX ||
        config.probe_target_count > WZP_RELAY_LIST_MAX || config.metrics_port > 65535)
        abort();
    return 0;
}
