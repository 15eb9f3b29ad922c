/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The TOML reader: what it reports for valid texts, what it refuses, and the relay's file. */
#include "base/toml.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

struct dump {
    char text[4096];
    size_t length;
    int stop_at; /* end the walk at this value */
    int count;
};

/* "table#index/key@element=value" per value, joined by spaces. */
static int record(void *context, const struct wzp_toml_value *v, struct wzp_error *err)
{
    struct dump *d = context;
    char value[1100];
    if (++d->count == d->stop_at)
        return wzp_error_set(err, WZP_E_REFUSED, "line %u: stop", v->line);
    switch (v->type) {
    case WZP_TOML_STRING: snprintf(value, sizeof value, "'%s'", v->string); break;
    case WZP_TOML_INTEGER: snprintf(value, sizeof value, "%lld", (long long)v->integer); break;
    case WZP_TOML_FLOAT: snprintf(value, sizeof value, "~%.15g", v->number); break;
    case WZP_TOML_BOOLEAN: snprintf(value, sizeof value, "%s", v->boolean ? "yes" : "no"); break;
    }
    char place[32] = "", element[32] = "";
    if (v->table_is_array)
        snprintf(place, sizeof place, "#%u", v->table_index);
    if (v->array_index >= 0)
        snprintf(element, sizeof element, "@%d", v->array_index);
    int n = snprintf(d->text + d->length, sizeof d->text - d->length, "%s%s%s/%s%s=%s",
                     d->length > 0 ? " " : "", v->table, place, v->key, element, value);
    if (n > 0 && (size_t)n < sizeof d->text - d->length)
        d->length += (size_t)n;
    return 0;
}

static const struct {
    const char *in, *out;
} valid[] = {
    {"", ""},
    {"\xef\xbb\xbf"
     "a=1",
     "/a=1"},
    {"# only a comment \xc3\xa9\t", ""},
    {"\n\r\n \t\n", ""},
    {"a = 1", "/a=1"},
    {"a=1 # c\r\nb=2\n", "/a=1 /b=2"},
    {"a-b_C9 = true\n1 = false", "/a-b_C9=yes /1=no"},
    {"\"a b\" = 1\n'x.y' = 2\n\"\" = 3", "/\"a b\"=1 /\"x.y\"=2 /\"\"=3"},
    {"a.b . c = 1\na.b.d = 2", "/a.b.c=1 /a.b.d=2"},
    {"\"x\".y = 1", "/x.y=1"},
    /* integers */
    {"a=+99\nb=-17\nc=0\nd=+0\ne=-0\nf=1_000", "/a=99 /b=-17 /c=0 /d=0 /e=0 /f=1000"},
    {"a=9223372036854775807\nb=-9223372036854775808",
     "/a=9223372036854775807 /b=-9223372036854775808"},
    {"a=0xDEADbeef\nb=0o755\nc=0b1101_0110\nd=0x00_1", "/a=3735928559 /b=493 /c=214 /d=1"},
    /* floats */
    {"a=1.0\nb=3.1415\nc=-0.01", "/a=~1 /b=~3.1415 /c=~-0.01"},
    {"a=5e+22\nb=1e06\nc=-2E-2\nd=6.626e-34", "/a=~5e+22 /b=~1000000 /c=~-0.02 /d=~6.626e-34"},
    {"a=224_617.445_991_228\nb=0e0\nc=0.0", "/a=~224617.445991228 /b=~0 /c=~0"},
    {"a=inf\nb=+inf\nc=-inf\nd=nan", "/a=~inf /b=~inf /c=~-inf /d=~nan"},
    {"a=1e-99999999", "/a=~0"},
    /* strings */
    {"a=\"\"\nb=''", "/a='' /b=''"},
    {"a=\"t\\t\\\"\\\\\\u00e9\\U0001F600\"", "/a='t\t\"\\\xc3\xa9\xf0\x9f\x98\x80'"},
    {"a='C:\\dir\\n'", "/a='C:\\dir\\n'"},
    {"a=\"# no comment\" # one", "/a='# no comment'"},
    {"a=\"\"\"\nx\n y\"\"\"", "/a='x\n y'"},
    {"a=\"\"\"x\\\n   \n  y\"\"\"", "/a='xy'"},
    {"a=\"\"\"x\"\"\"\"\"", "/a='x\"\"'"},
    {"a=\"\"\"\"q\"\" z\"\"\"", "/a='\"q\"\" z'"},
    {"a='''\r\nx\\n\r\ny'''", "/a='x\\n\ny'"},
    {"a=''''x'''''", "/a=''x'''"},
    /* arrays */
    {"a=[]\nb=[ 1,2 ,3, ]", "/b@0=1 /b@1=2 /b@2=3"},
    {"a=[\n 'x', # one\n\n 'y'\n , # two\n]", "/a@0='x' /a@1='y'"},
    {"a=[[1,2],[\"x\"]]", "/a[0]@0=1 /a[0]@1=2 /a[1]@0='x'"},
    {"a=[1,'x',true]\nb=1", "/a@0=1 /a@1='x' /a@2=yes /b=1"},
    /* tables */
    {"[t]\na=1\n[ u . v ]\nb=2\n[w.\"x y\"]\nc=3", "t/a=1 u.v/b=2 w.\"x y\"/c=3"},
    {"[a.b.c]\nx=1\n[a]\ny=2\n[a.b]\nz=3", "a.b.c/x=1 a/y=2 a.b/z=3"},
    {"[fruit]\napple.color=1\napple.taste.sweet=true\n[fruit.apple.texture]\nsmooth=true",
     "fruit/apple.color=1 fruit/apple.taste.sweet=yes fruit.apple.texture/smooth=yes"},
    {"[[p]]\nu=1\n[[p]]\n[[p]]\nu=3", "p#0/u=1 p#2/u=3"},
    {"[[f]]\nn=1\n[f.p]\nc=2\n[[f.v]]\nn=3\n[[f.v]]\nn=4\n[[f]]\nn=5\n[[f.v]]\nn=6",
     "f#0/n=1 f.p/c=2 f.v#0/n=3 f.v#1/n=4 f#1/n=5 f.v#0/n=6"},
    {"a={}\nb={x=1, y.z='q' }\nc=2", "/b.x=1 /b.y.z='q' /c=2"},
    {"a={x={y={z=1}}}", "/a.x.y.z=1"},
    {"p=[{u=1},{u=2, v=[3]}]\nq=1", "p#0/u=1 p#1/u=2 p#1/v@0=3 /q=1"},
    {"[t]\np=[{u=1}]\nz=2", "t.p#0/u=1 t/z=2"},
    {"[[t]]\np=[{u=1}]\nz=2", "t.p#0/u=1 t#0/z=2"},
    {"a=[{b=[{c=1},{c=2}]}]", "a.b#0/c=1 a.b#1/c=2"},
};

