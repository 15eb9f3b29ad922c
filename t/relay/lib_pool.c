/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_pool.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "relay/pool.h"
#include "tap.h"

void pool_raise(struct pool *p, size_t count, void (*change)(struct wzp_relay_config *config))
{
    static struct wzp_relay_config config;
    memset(p, 0, sizeof *p);
    wzp_signal_use_allocator();
    p->count = count;
    if (wzp_sim_new(&p->sim, 7) || wzp_sim_directory_init(&p->directory, p->sim, WZP_MILLISECOND))
        bail("no network");
    wzp_relay_config_default(&config);
    snprintf(config.directory, sizeof config.directory, "redis://directory");
    if (change)
        change(&config);
    for (size_t i = 0; i < count; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.0.%zu.1:4433", i);
        if (wzp_sim_relay_start_in(&p->relays[i], &p->directory, p->sim, address, 100, &config))
            bail("no relay");
    }
    pool_run(p, 10 * WZP_MILLISECOND);
}

void pool_lower(struct pool *p)
{
    for (size_t i = 0; i < p->count; i++)
        wzp_sim_relay_stop(&p->relays[i]);
    wzp_sim_directory_fini(&p->directory);
    wzp_sim_free(p->sim);
}

struct wzp_relay *pool_relay(struct pool *p, size_t n)
{
    return p->relays[n].relay;
}

uint64_t pool_now(const struct pool *p)
{
    return wzp_sim_now(p->sim);
}

void pool_run(struct pool *p, uint64_t ns)
{
    wzp_sim_run(p->sim, ns);
}

bool pool_come(struct pool *p, size_t n, struct fake *fake, uint8_t seed,
               enum wzp_registration_class standing, const char *address, uint64_t limit)
{
    uint64_t until = pool_now(p) + limit;
    fake_open_from(pool_relay(p, n), fake, "_signal", address, pool_now(p));
    (void)fake_register(pool_relay(p, n), fake, seed, standing, pool_now(p));
    while (pool_now(p) < until && !fake->by_type[WZP_SIGNAL_REGISTER_PRESENCE_ACK])
        pool_run(p, WZP_MILLISECOND);
    return strstr(fake->last, "\"success\":true") != NULL;
}

static const char *key_of(char *out, char prefix, uint8_t seed)
{
    struct wzp_relay_name name;
    (void)wzp_relay_name_set(&name, fake_name(seed));
    return wzp_relay_pool_key(out, prefix, &name);
}

const char *pool_text(struct pool *p, char prefix, uint8_t seed)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    return wzp_sim_directory_get(&p->directory, key_of(key, prefix, seed));
}

void pool_write(struct pool *p, char prefix, uint8_t seed, const char *text)
{
    char key[WZP_RELAY_POOL_KEY_MAX];
    if (wzp_sim_directory_put(&p->directory, key_of(key, prefix, seed), text))
        bail("no memory");
}

bool pool_has(struct pool *p, size_t n, uint8_t seed)
{
    struct wzp_relay_pool_person person;
    const char *text = pool_text(p, 'p', seed);
    return text && wzp_relay_pool_person_parse(&person, text, strlen(text)) == 0 &&
           person.relay == pool_relay(p, n)->pool.own;
}
