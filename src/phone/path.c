/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/path.h"

#include <string.h>

#include "base/error.h"

/* Best kind; among equals the newest, because a newer connection was made for a reason. */
static void choose(struct wzp_path_set *set)
{
    set->active = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct wzp_path *path = &set->paths[i];
        const struct wzp_path *best = set->active ? &set->paths[set->active - 1] : NULL;
        if (!best || path->kind > best->kind ||
            (path->kind == best->kind && path->since >= best->since))
            set->active = (int)i + 1;
    }
}

int wzp_path_add(struct wzp_path_set *set, enum wzp_path_kind kind, struct wzp_quic_conn *conn,
                 uint64_t now)
{
    if (set->count == WZP_PATHS_MAX)
        return WZP_E_LIMIT;
    struct wzp_path *path = &set->paths[set->count++];
    memset(path, 0, sizeof *path);
    path->kind = kind;
    path->conn = conn;
    path->since = now;
    choose(set);
    return wzp_path_active(set) == path;
}

bool wzp_path_remove(struct wzp_path_set *set, const struct wzp_quic_conn *conn)
{
    struct wzp_path *path = wzp_path_find(set, conn);
    if (!path)
        return false;
    bool was_active = wzp_path_active(set) == path;
    size_t at = (size_t)(path - set->paths);
    memmove(path, path + 1, (set->count - at - 1) * sizeof *path);
    set->count--;
    choose(set);
    return was_active;
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

int wzp_path_send(struct wzp_path_set *set, const void *data, size_t length, uint64_t now)
{
    struct wzp_path *path = wzp_path_active(set);
    if (!path)
        return WZP_E_STATE;
    int result = wzp_quic_conn_send_datagram(path->conn, data, length, 0, now);
    if (result < 0)
        path->send_failed++;
    else
        path->datagrams_sent++;
    return result;
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
