/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The paths of the metrics port. Long answers are made in steps of at most STEP_ENTRIES entries or
 * STEP_ROWS rows, so that they delay no frame. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "relay/metrics.h"
#include "relay/state.h"

#define STEP_ENTRIES 48
#define STEP_ROWS 16
#define STEP_BYTES 8192 /* of metrics; a step ends with the row that exceeds this */

struct wzp_relay_report {
    struct wzp_relay *r;
    struct wzp_relay_text text;
    const char *rest; /* of the path, after the row's prefix; owned */
    const char *type;
    bool (*step)(struct wzp_relay_report *q); /* false when everything is written */
    struct wzp_map_cursor cursor;
    size_t at, within; /* where the next step continues; the step defines them */
    bool is_first;     /* nothing was listed yet */
    uint64_t now;
    int status;
    char path[];
};

static bool get_metrics(struct wzp_relay_report *q)
{
    const size_t rows = q->at + STEP_ROWS, bytes = q->text.length + STEP_BYTES;
    bool more = true;
    while (more && q->at < rows && q->text.length < bytes)
        more = wzp_relay_metrics_row(&q->text, q->r, q->at++, q->now);
    return more;
}

static bool get_health(struct wzp_relay_report *q)
{
    wzp_relay_text_add(&q->text, "ok\n");
    return false;
}

static bool get_ready(struct wzp_relay_report *q)
{
    bool alone = q->r->pool.on && !q->r->pool.up; /* its own clients are served still */
    if (q->r->draining)
        q->status = 503;
    wzp_relay_text_add(&q->text, q->r->draining ? "draining\n"
                                 : alone        ? "degraded: the directory is away\n"
                                                : "ok\n");
    return false;
}

static void add_location(struct wzp_relay_report *q, const char *fingerprint, int remote,
                         bool local)
{
    wzp_relay_text_add(&q->text, "{\"fingerprint\":");
    wzp_relay_text_json(&q->text, fingerprint);
    if (local) {
        wzp_relay_text_add(&q->text, ",\"location\":\"Local\"}");
    } else if (remote >= 0) {
        wzp_relay_text_add(&q->text, ",\"location\":{\"Remote\":");
        wzp_relay_text_json(&q->text, q->r->config.probe_targets[remote]);
        wzp_relay_text_add(&q->text, "}}");
    } else {
        wzp_relay_text_add(&q->text, ",\"location\":null}");
    }
}

static void list_separator(struct wzp_relay_report *q)
{
    wzp_relay_text_add(&q->text, "%s", q->is_first ? "" : ",");
    q->is_first = false;
}

/* Lists people at this relay; false when all are listed. Pauses only between buckets of the map. */
static bool list_local(struct wzp_relay_report *q)
{
    size_t count = 0;
    while (count < STEP_ENTRIES || q->cursor.next) {
        if (!wzp_map_next(&q->r->presence.entries, &q->cursor))
            return false;
        list_separator(q);
        add_location(q, ((struct wzp_relay_presence_entry *)q->cursor.value)->name.text, -1, true);
        count++;
    }
    return true;
}

/* Lists people reported by the probe target `target`. */
static bool list_gossip(struct wzp_relay_report *q, size_t target)
{
    const struct wzp_relay_gossip *gossip = &q->r->presence.gossip[target];
    size_t end = q->within + STEP_ENTRIES;
    if (!wzp_relay_presence_fresh(gossip, q->now))
        return false;
    for (; q->within < gossip->count && q->within < end; q->within++) {
        const struct wzp_relay_name *name = &gossip->names[q->within];
        if (wzp_relay_presence_is_local(&q->r->presence, name))
            continue;
        list_separator(q);
        add_location(q, name->text, (int)target, false);
    }
    return q->within < gossip->count;
}

/* at 0: the opening and local people; then one target after the other. */
static bool get_presence(struct wzp_relay_report *q)
{
    if (q->is_first && q->at == 0 && !q->cursor.started)
        wzp_relay_text_add(&q->text, "[");
    bool more = q->at == 0 ? list_local(q) : list_gossip(q, q->at - 1);
    if (more)
        return true;
    q->within = 0;
    if (++q->at <= q->r->config.probe_target_count)
        return true;
    wzp_relay_text_add(&q->text, "]\n");
    return false;
}

/* The fingerprint in the path, with %XX decoded. False (and a 404) when it is invalid. */
static bool name_of_path(struct wzp_relay_report *q, struct wzp_relay_name *name)
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
    wzp_relay_text_add(&q->text, "no such path\n");
    return false;
}

static bool get_person(struct wzp_relay_report *q)
{
    struct wzp_relay_name name;

    if (!name_of_path(q, &name))
        return false;
    add_location(q, name.text, wzp_relay_presence_remote(&q->r->presence, &name, q->now),
                 wzp_relay_presence_is_local(&q->r->presence, &name));
    wzp_relay_text_add(&q->text, "\n");
    return false;
}

