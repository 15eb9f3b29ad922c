/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Structure of TOML: keys, tables, arrays. A tree of the names seen so far (no values) finds
 * what is defined twice, by the rules of TOML 1.0. */
#include "base/toml.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/toml_scan.h"

#define WORD_MAX 128
#define PATH_MAX_LENGTH 512
#define NODE_MAX 4096 /* names known at once: also bounds the search for duplicates */

enum kind {
    KIND_VALUE,
    KIND_IMPLICIT, /* table that only exists because of [a.b] or [[a.b]] */
    KIND_TABLE,    /* [a] */
    KIND_DOTTED,   /* table made by a.b = ... */
    KIND_ARRAY     /* [[a]]; children are those of the newest element */
};

struct node {
    struct node *next;
    struct node *children;
    enum kind kind;
    unsigned index; /* KIND_ARRAY: newest element */
    char name[];
};

struct reader {
    struct wzp_toml_scan scan;
    wzp_toml_handler handler;
    void (*each)(void *context, const struct wzp_toml_table *table); /* NULL: nobody asks */
    void *context;
    const char *text;
    struct wzp_toml_table place; /* of the table under way */
    unsigned nodes;
    struct node *root;
    struct node *table; /* where keys go now */
    char table_name[PATH_MAX_LENGTH];
    char key[PATH_MAX_LENGTH];
    char string[WZP_TOML_STRING_MAX + 1];
    char word[WORD_MAX];
    struct wzp_toml_value value;
};

static int read_value(struct reader *r, struct node *node, unsigned depth);

static struct node *add_node(struct reader *r, struct node *parent, const char *name,
                             enum kind kind)
{
    size_t length = strlen(name);
    struct node *n = wzp_alloc(sizeof *n + length + 1);
    if (!n)
        return NULL;
    n->children = NULL;
    n->kind = kind;
    n->index = 0;
    memcpy(n->name, name, length + 1);
    n->next = parent ? parent->children : NULL;
    if (parent)
        parent->children = n;
    r->nodes++;
    return n;
}

/* Depth is bounded by WZP_TOML_DEPTH_MAX words per key, so recursion is. */
static void free_children(struct reader *r, struct node *n)
{
    while (n->children) {
        struct node *child = n->children;
        n->children = child->next;
        free_children(r, child);
        wzp_free(child);
        r->nodes--;
    }
}

static struct node *find_child(const struct node *parent, const char *name)
{
    for (struct node *n = parent->children; n; n = n->next)
        if (strcmp(n->name, name) == 0)
            return n;
    return NULL;
}

static int fail_duplicate(struct reader *r)
{
    char shown[WORD_MAX];
    char sentence[WORD_MAX + 64];
    wzp_text_filter(shown, sizeof shown, r->word, strlen(r->word));
    snprintf(sentence, sizeof sentence, "\"%s\" is defined twice", shown);
    return wzp_toml_fail(&r->scan, WZP_E_DUPLICATE, sentence);
}

/* A new child, with the caps checked. */
static int make_child(struct reader *r, struct node **out, struct node *parent, enum kind kind)
{
    if (r->nodes >= NODE_MAX)
        return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "there are too many keys");
    *out = add_node(r, parent, r->word, kind);
    return *out ? 0 : wzp_toml_fail(&r->scan, WZP_E_MEMORY, "out of memory");
}

/* Adds a word to a dotted name. A word that is not bare is shown in quotes, so that "a.b" and
 * a.b stay two names. */
static int append_word(struct reader *r, char *path, const char *word)
{
    static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t length = strlen(path);
    int is_bare = word[0] != '\0' && word[strspn(word, bare)] == '\0';
    const char *quote = is_bare ? "" : "\"";
    int n = snprintf(path + length, PATH_MAX_LENGTH - length, "%s%s%s%s", length > 0 ? "." : "",
                     quote, word, quote);
    if (n < 0 || (size_t)n >= PATH_MAX_LENGTH - length)
        return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "key is too long");
    return 0;
}

/* Reads words joined by dots. For each but the last calls step; stops behind the last, which is
 * then in r->word. */
static int read_path(struct reader *r, char *path, struct node **at,
                     int (*step)(struct reader *r, struct node **at))
{
    for (unsigned words = 1;; words++) {
        wzp_toml_skip_blank(&r->scan);
        int result = wzp_toml_scan_word(&r->scan, r->word, sizeof r->word);
        if (result == 0)
            result = append_word(r, path, r->word);
        if (result < 0)
            return result;
        wzp_toml_skip_blank(&r->scan);
        if (wzp_toml_peek(&r->scan) != '.')
            return 0;
        if (words >= WZP_TOML_DEPTH_MAX)
            return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "key has too many parts");
        r->scan.at++;
        result = step(r, at);
        if (result < 0)
            return result;
    }
}

/* One word of a header [a.b.c]: goes down through any table that is not closed. */
static int step_header(struct reader *r, struct node **at)
{
    struct node *child = find_child(*at, r->word);
    if (!child) {
        int result = make_child(r, &child, *at, KIND_IMPLICIT);
        if (result < 0)
            return result;
    }
    if (child->kind == KIND_VALUE)
        return fail_duplicate(r);
    *at = child;
    return 0;
}

