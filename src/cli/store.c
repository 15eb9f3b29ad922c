/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/store.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "loop/files.h"
#include "loop/loop.h"

#define IDENTITY_FILE_MAX 4096
#define PINS_FILE_MAX (4 * 1024 * 1024)
#define CONTACTS_FILE_MAX (256 * 1024)
#define HISTORY_FILE_MAX (1024 * 1024)

static int read_identity(struct wzp_identity *out, const char *path, struct wzp_error *err)
{
    char *text;
    size_t length;
    int result = wzp_file_read(&text, &length, path, IDENTITY_FILE_MAX, true, err);
    if (result)
        return result;
    result = wzp_identity_parse(out, text, length, err);
    wzp_wipe(text, length);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, path);
    return result;
}

/* Is there anything, readable or not? */
static bool is_there(const char *path)
{
    char *old;
    size_t length;
    int result = wzp_file_read(&old, &length, path, IDENTITY_FILE_MAX, false, NULL);
    if (result == 0) {
        wzp_wipe(old, length);
        wzp_free(old);
    }
    return result != WZP_E_NOT_FOUND;
}

int wzp_store_identity_write(const struct wzp_identity *identity, char *path, bool replace,
                             struct wzp_error *err)
{
    char legacy[WZP_PATH_MAX], text[WZP_SEED_TEXT_SIZE + 1];
    int result = wzp_path(path, WZP_PLACE_DATA, "identity", err);
    if (result)
        return result;
    if (!replace && is_there(path))
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "%s exists; --force replaces it, and its fingerprint is then gone",
                             path);
    if (!replace && wzp_path(legacy, WZP_PLACE_LEGACY, "identity", NULL) == 0 && is_there(legacy))
        return wzp_error_set(err, WZP_E_DUPLICATE,
                             "%s exists and is used; --force makes another one that comes first",
                             legacy);
    wzp_identity_format(text, identity);
    result = wzp_file_write(path, text, WZP_SEED_TEXT_SIZE, true, err);
    wzp_wipe(text, sizeof text);
    return result;
}

int wzp_store_identity(struct wzp_identity *out, char *path, bool create, bool *created,
                       struct wzp_error *err)
{
    *created = false;
    int result = wzp_path(path, WZP_PLACE_DATA, "identity", err);
    if (result)
        return result;
    result = read_identity(out, path, err);
    if (result != WZP_E_NOT_FOUND)
        return result;
    char legacy[WZP_PATH_MAX];
    if (wzp_path(legacy, WZP_PLACE_LEGACY, "identity", NULL) == 0) {
        result = read_identity(out, legacy, err);
        if (result != WZP_E_NOT_FOUND) {
            memcpy(path, legacy, sizeof legacy);
            return result;
        }
    }
    if (!create)
        return wzp_error_set(err, WZP_E_NOT_FOUND,
                             "there is no identity yet; 'wzp identity new' makes one");
    struct wzp_random random = wzp_system_random();
    wzp_identity_new(out, &random);
    *created = true;
    return wzp_store_identity_write(out, path, false, err);
}

/* Reads a file that may be missing: then *text is a new empty text. */
static int read_optional(char **text, size_t *length, enum wzp_place place, const char *name,
                         size_t limit, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    int result = wzp_path(path, place, name, err);
    if (result)
        return result;
    result = wzp_file_read(text, length, path, limit, false, err);
    if (result != WZP_E_NOT_FOUND)
        return result;
    *length = 0;
    *text = wzp_strdup("");
    return *text ? 0 : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
}

static int write_text(enum wzp_place place, const char *name, const char *text, size_t length,
                      struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    int result = wzp_path(path, place, name, err);
    return result ? result : wzp_file_write(path, text, length, true, err);
}

int wzp_store_pins_read(struct wzp_pins *pins, struct wzp_error *err)
{
    char *text;
    size_t length;
    int result = read_optional(&text, &length, WZP_PLACE_DATA, "known_relays", PINS_FILE_MAX, err);
    if (result)
        return result;
    result = wzp_pins_parse(pins, text, length, err);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, "known_relays");
    return result;
}

int wzp_store_pins_write(struct wzp_pins *pins, struct wzp_error *err)
{
    char *text;
    size_t length;
    if (!pins->changed)
        return 0;
    int result = wzp_pins_format(&text, &length, pins);
    if (result)
        return wzp_error_set(err, result, "out of memory");
    result = write_text(WZP_PLACE_DATA, "known_relays", text, length, err);
    wzp_free(text);
    if (!result)
        pins->changed = false;
    return result;
}

int wzp_store_contacts_read(struct wzp_contacts *contacts, struct wzp_error *err)
{
    char *text;
    size_t length;
    int result =
        read_optional(&text, &length, WZP_PLACE_DATA, "contacts.toml", CONTACTS_FILE_MAX, err);
    if (result)
        return result;
    result = wzp_contacts_parse(contacts, text, length, err);
    wzp_free(text);
    if (result)
        wzp_error_prefix(err, "contacts.toml");
    return result;
}

int wzp_store_contacts_write(const struct wzp_contacts *contacts, struct wzp_error *err)
{
    char *text;
    size_t length;
    int result = wzp_contacts_format(&text, &length, contacts);
    if (result)
        return wzp_error_set(err, result, "out of memory");
    result = write_text(WZP_PLACE_DATA, "contacts.toml", text, length, err);
    wzp_free(text);
    return result;
}

int wzp_store_history_read(char **text, struct wzp_error *err)
{
    size_t length;
    return read_optional(text, &length, WZP_PLACE_STATE, "history", HISTORY_FILE_MAX, err);
}

int wzp_store_history_add(const struct wzp_history_entry *entry, struct wzp_error *err)
{
    char line[WZP_HISTORY_LINE_MAX];
    size_t line_length = wzp_history_format(line, entry);
    char *old;
    int result = wzp_store_history_read(&old, err);
    if (result)
        return result;
    const char *kept = wzp_history_tail(old, WZP_HISTORY_MAX - 1);
    size_t kept_length = strlen(kept);
    bool torn = kept_length > 0 && kept[kept_length - 1] != '\n'; /* a line without its end */
    char *text = wzp_alloc(kept_length + 1 + line_length);
    if (!text) {
        wzp_free(old);
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    memcpy(text, kept, kept_length);
    if (torn)
        text[kept_length++] = '\n';
    memcpy(text + kept_length, line, line_length);
    result = write_text(WZP_PLACE_STATE, "history", text, kept_length + line_length, err);
    wzp_free(text);
    wzp_free(old);
    return result;
}

int wzp_store_history_clear(struct wzp_error *err)
{
    return write_text(WZP_PLACE_STATE, "history", "", 0, err);
}
