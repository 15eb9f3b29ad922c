/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The release of signals. */
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "wire/signal.h"
#include "wire/signal_table.h"

static void free_fields(void *base, const struct wzp_shape *shape);

static void free_string(char **text)
{
    if (*text)
        wzp_wipe(*text, strlen(*text)); /* it may be a token */
    wzp_free(*text);
    *text = NULL;
}

static void free_value(void *at, const struct wzp_field *field)
{
    struct wzp_any_list *list = at;
    switch (field->kind) {
    case WZP_FIELD_STRING:
    case WZP_FIELD_MESSAGE: free_string(at); break;
    case WZP_FIELD_BYTES:
        wzp_free(((struct wzp_bytes *)at)->data);
        memset(at, 0, sizeof(struct wzp_bytes));
        break;
    case WZP_FIELD_STRUCT: free_fields(at, field->shape); break;
    case WZP_FIELD_STRINGS:
    case WZP_FIELD_STRUCT_LIST:
        for (size_t i = 0; i < list->count; i++) {
            if (field->kind == WZP_FIELD_STRINGS)
                free_string((char **)list->items + i);
            else
                free_fields((uint8_t *)list->items + i * field->shape->size, field->shape);
        }
        wzp_free(list->items);
        list->items = NULL;
        list->count = 0;
        break;
    default: break;
    }
}

static void free_fields(void *base, const struct wzp_shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        free_value((uint8_t *)base + shape->fields[i].offset, &shape->fields[i]);
}

void wzp_signal_fini(struct wzp_signal *signal)
{
    const struct wzp_shape *shape = wzp_signal_shape(signal->type);
    if (shape)
        free_fields(signal, shape);
}
