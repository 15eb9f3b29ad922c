/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* One field of a message replaced in its text, all else kept byte by byte. Source: wzp-protocol(7),
 * JSON. */
#include "wire/signal.h"

#include <string.h>

#include "base/text.h"
#include "wire/frame.h"
#include "wire/json.h"
#include "wire/signal_json.h"

/* Where a field of a message stands: from its name to the end of its value. */
struct place {
    const char *name, *value, *end; /* NULL: absent */
    const char *last;               /* end of the last field; NULL: there is none */
    const char *close;              /* the bracket that closes the fields */
};

static int find_field(struct place *out, const char *text, size_t length, const char *field)
{
    char name[WZP_SIGNAL_NAME_MAX];
    bool has_fields;
    struct wzp_json j = {text, text + length};
    int result = wzp_signal_json_open(name, &has_fields, &j, NULL);
    memset(out, 0, sizeof *out);
    if (result < 0)
        return result;
    if (!has_fields || wzp_json_kind(&j) != '{')
        return WZP_E_NOT_FOUND; /* a message without fields has no place for one */
    wzp_json_enter(&j);
    while (wzp_json_more(&j)) {
        const char *start = j.at, *value;
        wzp_json_key(&j, name, sizeof name);
        wzp_json_skip(&j, &value);
        out->last = j.at;
        if (strcmp(name, field) != 0)
            continue;
        if (out->name)
            return WZP_E_SYNTAX; /* which of the two would count? */
        out->name = start;
        out->value = value;
        out->end = j.at;
    }
    out->close = j.at - 1;
    return wzp_json_more(&j) ? WZP_E_SYNTAX : 0;
}

/* Takes the field out, with the comma that divided it from its neighbours. */
static void write_without(struct wzp_signal_json_writer *w, const char *text, size_t length,
                          const struct place *place)
{
    const char *from = place->name, *to = place->end;
    while (from[-1] != '{' && from[-1] != ',')
        from--;
    if (from[-1] == ',') {
        from--;
    } else {
        while (*to != ',' && *to != '}')
            to++;
        to += *to == ',';
    }
    wzp_signal_json_bytes(w, text, (size_t)(from - text));
    wzp_signal_json_bytes(w, to, length - (size_t)(to - text));
}

int wzp_signal_replace_field(char **out, size_t *out_length, const char *text, size_t length,
                             const char *field, const char *value)
{
    struct wzp_signal_json_writer w = {0};
    struct place place = {0};
    *out = NULL;
    *out_length = 0;
    if (value && !wzp_utf8_valid(value, strlen(value)))
        return WZP_E_ARGUMENT;
    if (length > WZP_FRAME_MAX)
        return WZP_E_TOO_BIG;
    int result = wzp_json_check(text, length, NULL);
    if (result == 0)
        result = find_field(&place, text, length, field);
    if (result < 0)
        return result;
    if (value) {
        const char *head = place.name ? place.value : place.last ? place.last : place.close;
        const char *rest = place.name ? place.end : head;
        wzp_signal_json_bytes(&w, text, (size_t)(head - text));
        if (!place.name) {
            wzp_signal_json_raw(&w, place.last ? "," : "");
            wzp_signal_json_string(&w, field);
            wzp_signal_json_raw(&w, ":");
        }
        wzp_signal_json_string(&w, value);
        wzp_signal_json_bytes(&w, rest, length - (size_t)(rest - text));
    } else if (place.name) {
        write_without(&w, text, length, &place);
    } else {
        wzp_signal_json_bytes(&w, text, length); /* not there is as good */
    }
    return wzp_signal_json_finish(&w, out, out_length);
}
