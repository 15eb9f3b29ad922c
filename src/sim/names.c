/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"
#include "sim/internal.h"
#include "sim/service.h"

struct wzp_sim_name {
    struct wzp_addr address;
    struct wzp_sim_name *next;
    char text[];
};

int wzp_sim_name_add(struct wzp_sim *s, const char *name, const char *address)
{
    struct wzp_addr parsed;
    int result = wzp_sim_parse_address(&parsed, address);
    if (result)
        return result;
    if (strlen(name) > 255)
        return WZP_E_TOO_BIG;
    struct wzp_sim_name *n = wzp_alloc(sizeof *n + strlen(name) + 1);
    if (!n)
        return WZP_E_MEMORY;
    n->address = parsed;
    n->next = NULL;
    memcpy(n->text, name, strlen(name) + 1);
    struct wzp_sim_name **end = &s->names;
    while (*end)
        end = &(*end)->next;
    *end = n;
    return 0;
}

void wzp_sim_name_remove(struct wzp_sim *s, const char *name)
{
    struct wzp_sim_name **link = &s->names;
    while (*link) {
        struct wzp_sim_name *n = *link;
        if (!name || strcasecmp(n->text, name) == 0) {
            *link = n->next;
            wzp_free(n);
        } else {
            link = &n->next;
        }
    }
}

size_t wzp_sim_name_find(struct wzp_sim *s, const char *name, uint16_t port, struct wzp_addr *out,
                         size_t capacity)
{
    size_t count = 0;
    for (const struct wzp_sim_name *n = s->names; n; n = n->next) {
        if (strcasecmp(n->text, name) != 0)
            continue;
        if (count < capacity) {
            out[count] = n->address;
            wzp_addr_set_port(&out[count], port);
        }
        count++;
    }
    return count;
}