static const struct {
    const char *in;
    int result;
    unsigned line;
} invalid[] = {
    {"a", WZP_E_SYNTAX, 1},
    {"a b = 1", WZP_E_SYNTAX, 1},
    {"= 1", WZP_E_SYNTAX, 1},
    {"a =", WZP_E_SYNTAX, 1},
    {"a = \n1", WZP_E_SYNTAX, 1},
    {"\na = b", WZP_E_SYNTAX, 2},
    {"a = 1 b = 2", WZP_E_SYNTAX, 1},
    {"a = 1\rb = 2", WZP_E_SYNTAX, 1},
    {"a. = 1", WZP_E_SYNTAX, 1},
    {".a = 1", WZP_E_SYNTAX, 1},
    {"a..b = 1", WZP_E_SYNTAX, 1},
    {"\xc3\xa9 = 1", WZP_E_SYNTAX, 1},
    {"\"\"\"k\"\"\" = 1", WZP_E_SYNTAX, 1},
    {"a = TRUE", WZP_E_SYNTAX, 1},
    {"a = truex", WZP_E_SYNTAX, 1},
    {"a = 01", WZP_E_SYNTAX, 1},
    {"a = 1__0", WZP_E_SYNTAX, 1},
    {"a = _1", WZP_E_SYNTAX, 1},
    {"a = 1_", WZP_E_SYNTAX, 1},
    {"a = 1_e5", WZP_E_SYNTAX, 1},
    {"a = 1_.5", WZP_E_SYNTAX, 1},
    {"a = 1._5", WZP_E_SYNTAX, 1},
    {"a = +-1", WZP_E_SYNTAX, 1},
    {"a = +0x1", WZP_E_SYNTAX, 1},
    {"a = 0x", WZP_E_SYNTAX, 1},
    {"a = 0xg", WZP_E_SYNTAX, 1},
    {"a = 0o8", WZP_E_SYNTAX, 1},
    {"a = 0b2", WZP_E_SYNTAX, 1},
    {"a = 0X1", WZP_E_SYNTAX, 1},
    {"a = 9223372036854775808", WZP_E_SYNTAX, 1},
    {"a = -9223372036854775809", WZP_E_SYNTAX, 1},
    {"a = 99999999999999999999999999999999999999999999999999999999999999999", WZP_E_SYNTAX, 1},
    {"a = 1.", WZP_E_SYNTAX, 1},
    {"a = .5", WZP_E_SYNTAX, 1},
    {"a = 1.e5", WZP_E_SYNTAX, 1},
    {"a = 1e", WZP_E_SYNTAX, 1},
    {"a = 1e5.5", WZP_E_SYNTAX, 1},
    {"a = 1e999", WZP_E_SYNTAX, 1},
    {"a = 1e99999999999999999999", WZP_E_SYNTAX, 1},
    {"a = Inf", WZP_E_SYNTAX, 1},
    {"a = 1979-05-27", WZP_E_SYNTAX, 1},
    {"a = 07:32:00", WZP_E_SYNTAX, 1},
    {"a = \"x", WZP_E_SYNTAX, 1},
    {"a = 'x\ny'", WZP_E_SYNTAX, 1},
    {"a = \"\\q\"", WZP_E_SYNTAX, 1},
    {"a = \"\\u12\"", WZP_E_SYNTAX, 1},
    {"a = \"\\ud800\"", WZP_E_SYNTAX, 1},
    {"a = \"\\U00110000\"", WZP_E_SYNTAX, 1},
    {"a = \"\\u0000\"", WZP_E_SYNTAX, 1},
    {"a = \"\x01\"", WZP_E_SYNTAX, 1},
    {"a = '\x7f'", WZP_E_SYNTAX, 1},
    {"# \x01", WZP_E_SYNTAX, 1},
    {"a = \"\xff\"", WZP_E_SYNTAX, 0},
    {"\na = \"\"\"x\ny", WZP_E_SYNTAX, 2},
    {"a = '''x''", WZP_E_SYNTAX, 1},
    {"a = '''x''''''", WZP_E_SYNTAX, 1},
    {"a = \"\"\"\x02\"\"\"", WZP_E_SYNTAX, 1},
    {"a = \"\"\"x\\ y\"\"\"", WZP_E_SYNTAX, 1},
    {"a = [1", WZP_E_SYNTAX, 1},
    {"a = [1 2]", WZP_E_SYNTAX, 1},
    {"a = [,1]", WZP_E_SYNTAX, 1},
    {"a = [1,,2]", WZP_E_SYNTAX, 1},
    {"a = [\n# \x01\n]", WZP_E_SYNTAX, 2},
    {"a = {x=1", WZP_E_SYNTAX, 1},
    {"a = {x=1,}", WZP_E_SYNTAX, 1},
    {"a = {x=1 y=2}", WZP_E_SYNTAX, 1},
    {"a = {\nx=1}", WZP_E_SYNTAX, 1},
    {"[a", WZP_E_SYNTAX, 1},
    {"[]", WZP_E_SYNTAX, 1},
    {"[a]]", WZP_E_SYNTAX, 1},
    {"[[a]", WZP_E_SYNTAX, 1},
    {"[[a] ]", WZP_E_SYNTAX, 1},
    {"[a] b = 1", WZP_E_SYNTAX, 1},
    {"[a.]", WZP_E_SYNTAX, 1},
    {"[a\n]", WZP_E_SYNTAX, 1},
    {"a=1\na=2", WZP_E_DUPLICATE, 2},
    {"a=1\n\"a\"=2", WZP_E_DUPLICATE, 2},
    {"a=1\na.b=2", WZP_E_DUPLICATE, 2},
    {"a.b=1\na=2", WZP_E_DUPLICATE, 2},
    {"a.b=1\na.b=2", WZP_E_DUPLICATE, 2},
    {"[a]\n[a]", WZP_E_DUPLICATE, 2},
    {"[a]\nb=1\n[a.b]", WZP_E_DUPLICATE, 3},
    {"a=1\n[a]", WZP_E_DUPLICATE, 2},
    {"a=1\n[a.b]", WZP_E_DUPLICATE, 2},
    {"[a]\n[[a]]", WZP_E_DUPLICATE, 2},
    {"[[a]]\n[a]", WZP_E_DUPLICATE, 2},
    {"a=[]\n[[a]]", WZP_E_DUPLICATE, 2},
    {"a=[{x=1}]\n[[a]]", WZP_E_DUPLICATE, 2},
    {"[a.b]\n[[a]]", WZP_E_DUPLICATE, 2},
    {"[fruit]\napple.color=1\n[fruit.apple]", WZP_E_DUPLICATE, 3},
    {"[a.b.c]\nz=9\n[a]\nb.c.t=1", WZP_E_DUPLICATE, 4},
    {"a={x=1}\na.y=2", WZP_E_DUPLICATE, 2},
    {"a={x=1}\n[a.y]", WZP_E_DUPLICATE, 2},
    {"a={x=1,x=2}", WZP_E_DUPLICATE, 1},
    {"a={x.y=1,x.y=2}", WZP_E_DUPLICATE, 1},
    {"a=[{x=1,x=2}]", WZP_E_DUPLICATE, 1},
    {"[[a]]\nb=1\nb=2", WZP_E_DUPLICATE, 3},
    {"a=[[[[[[[[[1]]]]]]]]]", WZP_E_TOO_BIG, 1},
    {"a={b={c={d={e={f={g={h={i=1}}}}}}}}", WZP_E_TOO_BIG, 1},
    {"a.b.c.d.e.f.g.h.i=1", WZP_E_TOO_BIG, 1},
    {"[a.b.c.d.e.f.g.h.i]", WZP_E_TOO_BIG, 1},
};

