/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Names that become an SNI. Source: wzp-protocol(7), Names, Room names. */
#include "wire/name.h"

#include <string.h>

#include "base/error.h"

#define LABEL_MAX 63

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' || c == '_';
}

/* Which rule one label breaks, or NULL. */
static const char *label_problem(const char *label, size_t length, bool is_last)
{
    bool digits = true;
    for (size_t i = 0; i < length; i++) {
        if (!is_name_byte(label[i]))
            return "only letters a-z, digits, '-', '_' and '.' may be used";
        digits = digits && is_digit(label[i]);
    }
    if (length == 0)
        return "it has an empty part: dots may not stand at the ends or side by side";
    if (length > LABEL_MAX)
        return "a part between dots may have at most 63 characters";
    if (label[0] == '-' || label[length - 1] == '-')
        return "'-' may not stand at the start or end, nor next to a dot";
    if (is_last && digits)
        return "the name, or its part after the last dot, may not be digits only";
    return NULL;
}

/* Which rule the name breaks, or NULL. */
static const char *name_problem(const char *name, size_t length)
{
    if (length == 0)
        return "it is empty";
    if (length > WZP_SNI_MAX)
        return "it may have at most 253 characters";
    size_t start = 0;
    for (size_t i = 0; i <= length; i++) {
        if (i < length && name[i] != '.')
            continue;
        const char *problem = label_problem(name + start, i - start, i == length);
        if (problem)
            return problem;
        start = i + 1;
    }
    return NULL;
}

bool wzp_sni_valid(const char *name, size_t length)
{
    return !name_problem(name, length);
}

void wzp_sni_lower(char *name)
{
    for (; *name != '\0'; name++)
        if (*name >= 'A' && *name <= 'Z')
            *name = (char)(*name - 'A' + 'a');
}

int wzp_room_name_normalize(char *out, const char *typed, struct wzp_error *err)
{
    size_t length = strnlen(typed, WZP_SNI_MAX + 1);
    out[0] = '\0';
    const char *problem = name_problem(typed, length);
    if (problem)
        return wzp_error_set(err, WZP_E_SYNTAX, "This is not a room name: %s.", problem);
    memcpy(out, typed, length);
    out[length] = '\0';
    wzp_sni_lower(out);
    if (out[0] == '_' || strcmp(out, WZP_SNI_PING) == 0 || strcmp(out, WZP_SNI_VERSION) == 0) {
        int result = wzp_error_set(
            err, WZP_E_REFUSED, "The room name \"%s\" is reserved: relays use it themselves.", out);
        out[0] = '\0';
        return result;
    }
    return 0;
}

int wzp_room_name_choose(char *out, const char *typed, struct wzp_error *err)
{
    int result = wzp_room_name_normalize(out, typed, err);
    if (!result && wzp_sni_purpose(out) == WZP_PURPOSE_CALL_ROOM)
        result = wzp_error_set(err, WZP_E_REFUSED, "room names that begin with %s belong to calls",
                               WZP_CALL_ROOM_PREFIX);
    return result;
}

bool wzp_call_id_valid(const char *id, size_t length)
{
    if (length == 0 || length > WZP_CALL_ID_MAX || id[0] == '-' || id[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_name_byte(id[i]) || (id[i] >= 'A' && id[i] <= 'Z'))
            return false;
    return true;
}

enum wzp_purpose wzp_sni_purpose(const char *name)
{
    static const struct {
        const char *name;
        enum wzp_purpose purpose;
    } reserved[] = {
        {WZP_SNI_PING, WZP_PURPOSE_PING},     {WZP_SNI_VERSION, WZP_PURPOSE_VERSION},
        {WZP_SNI_PROBE, WZP_PURPOSE_PROBE},   {WZP_SNI_FEDERATION, WZP_PURPOSE_FEDERATION},
        {WZP_SNI_SIGNAL, WZP_PURPOSE_SIGNAL},
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i].name) == 0)
            return reserved[i].purpose;
    if (name[0] == '_')
        return WZP_PURPOSE_UNKNOWN;
    if (strncmp(name, WZP_CALL_ROOM_PREFIX, strlen(WZP_CALL_ROOM_PREFIX)) == 0)
        return WZP_PURPOSE_CALL_ROOM;
    return WZP_PURPOSE_ROOM;
}
