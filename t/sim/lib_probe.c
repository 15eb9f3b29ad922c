/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "sim/lib_probe.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "tap.h"

static void hear(void *context, struct wzp_sim_host *host, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length,
                 uint64_t now)
{
    struct probe *p = context;
    (void)ecn;
    (void)now;
    p->count++;
    p->local = *local;
    p->remote = *remote;
    snprintf(p->text, sizeof p->text, "%.*s", (int)length, (const char *)data);
    if (p->echo)
        wzp_sim_host_send(host, local, remote, data, length);
}

void probe_start(struct probe *p, struct wzp_sim *sim, const char *name,
                 struct wzp_sim_network *net, const char *address)
{
    memset(p, 0, sizeof *p);
    p->sim = sim;
    if (wzp_sim_host_add(sim, &p->host, name) || wzp_sim_host_address(p->host, net, address) ||
        wzp_sim_host_serve(p->host, 0, hear, p))
        bail("no host at %s", address);
}

struct wzp_addr address_of(const char *text)
{
    struct wzp_addr a;
    if (wzp_addr_parse(&a, text, strlen(text)))
        bail("\"%s\" is no address", text);
    return a;
}

void probe_say_to(struct probe *p, const char *from, const struct wzp_addr *to, const char *word)
{
    struct wzp_addr local = address_of(from);
    wzp_sim_host_send(p->host, &local, to, (const uint8_t *)word, strlen(word));
    wzp_sim_run(p->sim, WZP_SECOND);
}

void probe_say(struct probe *p, const char *from, const char *to, const char *word)
{
    struct wzp_addr remote = address_of(to);
    probe_say_to(p, from, &remote, word);
}

bool probe_reached(struct probe *p, struct probe *by, const char *from, const struct wzp_addr *to)
{
    unsigned before = p->count;
    probe_say_to(by, from, to, "knock");
    return p->count > before;
}

const char *probe_from(const struct probe *p)
{
    static char text[WZP_ADDR_TEXT_MAX];
    return wzp_addr_format(text, &p->remote);
}

const char *probe_to(const struct probe *p)
{
    static char text[WZP_ADDR_TEXT_MAX];
    return wzp_addr_format(text, &p->local);
}
