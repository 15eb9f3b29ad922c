/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/candidates.h"

#include <string.h>

#include "base/addr.h"
#include "phone/event.h"
#include "phone/ground.h"

#define HOSTS_TEXT ((WZP_CANDIDATES_MAX + 1) * WZP_ADDR_TEXT_MAX)

static void add_word(char text[HOSTS_TEXT], size_t *length, const char *word)
{
    size_t more = strlen(word);

    if (*length + more + 2 > HOSTS_TEXT)
        return;
    if (*length > 0)
        text[(*length)++] = ' ';
    memcpy(text + *length, word, more + 1);
    *length += more;
}

void wzp_candidates_tell_own(struct wzp_call *c, const struct wzp_ground_texts *own, bool update)
{
    char hosts[HOSTS_TEXT] = "";
    size_t length = 0;
    struct wzp_nat_hint hint;
    struct wzp_event event;

    if (own->count == 0 && !own->reflexive[0] && !own->mapped[0])
        return;
    for (size_t i = 0; i < own->count; i++)
        if (strncmp(own->items[i], "x-", 2) != 0)
            add_word(hosts, &length, own->items[i]);
    wzp_ground_hint(c->session.phone, &hint);
    wzp_event_about(&event, &c->session, WZP_EVENT_CANDIDATES);
    event.u.candidates.own = true;
    event.u.candidates.generation = update ? own->generation : 0;
    event.u.candidates.reflexive = own->reflexive;
    event.u.candidates.mapped = own->mapped;
    event.u.candidates.hosts = hosts;
    event.u.candidates.mapping = wzp_nat_mapping_name(hint.mapping);
    wzp_event_emit(c->session.phone, &event);
}

void wzp_candidates_tell_peer(struct wzp_call *c, const struct wzp_candidate_peer *peer,
                              const struct wzp_nat_hint *hint)
{
    char hosts[HOSTS_TEXT] = "", reflexive[WZP_ADDR_TEXT_MAX] = "", mapped[WZP_ADDR_TEXT_MAX] = "";
    char text[WZP_ADDR_TEXT_MAX];
    size_t length = 0;
    struct wzp_event event;

    if (peer->list.count == 0)
        return;
    for (size_t i = 0; i < peer->list.count; i++) {
        const struct wzp_candidate *item = &peer->list.items[i];
        if (item->kind == WZP_CANDIDATE_REFLEXIVE)
            wzp_addr_format(reflexive, &item->addr);
        else if (item->kind == WZP_CANDIDATE_MAPPED)
            wzp_addr_format(mapped, &item->addr);
        else
            add_word(hosts, &length, wzp_addr_format(text, &item->addr));
    }
    wzp_event_about(&event, &c->session, WZP_EVENT_CANDIDATES);
    event.u.candidates.generation = peer->generation;
    event.u.candidates.reflexive = reflexive;
    event.u.candidates.mapped = mapped;
    event.u.candidates.hosts = hosts;
    event.u.candidates.mapping = wzp_nat_mapping_name(hint->mapping);
    wzp_event_emit(c->session.phone, &event);
}
