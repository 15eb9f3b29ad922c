/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The relay of actors.h: it starts, crashes, comes back; and the identities of its world. */
#include "sim/actors.h"

#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/text.h"
#include "sim/internal.h"

void wzp_sim_identity(struct wzp_identity *out, uint64_t seed)
{
    uint8_t bytes[WZP_SEED_SIZE];
    struct wzp_random_seeded seeded;
    wzp_random_seeded_init(&seeded, seed);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    wzp_random_bytes(&random, bytes, sizeof bytes);
    wzp_identity_from_seed(out, bytes);
    wzp_wipe(bytes, sizeof bytes);
}

int wzp_sim_relay_restart(struct wzp_sim_relay *r)
{
    struct wzp_addr local;
    int result = wzp_addr_parse(&local, r->address, strlen(r->address));
    if (result)
        return result;
    struct wzp_random random = wzp_sim_random(r->sim);
    struct wzp_relay_host host = {0};
    if (r->directory) {
        host.context = r->seat = wzp_sim_directory_seat(r->directory);
        host.pool = r->seat ? wzp_sim_directory_ask : NULL;
    }
    result = wzp_relay_new(&r->relay, &r->config, r->identity.seed, &local, "sim", &host, &random,
                           NULL, wzp_sim_now(r->sim), NULL);
    if (result)
        return result;
    struct wzp_driver driver;
    wzp_relay_driver(&driver, r->relay);
    result = wzp_sim_attach(r->sim, &r->host, r->address, &driver, NULL, NULL);
    if (result) {
        wzp_relay_free(r->relay);
        r->relay = NULL;
    } else if (r->seat) {
        wzp_sim_directory_join(r->seat, r->relay, r->host);
    }
    return result;
}

int wzp_sim_relay_start(struct wzp_sim_relay *r, struct wzp_sim *sim, const char *address,
                        uint64_t seed, const struct wzp_relay_config *config)
{
    return wzp_sim_relay_start_in(r, NULL, sim, address, seed, config);
}

int wzp_sim_relay_start_in(struct wzp_sim_relay *r, struct wzp_sim_directory *directory,
                           struct wzp_sim *sim, const char *address, uint64_t seed,
                           const struct wzp_relay_config *config)
{
    memset(r, 0, sizeof *r);
    r->directory = directory;
    r->sim = sim;
    if (config)
        r->config = *config;
    else
        wzp_relay_config_default(&r->config);
    wzp_text_copy(r->address, sizeof r->address, address);
    wzp_sim_identity(&r->identity, seed);
    return wzp_sim_relay_restart(r);
}

void wzp_sim_relay_crash(struct wzp_sim_relay *r)
{
    if (r->seat)
        wzp_sim_directory_leave(r->seat);
    r->seat = NULL;
    wzp_sim_detach(r->sim, r->host);
    r->host = NULL;
    wzp_relay_free(r->relay);
    r->relay = NULL;
}

void wzp_sim_relay_stop(struct wzp_sim_relay *r)
{
    if (r->relay)
        wzp_sim_relay_crash(r);
    wzp_identity_wipe(&r->identity);
}
