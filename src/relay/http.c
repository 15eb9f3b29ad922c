/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* What the metrics port says: a table of paths. Source: relay.md 8. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/metrics.h"
#include "relay/state.h"

struct request {
    struct wzp_relay *r;
    struct wzp_relay_text *text;
    const char *rest; /* of the path, after the row's */
    uint64_t now;
    int status;
};

static void get_metrics(struct request *q)
{
    wzp_relay_metrics_write(q->text, q->r, q->now);
}

static void get_health(struct request *q)
{
    wzp_relay_text_add(q->text, "ok\n");
}

static void get_ready(struct request *q)
{
    if (q->r->draining)
        q->status = 503;
    wzp_relay_text_add(q->text, q->r->draining ? "draining\n" : "ok\n");
}

static void add_location(struct request *q, const char *fingerprint, int remote, bool local)
{
    wzp_relay_text_add(q->text, "{\"fingerprint\":");
    wzp_relay_text_json(q->text, fingerprint);
    if (local) {
        wzp_relay_text_add(q->text, ",\"location\":\"Local\"}");
    } else if (remote >= 0) {
        wzp_relay_text_add(q->text, ",\"location\":{\"Remote\":");
        wzp_relay_text_json(q->text, q->r->config.probe_targets[remote]);
        wzp_relay_text_add(q->text, "}}");
    } else {
        wzp_relay_text_add(q->text, ",\"location\":null}");
    }
}

static void get_presence(struct request *q)
{
    struct wzp_map_cursor cursor = {0};
    const char *separator = "";

    wzp_relay_text_add(q->text, "[");
    while (wzp_map_next(&q->r->presence.entries, &cursor)) {
        wzp_relay_text_add(q->text, "%s", separator);
        add_location(q, ((struct wzp_relay_presence_entry *)cursor.value)->name.text, -1, true);
        separator = ",";
    }
    for (size_t i = 0; i < q->r->config.probe_target_count; i++) {
        const struct wzp_relay_gossip *gossip = &q->r->presence.gossip[i];

        if (!wzp_relay_presence_fresh(gossip, q->now))
            continue;
        for (size_t n = 0; n < gossip->count; n++) {
            if (wzp_relay_presence_is_local(&q->r->presence, &gossip->names[n]))
                continue;
            wzp_relay_text_add(q->text, "%s", separator);
            add_location(q, gossip->names[n].text, (int)i, false);
            separator = ",";
        }
    }
    wzp_relay_text_add(q->text, "]\n");
}

/* The fingerprint in the path, %XX resolved. False (and a 404) when it is none. */
static bool name_of_path(struct request *q, struct wzp_relay_name *name)
{
    char text[WZP_RELAY_KEY_MAX + 1];
    size_t length = 0;

    for (const char *p = q->rest; *p && length < sizeof text - 1; p++) {
        uint8_t byte;

        if (*p == '%' && p[1] && p[2] && wzp_hex_decode(&byte, 1, p + 1, 2) == 0) {
            text[length++] = (char)byte;
            p += 2;
        } else {
            text[length++] = *p;
        }
    }
    text[length] = '\0';
    if (wzp_relay_name_set(name, text) == 0)
        return true;
    q->status = 404;
    wzp_relay_text_add(q->text, "no such path\n");
    return false;
}

static void get_person(struct request *q)
{
    struct wzp_relay_name name;

    if (!name_of_path(q, &name))
        return;
    add_location(q, name.text, wzp_relay_presence_remote(&q->r->presence, &name, q->now),
                 wzp_relay_presence_is_local(&q->r->presence, &name));
    wzp_relay_text_add(q->text, "\n");
}

