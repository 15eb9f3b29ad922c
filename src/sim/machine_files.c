/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Files of a machine, in memory. Nothing runs concurrently, so every update is atomic. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "sim/machine_internal.h"

#define ASIDE_MAX 1000

static const char *const place_names[] = {"config", "data", "state", "runtime", "legacy", "path"};

static struct wzp_sim_file **find(const struct wzp_sim_machine *m, enum wzp_place place,
                                  const char *name)
{
    struct wzp_sim_file **at = (struct wzp_sim_file **)&m->files;
    while (*at && ((*at)->place != place || strcmp((*at)->name, name) != 0))
        at = &(*at)->next;
    return at;
}

static void free_file(struct wzp_sim_file *file)
{
    if (file->secret)
        wzp_wipe(file->text, file->length);
    wzp_free(file->text);
    wzp_free(file);
}

void wzp_sim_files_fini(struct wzp_sim_machine *m)
{
    while (m->files) {
        struct wzp_sim_file *file = m->files;
        m->files = file->next;
        free_file(file);
    }
}

const struct wzp_sim_file *wzp_sim_machine_file(const struct wzp_sim_machine *m,
                                                enum wzp_place place, const char *name)
{
    return *find(m, place, name);
}

/* Takes text over, also when it fails. */
static int set_text(struct wzp_sim_machine *m, enum wzp_place place, const char *name, char *text,
                    size_t length, bool secret)
{
    struct wzp_sim_file **at = find(m, place, name);
    if (!*at) {
        size_t size = strlen(name) + 1;
        struct wzp_sim_file *file = wzp_calloc(1, sizeof *file + size);
        if (!file) {
            wzp_free(text);
            return WZP_E_MEMORY;
        }
        memcpy(file->name, name, size);
        file->place = place;
        *at = file;
    } else {
        wzp_free((*at)->text);
    }
    (*at)->text = text;
    (*at)->length = length;
    (*at)->secret = secret;
    return 0;
}

int wzp_sim_machine_put(struct wzp_sim_machine *m, enum wzp_place place, const char *name,
                        const char *text, size_t length)
{
    char *copy = wzp_alloc(length + 1);
    if (!copy)
        return WZP_E_MEMORY;
    memcpy(copy, text, length);
    copy[length] = 0;
    return set_text(m, place, name, copy, length, false);
}

int wzp_sim_file_path(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                      struct wzp_error *err)
{
    (void)context;
    if (file->place == WZP_PLACE_PATH)
        snprintf(out, WZP_PATH_MAX, "%s", file->name);
    else
        snprintf(out, WZP_PATH_MAX, "/home/%s/wzp/%s", place_names[file->place], file->name);
    (void)err;
    return 0;
}

int wzp_sim_file_read(void *context, char **out, size_t *length, const struct wzp_host_file *file,
                      struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    const struct wzp_sim_file *found = wzp_sim_machine_file(context, file->place, file->name);
    *out = NULL;
    *length = 0;
    wzp_sim_file_path(context, path, file, err);
    if (!found)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "cannot open %s: No such file", path);
    if (found->length > file->limit)
        return wzp_error_set(err, WZP_E_TOO_BIG, "%s is larger than %zu bytes", path, file->limit);
    char *copy = wzp_alloc(found->length + 1);
    if (!copy)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    memcpy(copy, found->text, found->length);
    copy[found->length] = 0;
    *out = copy;
    *length = found->length;
    return 0;
}

static int refuse_full(void *context, const struct wzp_host_file *file, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    wzp_sim_file_path(context, path, file, err);
    return wzp_error_set(err, WZP_E_IO, "cannot write %s: No space left on device", path);
}

int wzp_sim_file_update(void *context, const struct wzp_host_file *file, wzp_host_merge merge,
                        void *owner, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    char *old, *text = NULL;
    size_t old_length, length = 0;
    int result = wzp_sim_file_read(context, &old, &old_length, file, err);
    if (result && result != WZP_E_NOT_FOUND)
        return result;
    if (result && err)
        *err = (struct wzp_error){0};
    result = merge(owner, &text, &length, old ? old : "", old_length, err);
    wzp_free(old);
    if (!result && text && length > file->limit)
        result = wzp_error_set(err, WZP_E_TOO_BIG, "%s would be too large", file->name);
    if (!result && text && m->disk_full)
        result = refuse_full(context, file, err);
    if (result || !text) {
        wzp_free(text);
        return result;
    }
    result = set_text(m, file->place, file->name, text, length, file->secret);
    return result ? wzp_error_set(err, result, "out of memory") : 0;
}

int wzp_sim_file_create(void *context, const struct wzp_host_file *file, const char *text,
                        size_t length, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    char path[WZP_PATH_MAX];
    wzp_sim_file_path(context, path, file, err);
    if (wzp_sim_machine_file(m, file->place, file->name))
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "%s exists already, and is not written over; choose another name",
                             path);
    if (m->disk_full)
        return refuse_full(context, file, err);
    int result = wzp_sim_machine_put(m, file->place, file->name, text, length);
    if (result)
        return wzp_error_set(err, result, "out of memory");
    (*find(m, file->place, file->name))->secret = file->secret;
    return 0;
}

int wzp_sim_file_extend(void *context, const struct wzp_host_file *file, bool fresh,
                        uint64_t offset, const void *data, size_t length, struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    int result = fresh ? wzp_sim_file_create(context, file, "", 0, err) : 0;
    if (result)
        return result;
    struct wzp_sim_file *found = *find(m, file->place, file->name);
    if (!found)
        return wzp_error_set(err, WZP_E_NOT_FOUND, "cannot write %s: No such file", file->name);
    if (m->disk_full)
        return refuse_full(context, file, err);
    size_t end = (size_t)offset + length;
    if (end > found->length) {
        char *grown = wzp_realloc(found->text, end + 1);
        if (!grown)
            return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
        memset(grown + found->length, 0, end + 1 - found->length);
        found->text = grown;
        found->length = end;
    }
    memcpy(found->text + offset, data, length);
    return 0;
}

int wzp_sim_file_set_aside(void *context, char out[WZP_PATH_MAX], const struct wzp_host_file *file,
                           struct wzp_error *err)
{
    struct wzp_sim_machine *m = context;
    struct wzp_host_file aside = *file;
    char name[256];
    const struct wzp_sim_file *old = wzp_sim_machine_file(m, file->place, file->name);
    if (!old)
        return wzp_error_set(err, WZP_E_IO, "cannot set %s aside: No such file", file->name);
    aside.name = name;
    for (int i = 1; i < ASIDE_MAX; i++) {
        if (i == 1)
            snprintf(name, sizeof name, "%s.damaged", file->name);
        else
            snprintf(name, sizeof name, "%s.damaged.%d", file->name, i);
        if (!wzp_sim_machine_file(m, file->place, name))
            break;
    }
    int result = wzp_sim_machine_put(m, file->place, name, old->text, old->length);
    if (result)
        return wzp_error_set(err, result, "out of memory");
    struct wzp_sim_file **at = find(m, file->place, file->name);
    struct wzp_sim_file *gone = *at;
    *at = gone->next; /* NOLINT(clang-analyzer-core.NullDereference): it was read above */
    free_file(gone);
    return wzp_sim_file_path(context, out, &aside, err);
}
