/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/saving.h"

#include <stdatomic.h>
#include <string.h>

#include "app/history.h"
#include "app/internal.h"
#include "app/store.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"

enum { NOBODY, THE_THREAD, THE_SOFTPHONE };
/* One file being written by the other thread, with copies of all data that this needs. */
struct wzp_app_saving {
    struct wzp_app *app; /* NULL: the softphone no longer waits for this */
    struct wzp_log log;
    /* Which of the two writes the data: the other thread, once it has read the file, or the
     * softphone itself, when it no longer waits. The first to claim it writes it. */
    atomic_int writer;
    bool is_history; /* false: the file known_relays */
    struct wzp_history_entry entries[WZP_APP_UNSAVED_MAX];
    size_t count;
    struct wzp_known_relays known;
};

static bool take(struct wzp_app_saving *s, int who)
{
    int writer = NOBODY;
    return atomic_compare_exchange_strong(&s->writer, &writer, who) || writer == who;
}

/* ---- on the other thread ---- */

static int merge(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                 struct wzp_error *err)
{
    struct wzp_app_saving *s = owner;
    if (!take(s, THE_THREAD))
        return 0;
    return s->is_history
               ? wzp_history_append(out, out_length, old, old_length, s->entries, s->count, err)
               : wzp_known_relays_merge(&s->known, out, out_length, old, old_length, err);
}

/* ---- here ---- */

static int save(struct wzp_app *app, struct wzp_error *err);

static void free_saving(struct wzp_app_saving *s)
{
    wzp_known_relays_fini(&s->known);
    wzp_free(s);
}

/* Drops the oldest entries, which are in the file now. */
static void drop_unsaved(struct wzp_app *app, size_t count)
{
    app->unsaved_count -= count;
    memmove(app->unsaved, app->unsaved + count, app->unsaved_count * sizeof app->unsaved[0]);
}

/* Takes in the result of a write. Returns whether another write can be tried now. */
static bool settle(struct wzp_app *app, struct wzp_app_saving *s, const struct wzp_error *failure)
{
    size_t count = app->saving_count;
    app->saving = NULL;
    app->saving_count = 0;
    if (!failure && s->is_history)
        drop_unsaved(app, count);
    else if (!failure)
        (void)wzp_known_relays_written(&app->known, &s->known.pins);
    else if (!s->is_history)
        app->known.pins.changed = true;
    if (!failure)
        return true;
    /* A file that was damaged after we had read it is set aside once, and then created anew. */
    return !s->is_history && wzp_known_relays_repair(&app->known, &app->host, failure);
}

static void done(void *owner, const struct wzp_error *failure)
{
    struct wzp_app_saving *s = owner;
    struct wzp_app *app = s->app;
    struct wzp_error err = {0};
    if (!app && failure && s->writer == THE_THREAD)
        wzp_log(&s->log, WZP_LOG_ERROR, "%s", failure->text);
    if (app && settle(app, s, failure)) {
        if (save(app, &err))
            wzp_app_tell_error(app, NULL, &err);
    } else if (app && failure) {
        err = *failure;
        if (s->is_history)
            wzp_error_prefix(&err, "the call is not in the history file yet");
        wzp_app_tell_error(app, NULL, &err);
    }
    free_saving(s);
}

static int begin(struct wzp_app *app, struct wzp_app_saving *s, struct wzp_error *err)
{
    int result = 0;
    *s = (struct wzp_app_saving){.app = app, .log = app->host.log};
    wzp_known_relays_init(&s->known);
    s->is_history = app->unsaved_count > 0;
    s->count = app->unsaved_count;
    memcpy(s->entries, app->unsaved, s->count * sizeof s->entries[0]);
    if (!s->is_history && wzp_known_relays_copy(&s->known, &app->known))
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    result =
        WZP_HOST(app, file_update_later, s->is_history ? &wzp_file_history : &wzp_file_known_relays,
                 merge, done, s, err);
    if (result)
        return result;
    app->saving = s;
    app->saving_count = s->count;
    if (!s->is_history)
        app->known.pins.changed = false;
    return 0;
}

/* Starts writing what is unsaved, unless a write is under way, which continues with the rest by
 * itself. */
static int save(struct wzp_app *app, struct wzp_error *err)
{
    if (app->saving || (!app->unsaved_count && !wzp_known_relays_changed(&app->known)))
        return 0;
    struct wzp_app_saving *s = wzp_alloc(sizeof *s);
    if (!s)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    int result = begin(app, s, err);
    if (result)
        free_saving(s);
    return result;
}

/* Stops waiting for the other thread: what it has not begun to write is unsaved again. */
static void leave(struct wzp_app *app)
{
    struct wzp_app_saving *s = app->saving;
    if (!s)
        return;
    bool is_ours = take(s, THE_SOFTPHONE);
    if (!is_ours && s->is_history)
        drop_unsaved(app, app->saving_count);
    if (is_ours && !s->is_history)
        app->known.pins.changed = true;
    if (!is_ours && !s->is_history)
        (void)wzp_known_relays_written(&app->known, &s->known.pins);
    s->app = NULL;
    app->saving = NULL;
    app->saving_count = 0;
}

void wzp_saving_add(struct wzp_app *app, const struct wzp_history_entry *entry)
{
    struct wzp_error err = {0};
    /* the disk has been full for long: drop the oldest */
    if (app->unsaved_count == WZP_APP_UNSAVED_MAX) {
        drop_unsaved(app, 1);
        app->saving_count -= app->saving_count > 0;
    }
    app->unsaved[app->unsaved_count++] = *entry;
    if (save(app, &err))
        wzp_app_tell_error(app, NULL, &err);
}

static bool same_call(const struct wzp_history_entry *a, const struct wzp_history_entry *b)
{
    char one[WZP_HISTORY_LINE_MAX], other[WZP_HISTORY_LINE_MAX];
    wzp_history_format(one, a);
    wzp_history_format(other, b);
    return strcmp(one, other) == 0;
}

bool wzp_saving_has(const struct wzp_app *app, const struct wzp_history_entry *entry)
{
    for (size_t i = 0; i < app->saving_count; i++)
        if (same_call(&app->unsaved[i], entry))
            return true;
    return false;
}

int wzp_saving_forget(struct wzp_app *app, const char *peer, struct wzp_error *err)
{
    size_t kept = 0;
    leave(app);
    for (size_t i = 0; i < app->unsaved_count; i++)
        if (peer && strcmp(app->unsaved[i].peer, peer) != 0)
            app->unsaved[kept++] = app->unsaved[i];
    bool forgot = kept < app->unsaved_count;
    app->unsaved_count = kept;
    int result = peer ? wzp_store_history_forget(peer, &app->host, err)
                      : wzp_store_history_clear(&app->host, err);
    if (result != WZP_E_NOT_FOUND || !forgot)
        return result;
    if (err)
        *err = (struct wzp_error){0};
    return 0;
}

int wzp_saving_known_now(struct wzp_app *app, struct wzp_error *err)
{
    leave(app);
    return wzp_known_relays_write(&app->known, &app->host, err);
}

void wzp_saving_fini(struct wzp_app *app)
{
    struct wzp_error err = {0};
    leave(app);
    if (app->unsaved_count > 0 &&
        wzp_store_history_add(app->unsaved, app->unsaved_count, &app->host, &err))
        wzp_log(&app->host.log, WZP_LOG_ERROR, "history: %s", err.text);
    if (wzp_known_relays_write(&app->known, &app->host, &err))
        wzp_log(&app->host.log, WZP_LOG_ERROR, "%s", err.text);
}