static void get_peers(struct request *q)
{
    wzp_relay_text_add(q->text, "[");
    for (size_t i = 0; i < q->r->config.probe_target_count; i++) {
        const struct wzp_relay_gossip *gossip = &q->r->presence.gossip[i];
        size_t count = wzp_relay_presence_fresh(gossip, q->now) ? gossip->count : 0;

        wzp_relay_text_add(q->text, "%s{\"addr\":", i ? "," : "");
        wzp_relay_text_json(q->text, q->r->config.probe_targets[i]);
        wzp_relay_text_add(q->text, ",\"fingerprints\":[");
        for (size_t n = 0; n < count; n++) {
            wzp_relay_text_add(q->text, "%s", n ? "," : "");
            wzp_relay_text_json(q->text, gossip->names[n].text);
        }
        wzp_relay_text_add(q->text, "],\"rtt_ms\":null}");
    }
    wzp_relay_text_add(q->text, "]\n");
}

static void get_mesh(struct request *q)
{
    wzp_relay_text_add(q->text, "Relay Mesh Health\n");
    for (unsigned i = 0; i < 41; i++)
        wzp_relay_text_add(q->text, "\u2500");
    wzp_relay_text_add(q->text, "\n%-20s %7s %6s %7s  Status\n", "Target", "RTT", "Loss", "Jitter");
    if (!q->r->config.probe_target_count)
        wzp_relay_text_add(q->text, "  (no probe targets configured)\n");
    for (size_t i = 0; i < q->r->config.probe_target_count; i++)
        wzp_relay_text_add(q->text, "%-20s %7s %6s %7s  not probed\n",
                           q->r->config.probe_targets[i], "-", "-", "-");
}

static void get_route(struct request *q)
{
    struct wzp_relay_name name;
    bool local;
    int remote;

    if (!name_of_path(q, &name))
        return;
    local = wzp_relay_presence_is_local(&q->r->presence, &name);
    remote = local ? -1 : wzp_relay_presence_remote(&q->r->presence, &name, q->now);
    wzp_relay_text_add(q->text, "{\"fingerprint\":");
    wzp_relay_text_json(q->text, name.text);
    wzp_relay_text_add(q->text, ",\"route\":\"%s\",\"relay_chain\":[",
                       local         ? "local"
                       : remote >= 0 ? "direct_peer"
                                     : "not_found");
    if (local || remote >= 0)
        wzp_relay_text_json(q->text, q->r->config.listen_addr);
    if (remote >= 0) {
        wzp_relay_text_add(q->text, ",");
        wzp_relay_text_json(q->text, q->r->config.probe_targets[remote]);
    }
    wzp_relay_text_add(q->text, "]}\n");
}

static const struct {
    const char *path;
    bool prefix; /* the rest of the path is an argument */
    void (*get)(struct request *q);
    const char *type;
} rows[] = {
    {"/metrics", false, get_metrics, "text/plain; version=0.0.4; charset=utf-8"},
    {"/healthz", false, get_health, "text/plain; charset=utf-8"},
    {"/readyz", false, get_ready, "text/plain; charset=utf-8"},
    {"/presence", false, get_presence, "application/json"},
    {"/presence/", true, get_person, "application/json"},
    {"/peers", false, get_peers, "application/json"},
    {"/mesh", false, get_mesh, "text/plain; charset=utf-8"},
    {"/route/", true, get_route, "application/json"},
};

int wzp_relay_http(struct wzp_relay *r, const char *path, char **body, size_t *length,
                   const char **type, uint64_t now)
{
    struct wzp_relay_text text = {0};
    struct request q = {.r = r, .text = &text, .now = now, .status = 404};

    *type = "text/plain; charset=utf-8";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t own = strlen(rows[i].path);
        size_t given = strcspn(path, "?#");

        if (rows[i].prefix ? given > own && strncmp(path, rows[i].path, own) == 0
                           : given == own && strncmp(path, rows[i].path, own) == 0) {
            q.rest = path + own;
            q.status = 200;
            *type = rows[i].type;
            rows[i].get(&q);
            break;
        }
    }
    if (q.status == 404 && !text.length)
        wzp_relay_text_add(&text, "no such path\n");
    if (text.failed)
        return WZP_E_MEMORY;
    *body = text.data;
    *length = text.length;
    return q.status;
}