/* One word of a key a.b.c = ...: goes down only through tables that such keys made. */
static int step_key(struct reader *r, struct node **at)
{
    struct node *child = find_child(*at, r->word);
    if (!child) {
        int result = make_child(r, &child, *at, KIND_DOTTED);
        if (result < 0)
            return result;
    }
    if (child->kind != KIND_DOTTED)
        return fail_duplicate(r);
    *at = child;
    return 0;
}

static int read_header(struct reader *r)
{
    struct node *at = r->root;
    r->scan.at++;
    int is_array = wzp_toml_peek(&r->scan) == '[';
    r->scan.at += is_array;
    r->table_name[0] = '\0';
    int result = read_path(r, r->table_name, &at, step_header);
    if (result < 0)
        return result;
    for (int i = 0; i <= is_array; i++) {
        if (wzp_toml_peek(&r->scan) != ']')
            return wzp_toml_fail(&r->scan, WZP_E_SYNTAX, "the table name must end with ]");
        r->scan.at++;
    }
    struct node *table = find_child(at, r->word);
    if (!table) {
        result = make_child(r, &table, at, is_array ? KIND_ARRAY : KIND_TABLE);
        if (result < 0)
            return result;
    } else if (is_array && table->kind == KIND_ARRAY) {
        table->index++;
        free_children(r, table);
    } else if (!is_array && table->kind == KIND_IMPLICIT) {
        table->kind = KIND_TABLE;
    } else {
        return fail_duplicate(r);
    }
    r->table = table;
    r->value.table_is_array = is_array != 0;
    r->value.table_index = table->index;
    return 0;
}

/* key = value; the value's names go under parent. */
static int read_key_value(struct reader *r, struct node *parent, unsigned depth)
{
    size_t key_length = strlen(r->key);
    struct node *at = parent;
    int result = read_path(r, r->key, &at, step_key);
    if (result < 0)
        return result;
    if (wzp_toml_peek(&r->scan) != '=')
        return wzp_toml_fail(&r->scan, WZP_E_SYNTAX, "\"=\" was expected after the key");
    if (find_child(at, r->word))
        return fail_duplicate(r);
    r->scan.at++;
    wzp_toml_skip_blank(&r->scan);
    struct node *node;
    result = make_child(r, &node, at, KIND_VALUE);
    if (result == 0)
        result = read_value(r, node, depth);
    r->key[key_length] = '\0';
    return result;
}

/* { a = 1, b.c = 2 }, the brace already passed. Keys continue the dotted key. */
static int read_inline_table(struct reader *r, struct node *node, unsigned depth)
{
    wzp_toml_skip_blank(&r->scan);
    if (wzp_toml_peek(&r->scan) == '}') {
        r->scan.at++;
        return 0;
    }
    for (;;) {
        int result = read_key_value(r, node, depth + 1);
        if (result != 0)
            return result;
        wzp_toml_skip_blank(&r->scan);
        int c = wzp_toml_peek(&r->scan);
        if (c != ',' && c != '}')
            return wzp_toml_fail(&r->scan, WZP_E_SYNTAX, "\",\" or \"}\" was expected");
        r->scan.at++;
        if (c == '}')
            return 0;
    }
}

/* One inline table in an array: the same as one [[table]]. */
static int read_element_table(struct reader *r, struct node *node, unsigned index, unsigned depth)
{
    struct wzp_toml_value saved = r->value;
    size_t name_length = strlen(r->table_name);
    char key[PATH_MAX_LENGTH];
    memcpy(key, r->key, sizeof key);
    int n = snprintf(r->table_name + name_length, sizeof r->table_name - name_length, "%s%s",
                     name_length > 0 ? "." : "", key);
    if (n < 0 || (size_t)n >= sizeof r->table_name - name_length)
        return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "key is too long");
    r->key[0] = '\0';
    r->value.table_is_array = true;
    r->value.table_index = index;
    r->value.array_index = -1;
    r->scan.at++;
    int result = read_inline_table(r, node, depth);
    free_children(r, node); /* the next element may use the same names */
    r->table_name[name_length] = '\0';
    memcpy(r->key, key, sizeof key);
    r->value = saved;
    return result;
}

/* An array in an array: reported under the key "name[0]", which no caller knows by accident. */
static int read_element_array(struct reader *r, struct node *node, unsigned index, unsigned depth)
{
    size_t key_length = strlen(r->key);
    int outer_index = r->value.array_index;
    int n = snprintf(r->key + key_length, sizeof r->key - key_length, "[%u]", index);
    if (n < 0 || (size_t)n >= sizeof r->key - key_length)
        return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "key is too long");
    r->value.array_index = -1;
    int result = read_value(r, node, depth + 1);
    r->key[key_length] = '\0';
    r->value.array_index = outer_index;
    return result;
}