/* One target per step, or a part of one. */
static bool get_peers(struct wzp_relay_report *q)
{
    size_t count = q->r->config.probe_target_count;
    if (q->at == 0 && q->within == 0)
        wzp_relay_text_add(&q->text, "[");
    if (q->at < count) {
        const struct wzp_relay_gossip *gossip = &q->r->presence.gossip[q->at];
        size_t known = wzp_relay_presence_fresh(gossip, q->now) ? gossip->count : 0;
        size_t end = q->within + STEP_ENTRIES;
        if (q->within == 0) {
            wzp_relay_text_add(&q->text, "%s{\"addr\":", q->at ? "," : "");
            wzp_relay_text_json(&q->text, q->r->config.probe_targets[q->at]);
            wzp_relay_text_add(&q->text, ",\"fingerprints\":[");
        }
        for (; q->within < known && q->within < end; q->within++) {
            wzp_relay_text_add(&q->text, "%s", q->within ? "," : "");
            wzp_relay_text_json(&q->text, gossip->names[q->within].text);
        }
        if (q->within < known)
            return true;
        const struct wzp_relay_prober *p = wzp_relay_prober_of(q->r, q->at);
        if (p && p->is_up && p->window.has_rtt)
            wzp_relay_text_add(&q->text, "],\"rtt_ms\":%.3f}", (double)p->window.rtt / 1e6);
        else
            wzp_relay_text_add(&q->text, "],\"rtt_ms\":null}");
        q->within = 0;
        q->at++;
    }
    if (q->at < count)
        return true;
    wzp_relay_text_add(&q->text, "]\n");
    return false;
}

/* Targets in order of their names: the first one after `last`. */
static const struct wzp_relay_prober *next_target(const struct wzp_relay *r, const char *last)
{
    const struct wzp_relay_prober *best = NULL;
    for (size_t i = 0; i < r->probers.count; i++) {
        const struct wzp_relay_prober *p = &r->probers.items[i];
        if (strcmp(wzp_relay_prober_name(r, p), last) > 0 &&
            (!best || strcmp(wzp_relay_prober_name(r, p), wzp_relay_prober_name(r, best)) < 0))
            best = p;
    }
    return best;
}

static bool get_mesh(struct wzp_relay_report *q)
{
    const struct wzp_relay_prober *p;
    wzp_relay_text_add(&q->text, "Relay Mesh Health\n");
    for (unsigned i = 0; i < 41; i++)
        wzp_relay_text_add(&q->text, "\u2500");
    wzp_relay_text_add(&q->text, "\n%-20s %7s %6s %7s  Status\n", "Target", "RTT", "Loss",
                       "Jitter");
    if (!q->r->probers.count)
        wzp_relay_text_add(&q->text, "  (no probe targets configured)\n");
    for (const char *last = ""; (p = next_target(q->r, last));
         last = wzp_relay_prober_name(q->r, p))
        wzp_relay_text_add(
            &q->text, "%-20s %5.0fms %5.1f%% %5.0fms  %s\n", wzp_relay_prober_name(q->r, p),
            p->is_up ? (double)p->window.rtt / 1e6 : 0, wzp_relay_window_loss(&p->window, q->now),
            wzp_relay_window_jitter(&p->window), p->is_up ? "UP" : "DOWN");
    return false;
}

static bool get_route(struct wzp_relay_report *q)
{
    struct wzp_relay_name name;
    bool local;
    int remote;

    if (!name_of_path(q, &name))
        return false;
    local = wzp_relay_presence_is_local(&q->r->presence, &name);
    remote = local ? -1 : wzp_relay_presence_remote(&q->r->presence, &name, q->now);
    wzp_relay_text_add(&q->text, "{\"fingerprint\":");
    wzp_relay_text_json(&q->text, name.text);
    wzp_relay_text_add(&q->text, ",\"route\":\"%s\",\"relay_chain\":[",
                       local         ? "local"
                       : remote >= 0 ? "direct_peer"
                                     : "not_found");
    if (local || remote >= 0)
        wzp_relay_text_json(&q->text, q->r->config.listen_addr);
    if (remote >= 0) {
        wzp_relay_text_add(&q->text, ",");
        wzp_relay_text_json(&q->text, q->r->config.probe_targets[remote]);
    }
    wzp_relay_text_add(&q->text, "]}\n");
    return false;
}

static const struct {
    const char *path;
    bool prefix; /* the rest of the path is an argument */
    bool (*step)(struct wzp_relay_report *q);
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

static bool get_nothing(struct wzp_relay_report *q)
{
    wzp_relay_text_add(&q->text, "no such path\n");
    return false;
}

int wzp_relay_report_new(struct wzp_relay_report **out, struct wzp_relay *r, const char *path)
{
    size_t given = strcspn(path, "?#");
    struct wzp_relay_report *q = wzp_calloc(1, sizeof *q + given + 1);
    *out = q;
    if (!q)
        return WZP_E_MEMORY;
    memcpy(q->path, path, given);
    q->r = r;
    q->is_first = true;
    q->status = 404;
    q->type = "text/plain; charset=utf-8";
    q->step = get_nothing;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t own = strlen(rows[i].path);
        if (strncmp(q->path, rows[i].path, own) == 0 &&
            (rows[i].prefix ? given > own : given == own)) {
            q->rest = q->path + own;
            q->status = 200;
            q->type = rows[i].type;
            q->step = rows[i].step;
        }
    }
    return 0;
}

bool wzp_relay_report_step(struct wzp_relay_report *report, uint64_t now)
{
    report->now = now;
    return report->step(report) && !report->text.failed;
}

int wzp_relay_report_take(struct wzp_relay_report *report, char **body, size_t *length,
                          const char **type)
{
    int status = report->text.failed ? WZP_E_MEMORY : report->status;
    *type = report->type;
    *body = report->text.data;
    *length = report->text.length;
    wzp_free(report);
    return status;
}

void wzp_relay_report_free(struct wzp_relay_report *report)
{
    if (!report)
        return;
    wzp_relay_text_fini(&report->text);
    wzp_free(report);
}

int wzp_relay_http(struct wzp_relay *r, const char *path, char **body, size_t *length,
                   const char **type, uint64_t now)
{
    struct wzp_relay_report *report;
    int result = wzp_relay_report_new(&report, r, path);
    if (result)
        return result;
    while (wzp_relay_report_step(report, now))
        continue;
    return wzp_relay_report_take(report, body, length, type);
}