static void check_tables(void)
{
    struct wzp_error err;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
        struct dump d = {.stop_at = -1};
        err = (struct wzp_error){0};
        int result = wzp_toml_parse(valid[i].in, strlen(valid[i].in), record, &d, &err);
        if (!is_int(result, 0, "valid: %s", valid[i].in))
            note("%s", err.text);
        is_str(d.text, valid[i].out, "reports %zu", i);
    }
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        struct dump d = {.stop_at = -1};
        char where[32];
        err = (struct wzp_error){0};
        int result = wzp_toml_parse(invalid[i].in, strlen(invalid[i].in), record, &d, &err);
        if (!is_int(result, invalid[i].result, "invalid: %s", invalid[i].in))
            note("%s", err.text);
        snprintf(where, sizeof where, "line %u: ", invalid[i].line);
        ok(invalid[i].line == 0 || strncmp(err.text, where, strlen(where)) == 0,
           "tells the line: %s", err.text);
        is_int(wzp_toml_parse(invalid[i].in, strlen(invalid[i].in), record, &d, NULL),
               invalid[i].result, "and needs no place for the sentence");
    }
}

static void check_relay_file(void)
{
    static const char file[] = "# relay\n"
                               "listen_addr = \"0.0.0.0:4433\"\n"
                               "max_sessions = 100\n"
                               "probe_targets = [\"1.2.3.4:4433\"]\n"
                               "trunking_enabled = false\n"
                               "region = \"eu\"\n"
                               "\n"
                               "[[peers]]\n"
                               "url = \"10.0.0.5:4433\"\n"
                               "fingerprint = \"0c:62:cf\"\n"
                               "label = \"Relay B (US)\"\n"
                               "[[peers]]\n"
                               "url = \"[2001:db8::1]:4433\"\n"
                               "fingerprint = \"89:05\"\n"
                               "\n"
                               "[[global_rooms]]\n"
                               "name = \"android\"\n";
    struct dump d = {.stop_at = -1};
    is_int(wzp_toml_parse(file, sizeof file - 1, record, &d, NULL), 0, "the relay's file");
    is_str(d.text,
           "/listen_addr='0.0.0.0:4433' /max_sessions=100 /probe_targets@0='1.2.3.4:4433' "
           "/trunking_enabled=no /region='eu' "
           "peers#0/url='10.0.0.5:4433' peers#0/fingerprint='0c:62:cf' "
           "peers#0/label='Relay B (US)' "
           "peers#1/url='[2001:db8::1]:4433' peers#1/fingerprint='89:05' "
           "global_rooms#0/name='android'",
           "is read as meant");
}