/* Elements over any number of lines, the bracket already passed. */
static int read_array(struct reader *r, struct node *node, unsigned depth)
{
    unsigned index = 0;
    for (;; index++) {
        int result = wzp_toml_skip_space(&r->scan);
        if (result < 0)
            return result;
        int c = wzp_toml_peek(&r->scan);
        if (c == ']')
            break;
        if (c == '{') {
            result = read_element_table(r, node, index, depth + 1);
        } else if (c == '[') {
            result = read_element_array(r, node, index, depth);
        } else {
            r->value.array_index = (int)index;
            result = read_value(r, node, depth + 1);
            r->value.array_index = -1;
        }
        if (result == 0)
            result = wzp_toml_skip_space(&r->scan);
        if (result != 0) /* the handler may end the walk with any value */
            return result;
        c = wzp_toml_peek(&r->scan);
        if (c == ']')
            break;
        if (c != ',')
            return wzp_toml_fail(&r->scan, WZP_E_SYNTAX, "\",\" or \"]\" was expected");
        r->scan.at++;
    }
    r->scan.at++;
    return 0;
}

static int read_value(struct reader *r, struct node *node, unsigned depth)
{
    int c = wzp_toml_peek(&r->scan);
    int result;
    if (depth > WZP_TOML_DEPTH_MAX)
        return wzp_toml_fail(&r->scan, WZP_E_TOO_BIG, "values are nested too deeply");
    if (c == '[' || c == '{') {
        r->scan.at++;
        return c == '[' ? read_array(r, node, depth) : read_inline_table(r, node, depth);
    }
    r->value.line = r->scan.line;
    r->value.string = NULL;
    r->value.integer = 0;
    r->value.number = 0;
    r->value.boolean = false;
    if (c == '"' || c == '\'') {
        r->value.type = WZP_TOML_STRING;
        result = wzp_toml_scan_string(&r->scan, r->string, sizeof r->string, 1);
        r->value.string = r->string;
    } else {
        result = wzp_toml_scan_scalar(&r->scan, &r->value);
    }
    if (result < 0)
        return result;
    r->value.table = r->table_name;
    r->value.key = r->key;
    if (!r->handler)
        return 0;
    return r->handler(r->context, &r->value, r->scan.error);
}

static void tell_table(struct reader *r)
{
    r->place.name = r->table_name;
    r->place.is_array = r->value.table_is_array;
    r->place.index = r->value.table_index;
    if (r->each)
        r->each(r->context, &r->place);
}

/* A header begins another table, at the start of its line. */
static int change_table(struct reader *r)
{
    const char *line = r->scan.at;
    tell_table(r);
    while (line > r->text && line[-1] != '\n')
        line--;
    r->place.begin = (size_t)(line - r->text);
    return read_header(r);
}

static int read_lines(struct reader *r)
{
    for (;;) {
        int result = wzp_toml_skip_space(&r->scan);
        if (result < 0)
            return result;
        int c = wzp_toml_peek(&r->scan);
        if (c < 0) {
            tell_table(r);
            return 0;
        }
        result = c == '[' ? change_table(r) : read_key_value(r, r->table, 1);
        if (result != 0)
            return result;
        wzp_toml_skip_blank(&r->scan);
        result = wzp_toml_skip_comment(&r->scan);
        if (result < 0)
            return result;
        if (wzp_toml_peek(&r->scan) >= 0 && !wzp_toml_skip_newline(&r->scan))
            return wzp_toml_fail(&r->scan, WZP_E_SYNTAX, "the line should end here");
        r->place.end = (size_t)(r->scan.at - r->text);
    }
}

static int walk(const char *text, size_t length, wzp_toml_handler handler,
                void (*each)(void *context, const struct wzp_toml_table *table), void *context,
                struct wzp_error *err)
{
    if (length > WZP_TOML_SIZE_MAX)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the file is larger than %d bytes",
                             WZP_TOML_SIZE_MAX);
    struct reader *r = wzp_calloc(1, sizeof *r);
    if (!r)
        return wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    r->scan = (struct wzp_toml_scan){text, text + length, 1, err};
    r->handler = handler;
    r->each = each;
    r->context = context;
    r->text = text;
    r->value.array_index = -1;
    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        r->scan.at += 3;
    int result;
    if (!wzp_utf8_valid(text, length)) {
        result = wzp_error_set(err, WZP_E_SYNTAX, "the file is not valid UTF-8 text");
    } else {
        r->root = add_node(r, NULL, "", KIND_TABLE);
        r->table = r->root;
        result = r->root ? read_lines(r) : wzp_error_set(err, WZP_E_MEMORY, "out of memory");
    }
    if (r->root) {
        free_children(r, r->root);
        wzp_free(r->root);
    }
    wzp_free(r);
    return result;
}

int wzp_toml_parse(const char *text, size_t length, wzp_toml_handler handler, void *context,
                   struct wzp_error *err)
{
    return walk(text, length, handler, NULL, context, err);
}

int wzp_toml_tables(const char *text, size_t length,
                    void (*each)(void *context, const struct wzp_toml_table *table), void *context,
                    struct wzp_error *err)
{
    return walk(text, length, NULL, each, context, err);
}
