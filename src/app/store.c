/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "app/store.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/toml.h"

#define IDENTITY_FILE_MAX 4096
#define PINS_FILE_MAX (4 * 1024 * 1024)

const struct wzp_host_file wzp_file_config = {WZP_PLACE_CONFIG, "config.toml", WZP_TOML_SIZE_MAX,
                                              false};
const struct wzp_host_file wzp_file_identity = {WZP_PLACE_DATA, "identity", IDENTITY_FILE_MAX,
                                                true};
const struct wzp_host_file wzp_file_contacts = {WZP_PLACE_DATA, "contacts.toml",
                                                WZP_CONTACTS_FILE_MAX, false};
const struct wzp_host_file wzp_file_known_relays = {WZP_PLACE_DATA, "known_relays", PINS_FILE_MAX,
                                                    false};
const struct wzp_host_file wzp_file_history = {WZP_PLACE_STATE, "history", WZP_HISTORY_FILE_MAX,
                                               false};
static const struct wzp_host_file legacy_identity = {WZP_PLACE_LEGACY, "identity",
                                                     IDENTITY_FILE_MAX, true};

/* ---- any file ---- */

int wzp_store_read_optional(char **text, size_t *length, const struct wzp_host *host,
                            const struct wzp_host_file *file, struct wzp_error *err)
{
    int result = host->calls->file_read(host->context, text, length, file, err);
    if (result != WZP_E_NOT_FOUND)
        return result;
    if (err)
        *err = (struct wzp_error){0};
    *length = 0;
    *text = wzp_strdup("");
    return *text ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

bool wzp_store_set_aside(struct wzp_error *note, const struct wzp_host *host,
                         const struct wzp_host_file *file, const struct wzp_error *why)
{
    char path[WZP_PATH_MAX];
    struct wzp_error err = {0};
    int result = host->calls->file_set_aside(host->context, path, file, &err);
    if (result)
        wzp_error_set(note, why->code, "%s is damaged (%s) and left out; %s", file->name, why->text,
                      err.text);
    else
        wzp_error_set(note, why->code,
                      "%s was damaged (%s); it is kept as %s: repair it and rename it back",
                      file->name, why->text, path);
    return !result;
}

/* ---- identity ---- */

static int read_identity(struct wzp_identity *out, char path[WZP_PATH_MAX],
                         const struct wzp_host *host, const struct wzp_host_file *file,
                         struct wzp_error *err)
{
    char *text;
    size_t length;
    int result = host->calls->file_path(host->context, path, file, err);
    if (!result)
        result = host->calls->file_read(host->context, &text, &length, file, err);
    if (result)
        return result;
    result = wzp_identity_parse(out, text, length, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

/* Does the file exist, readable or not? */
static bool is_there(const struct wzp_host *host, const struct wzp_host_file *file)
{
    struct wzp_host_file any = *file;
    char *text;
    size_t length;
    any.secret = false;
    int result = host->calls->file_read(host->context, &text, &length, &any, NULL);
    if (!result) {
        wzp_wipe(text, length);
        wzp_free(text);
    }
    return result != WZP_E_NOT_FOUND;
}

static int create_identity(const struct wzp_identity *identity, const struct wzp_host *host,
                           struct wzp_error *err)
{
    char text[WZP_SEED_TEXT_SIZE + 1];
    wzp_identity_format(text, identity);
    int result =
        host->calls->file_create(host->context, &wzp_file_identity, text, WZP_SEED_TEXT_SIZE, err);
    wzp_wipe(text, sizeof text);
    return result;
}

static int put_identity(void *owner, char **out, size_t *out_length, const char *old,
                        size_t old_length, struct wzp_error *err)
{
    (void)old;
    (void)old_length;
    *out = wzp_alloc(WZP_SEED_TEXT_SIZE + 1);
    if (!*out)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    wzp_identity_format(*out, owner);
    *out_length = WZP_SEED_TEXT_SIZE;
    return 0;
}

int wzp_store_identity_write(const struct wzp_identity *identity, char path[WZP_PATH_MAX],
                             const struct wzp_host *host, bool replace, struct wzp_error *err)
{
    /* A file that is damaged or accessible to others is replaced as well: the caller asked for
     * that. */
    struct wzp_host_file file = wzp_file_identity;
    struct wzp_identity copy = *identity;
    char legacy[WZP_PATH_MAX];
    int result = host->calls->file_path(host->context, path, &file, err);
    if (result)
        return result;
    if (!replace && is_there(host, &legacy_identity) &&
        host->calls->file_path(host->context, legacy, &legacy_identity, NULL) == 0 &&
        !is_there(host, &file))
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "%s exists and is used; --force makes another one that comes first",
                             legacy);
    result = create_identity(identity, host, err);
    if (result == WZP_E_DUPLICATE && !replace)
        wzp_error_set(err, result,
                      "%s exists; --force replaces it, and its fingerprint is then gone", path);
    if (result == WZP_E_DUPLICATE && replace) {
        if (err)
            *err = (struct wzp_error){0};
        result = host->calls->file_update(host->context, &file, put_identity, &copy, err);
    }
    wzp_identity_wipe(&copy);
    return result;
}

int wzp_store_identity(struct wzp_identity *out, char path[WZP_PATH_MAX],
                       const struct wzp_host *host, bool create, bool *created,
                       struct wzp_error *err)
{
    *created = false;
    int result = read_identity(out, path, host, &wzp_file_identity, err);
    if (result == WZP_E_NOT_FOUND)
        result = read_identity(out, path, host, &legacy_identity, err);
    if (result != WZP_E_NOT_FOUND)
        return result;
    if (!create)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "there is no identity yet; 'wzp identity new' makes one");
    if (err)
        *err = (struct wzp_error){0};
    result = host->calls->file_path(host->context, path, &wzp_file_identity, err);
    if (result)
        return result;
    wzp_identity_new(out, &host->random);
    result = create_identity(out, host, err);
    *created = result == 0;
    if (result == WZP_E_DUPLICATE) { /* another program created it at the same moment */
        if (err)
            *err = (struct wzp_error){0};
        return read_identity(out, path, host, &wzp_file_identity, err);
    }
    return result;
}

/* ---- contacts ---- */

int wzp_store_contacts_read(struct wzp_contacts *contacts, const struct wzp_host *host,
                            struct wzp_error *note, struct wzp_error *err)
{
    char *text;
    size_t length;
    struct wzp_error why = {0};
    *note = (struct wzp_error){0};
    wzp_contacts_fini(contacts);
    int result = wzp_store_read_optional(&text, &length, host, &wzp_file_contacts, err);
    if (result)
        return result;
    result = wzp_contacts_parse(contacts, text, length, &why);
    wzp_free(text);
    if (!result)
        return 0;
    wzp_contacts_fini(contacts);
    if (result == WZP_E_MEMORY)
        return wzp_error_set(err, result, "out of memory");
    wzp_store_set_aside(note, host, &wzp_file_contacts, &why);
    return 0;
}

struct contact_change {
    struct wzp_contacts made; /* the contacts of the new file */
    const char *name;
    const uint8_t *fingerprint; /* NULL: remove */
};

static int change_contacts(void *owner, char **out, size_t *out_length, const char *old,
                           size_t old_length, struct wzp_error *err)
{
    struct contact_change *change = owner;
    int result = change->fingerprint ? wzp_contacts_text_add(out, out_length, old, old_length,
                                                             change->name, change->fingerprint, err)
                                     : wzp_contacts_text_remove(out, out_length, old, old_length,
                                                                change->name, err);
    return result ? result : wzp_contacts_parse(&change->made, *out, *out_length, err);
}

static int update_contacts(struct wzp_contacts *contacts, struct contact_change *change,
                           const struct wzp_host *host, struct wzp_error *err)
{
    wzp_contacts_init(&change->made);
    int result =
        host->calls->file_update(host->context, &wzp_file_contacts, change_contacts, change, err);
    if (result) {
        wzp_contacts_fini(&change->made);
        return result;
    }
    wzp_contacts_fini(contacts);
    *contacts = change->made;
    return 0;
}

int wzp_store_contacts_add(struct wzp_contacts *contacts, const struct wzp_host *host,
                           const char *name, const uint8_t fingerprint[16], struct wzp_error *err)
{
    struct contact_change change = {.name = name, .fingerprint = fingerprint};
    return update_contacts(contacts, &change, host, err);
}

int wzp_store_contacts_remove(struct wzp_contacts *contacts, const struct wzp_host *host,
                              const char *name, struct wzp_error *err)
{
    struct contact_change change = {.name = name};
    return update_contacts(contacts, &change, host, err);
}

/* ---- history ---- */

struct addition {
    const struct wzp_history_entry *entries;
    size_t count;
};

static int append_entries(void *owner, char **out, size_t *out_length, const char *old,
                          size_t old_length, struct wzp_error *err)
{
    const struct addition *a = owner;
    return wzp_history_append(out, out_length, old, old_length, a->entries, a->count, err);
}

int wzp_store_history_add(const struct wzp_history_entry *entries, size_t count,
                          const struct wzp_host *host, struct wzp_error *err)
{
    struct addition addition = {entries, count};
    return host->calls->file_update(host->context, &wzp_file_history, append_entries, &addition,
                                    err);
}

int wzp_store_history_read(char **text, const struct wzp_host *host, struct wzp_error *err)
{
    size_t length;
    int result = wzp_store_read_optional(text, &length, host, &wzp_file_history, err);
    if (!result)
        wzp_history_mark(*text, length);
    return result;
}

static int clear(void *owner, char **out, size_t *out_length, const char *old, size_t old_length,
                 struct wzp_error *err)
{
    (void)owner;
    (void)old;
    *out_length = 0;
    if (old_length == 0)
        return 0;
    *out = wzp_strdup("");
    return *out ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

int wzp_store_history_clear(const struct wzp_host *host, struct wzp_error *err)
{
    return host->calls->file_update(host->context, &wzp_file_history, clear, NULL, err);
}

/* Keeps all lines except those of one peer; damaged lines stay. */
static int forget_peer(void *owner, char **out, size_t *out_length, const char *old,
                       size_t old_length, struct wzp_error *err)
{
    const char *peer = owner;
    char *kept = wzp_alloc(old_length + 1);
    if (!kept)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    size_t length = 0;
    for (size_t at = 0; at < old_length;) {
        const char *end = memchr(old + at, '\n', old_length - at);
        size_t line = end ? (size_t)(end - old) - at : old_length - at;
        size_t whole = line + (end != NULL);
        struct wzp_history_entry entry;
        if (wzp_history_parse(&entry, old + at, line) || strcmp(entry.peer, peer) != 0) {
            memcpy(kept + length, old + at, whole);
            length += whole;
        }
        at += whole;
    }
    if (length == old_length) {
        wzp_free(kept);
        return wzp_error_set(err, WZP_E_NOT_FOUND, "there is no such call in the history");
    }
    kept[length] = '\0';
    *out = kept;
    *out_length = length;
    return 0;
}

int wzp_store_history_forget(const char *peer, const struct wzp_host *host, struct wzp_error *err)
{
    return host->calls->file_update(host->context, &wzp_file_history, forget_peer,
                                    (void *)(uintptr_t)peer, err);
}
