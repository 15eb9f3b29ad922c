/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/path.h"

#include <string.h>

#include "base/error.h"

int wzp_path_add(struct wzp_path_set *set, enum wzp_path_kind kind, struct wzp_quic_conn *conn,
                 uint64_t now)
{
    if (set->count == WZP_PATHS_MAX)
        return WZP_E_LIMIT;
    set->paths[set->count++] = (struct wzp_path){.kind = kind, .conn = conn, .since = now};
    return 0;
}

void wzp_path_activate(struct wzp_path_set *set, const struct wzp_path *path,
                       enum wzp_race_reason why)
{
    if (path == wzp_path_active(set))
        return;
    set->active = (int)(path - set->paths) + 1;
    set->why = why;
}

bool wzp_path_remove(struct wzp_path_set *set, const struct wzp_quic_conn *conn)
{
    struct wzp_path *path = wzp_path_find(set, conn);

    if (!path)
        return false;
    int at = (int)(path - set->paths) + 1;
    bool was_active = set->active == at;
    memmove(path, path + 1, (set->count - (size_t)at) * sizeof *path);
    set->count--;
    if (was_active)
        set->active = 0;
    else if (set->active > at)
        set->active--;
    return was_active;
}

struct wzp_path *wzp_path_best_of(struct wzp_path_set *set, enum wzp_path_kind kind)
{
    struct wzp_path *best = NULL;

    for (size_t i = 0; i < set->count; i++) {
        struct wzp_path *path = &set->paths[i];
        if (path->kind == kind && (!best || path->since >= best->since))
            best = path;
    }
    return best;
}

struct wzp_path *wzp_path_active(struct wzp_path_set *set)
{
    return set->active ? &set->paths[set->active - 1] : NULL;
}

struct wzp_path *wzp_path_find(struct wzp_path_set *set, const struct wzp_quic_conn *conn)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->paths[i].conn == conn)
            return &set->paths[i];
    return NULL;
}

void wzp_path_also(struct wzp_path_set *set, const struct wzp_quic_conn *conn, uint64_t until)
{
    set->also = conn;
    set->also_until = until;
}

static void send_also(struct wzp_path_set *set, const struct wzp_path *sent, const void *data,
                      size_t length, uint64_t now)
{
    struct wzp_path *path = now < set->also_until ? wzp_path_find(set, set->also) : NULL;

    if (path && path != sent)
        (void)wzp_quic_conn_send_datagram(path->conn, data, length, 0, now);
}

bool wzp_path_news(struct wzp_path_set *set)
{
    struct wzp_path *active = wzp_path_active(set);

    if (!active || (active->told && set->told_why == set->why))
        return false;
    for (size_t i = 0; i < set->count; i++)
        set->paths[i].told = &set->paths[i] == active;
    set->told_why = set->why;
    return true;
}

int wzp_path_send(struct wzp_path_set *set, const void *data, size_t length, uint64_t now)
{
    struct wzp_path *path = wzp_path_active(set);
    if (!path)
        return WZP_E_STATE;
    send_also(set, path, data, length, now);
    return wzp_quic_conn_send_datagram(path->conn, data, length, 0, now);
}

void wzp_path_sample(struct wzp_path *path, const struct wzp_quic_stats *stats)
{
    uint64_t sent = stats->packets_sent - path->sampled_sent;
    uint64_t lost = stats->packets_lost - path->sampled_lost;

    if (stats->packets_sent < path->sampled_sent || stats->packets_lost < path->sampled_lost)
        sent = lost = 0;
    path->sampled_sent = stats->packets_sent;
    path->sampled_lost = stats->packets_lost;
    if (sent == 0)
        return;
    if (lost > sent)
        lost = sent;
    path->loss_percent += (100.0 * (double)lost / (double)sent - path->loss_percent) / 4;
}