static void check_stop(void)
{
    static const char *const files[] = {"a=1\nb=2\nc=3", "a=[1,2,3]", "a={x=1,y=2,z=3}",
                                        "a=[{x=1},{y=2},{z=3}]", "a=[[1],[2],[3]]"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct dump d = {.stop_at = 2};
        struct wzp_error err = {0};
        is_int(wzp_toml_parse(files[i], strlen(files[i]), record, &d, &err), WZP_E_REFUSED,
               "the handler ends the walk of file %zu", i);
        is_int(d.count, 2, "at once");
        ok(strstr(err.text, "stop") != NULL, "with its sentence: %s", err.text);
    }
}

static void check_caps(void)
{
    struct dump d = {.stop_at = -1};
    struct wzp_error err = {0};
    size_t size = WZP_TOML_SIZE_MAX + 1;
    char *text = malloc(size);
    if (!text)
        bail("no memory");
    memset(text, '\n', size);
    is_int(wzp_toml_parse(text, size, record, &d, &err), WZP_E_TOO_BIG, "a byte too many");
    is_int(wzp_toml_parse(text, size - 1, record, &d, &err), 0, "the largest file");

    size_t n = 0;
    for (int i = 0; i < 5000; i++)
        n += (size_t)snprintf(text + n, size - n, "k%d=1\n", i);
    is_int(wzp_toml_parse(text, n, record, &d, &err), WZP_E_TOO_BIG, "too many keys");
    n = 0;
    for (int i = 0; i < 5000 && n < size - 40; i++)
        n += (size_t)snprintf(text + n, size - n, "[[a]]\nx = %d\ny = 1\n", i);
    is_int(wzp_toml_parse(text, n, record, &d, &err), 0,
           "names of tables in a list are bounded for each: %s", err.text);

    memset(text, 'x', 4000);
    memcpy(text, "a='", 3);
    text[3 + WZP_TOML_STRING_MAX] = '\'';
    is_int(wzp_toml_parse(text, 4 + WZP_TOML_STRING_MAX, record, &d, &err), 0, "the longest text");
    text[3 + WZP_TOML_STRING_MAX] = 'x';
    text[4 + WZP_TOML_STRING_MAX] = '\'';
    is_int(wzp_toml_parse(text, 5 + WZP_TOML_STRING_MAX, record, &d, &err), WZP_E_TOO_BIG,
           "one longer");
    memset(text, 'x', 200);
    memcpy(text + 200, "=1", 2);
    is_int(wzp_toml_parse(text, 202, record, &d, &err), WZP_E_TOO_BIG, "a long key");
    n = 0;
    for (int i = 0; i < 6; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%0100d", i > 0 ? "." : "", i);
    n += (size_t)snprintf(text + n, size - n, "=1");
    is_int(wzp_toml_parse(text, n, record, &d, &err), WZP_E_TOO_BIG, "a long path");
    free(text);
}

/* ---- places of tables ---- */

static char places[512];

static void note_place(void *context, const struct wzp_toml_table *table)
{
    size_t at = strlen(places);
    snprintf(places + at, sizeof places - at, "%s%s%u:%.*s|", table->name,
             table->is_array ? "+" : "-", table->index, (int)(table->end - table->begin),
             (const char *)context + table->begin);
}

static void test_places(void)
{
    static const char text[] = "# head\na = 1\n\n  [[c]] # one\nx = [\n 1,\n]\n# tail\n\n"
                               "[[c]]\n[d]\ny = 2";
    places[0] = 0;
    is_int(wzp_toml_tables(text, sizeof text - 1, note_place, (void *)text, NULL), 0,
           "tables are found");
    is_str(places,
           "-0:# head\na = 1\n|c+0:  [[c]] # one\nx = [\n 1,\n]\n|c+1:[[c]]\n|d-0:[d]\ny = 2|",
           "each from its header's line to its last key");
    places[0] = 0;
    is_int(wzp_toml_tables("a = ", 4, note_place, (void *)"", NULL), WZP_E_SYNTAX,
           "a damaged text is an error");
}

TAP_MAIN
{
    test_places();
    check_tables();
    check_relay_file();
    check_stop();
    check_caps();
}
