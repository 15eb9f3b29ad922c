/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* wzp analyze FILE: what became of the packets of a call. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/analyze_qlog.h"
#include "app/analyze_report.h"
#include "base/alloc.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/json.h"
#include "loop/files.h"

#define CAPTURE_MAX ((size_t)1 << 30)
#define QLOG_FILES 64 /* the most that a command writes */

struct values {
    bool json, no_html;
    const char *html, *qlog;
};
const struct wzp_option wzp_analyze_options[] = {
    {"html", 'o', WZP_OPTION_STRING, "FILE", offsetof(struct values, html), 0, 0,
     "file of the report (default: beside the capture, .html)", NULL},
    {"no-html", 'n', WZP_OPTION_FLAG, NULL, offsetof(struct values, no_html), 0, 0,
     "write no report", NULL},
    {"qlog", 'q', WZP_OPTION_STRING, "FILE", offsetof(struct values, qlog), 0, 0,
     "file of connection events (default: beside the capture, .qlog)", NULL},
    {"json", 'j', WZP_OPTION_FLAG, NULL, offsetof(struct values, json), 0, 0,
     "one JSON object per sender on stdout", NULL},
    {0}};

/* Makes the path of a file beside the capture: "call.pcapng" gives "call.html" and "call.qlog". */
static int path_beside(char *out, size_t size, const char *capture, const char *ending,
                       struct wzp_error *err)
{
    size_t length = strlen(capture);
    if (length > 7 && strcasecmp(capture + length - 7, ".pcapng") == 0)
        length -= 7;
    if ((size_t)snprintf(out, size, "%.*s%s", (int)length, capture, ending) >= size)
        return wzp_error_set(err, WZP_E_TOO_BIG, "the path is too long");
    return 0;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Adds one qlog file; *there is false when it does not exist. A file that is no qlog, or has no
 * time of day, is reported and skipped. */
static int add_qlog(struct wzp_analysis *a, const char *path, bool *there, struct wzp_error *err)
{
    char *text = NULL;
    size_t length = 0;
    int result = wzp_file_read(&text, &length, path, CAPTURE_MAX, false, err);
    *there = result != WZP_E_NOT_FOUND;
    if (!result)
        result = wzp_analysis_qlog(a, name_of(path), text, length, err);
    wzp_free(text);
    return result;
}

/* Adds NAME, NAME.2, NAME.3, ...: one file for each connection. They may be missing, unless an
 * option named them. */
static int add_qlogs(struct wzp_analysis *a, const struct values *v, const char *capture,
                     struct wzp_error *err)
{
    char first[WZP_PATH_MAX], path[WZP_PATH_MAX + 16];
    bool there = true;
    int result = v->qlog ? 0 : path_beside(first, sizeof first, capture, ".qlog", err);
    for (unsigned i = 1; !result && there && i <= QLOG_FILES; i++) {
        snprintf(path, sizeof path, i > 1 ? "%s.%u" : "%s", v->qlog ? v->qlog : first, i);
        result = add_qlog(a, path, &there, err);
        if (!there && (i > 1 || !v->qlog))
            result = 0;
    }
    return result;
}

static int write_report(const struct wzp_analysis *a, const char *capture, const char *path,
                        struct wzp_error *err)
{
    struct wzp_buffer page;
    wzp_buffer_init(&page, WZP_ANALYSIS_REPORT_MAX);
    wzp_analysis_report(&page, a, name_of(capture));
    int result = page.result
                     ? wzp_error_set(err, page.result, "%s: %s", path, wzp_strerror(page.result))
                     : wzp_file_write(path, page.text, page.length, true, err);
    wzp_buffer_fini(&page);
    return result;
}

static void print_json(const struct wzp_analysis *a, const struct wzp_analysis_stream *s)
{
    struct wzp_json_line line;
    double value;
    wzp_json_line_begin(&line, a->seconds, "analysis");
    wzp_json_text_if(&line.json, "stream", s->name);
    wzp_json_boolean(&line.json, "sealed", s->is_sealed);
    wzp_json_boolean(&line.json, "cut", a->is_cut);
    for (size_t i = 0; wzp_analysis_figure(i); i++) {
        const struct wzp_analysis_figure *f = wzp_analysis_figure(i);
        if (!f->value(s, &value))
            continue;
        if (f->decimals == 0)
            wzp_json_integer(&line.json, f->key, llrint(value));
        else
            wzp_json_number(&line.json, f->key, value);
    }
    wzp_json_line_end(&line, stdout);
}

static void print_stream(const struct wzp_analysis *a, const struct wzp_analysis_stream *s)
{
    char verdict[200];
    double value;
    wzp_analysis_verdict(verdict, sizeof verdict, s);
    printf("%s, %.1f s%s%s\n", s->name, a->seconds, verdict[0] ? "\n" : "", verdict);
    for (size_t i = 0; wzp_analysis_figure(i); i++) {
        const struct wzp_analysis_figure *f = wzp_analysis_figure(i);
        if (f->value(s, &value))
            printf("  %-38s %10.*f %s\n", f->label, f->decimals, value, f->unit);
    }
}

static int report(const struct wzp_analysis *a, const struct values *v, const char *capture,
                  const char *path, struct wzp_error *err)
{
    char safe[WZP_PATH_MAX];
    int result = write_report(a, capture, path, err);
    wzp_text_filter(safe, sizeof safe, path, strlen(path));
    if (!result && !v->json)
        printf("The report is %s.\n", safe);
    return result;
}

static int analyze(const struct values *v, const char *capture, struct wzp_error *err)
{
    char path[WZP_PATH_MAX];
    struct wzp_analysis *a = NULL;
    char *data = NULL;
    size_t length = 0;
    int result = v->html || v->no_html ? 0 : path_beside(path, sizeof path, capture, ".html", err);
    if (!result)
        result = wzp_file_read(&data, &length, capture, CAPTURE_MAX, false, err);
    if (!result) {
        result = wzp_analyze(&a, (const uint8_t *)data, length, err);
        if (result)
            wzp_error_prefix(err, capture);
    }
    wzp_free(data);
    if (!result && !v->no_html)
        result = add_qlogs(a, v, capture, err);
    if (result) {
        wzp_analysis_free(a);
        return result;
    }
    for (size_t i = 0; i < a->stream_count; i++)
        (v->json ? print_json : print_stream)(a, &a->streams[i]);
    if (a->is_cut && !v->json)
        puts("The file breaks off: what was not written is missing.");
    if (a->left_out > 0 && !v->json)
        printf("%llu %s left out.\n", (unsigned long long)a->left_out,
               wzp_plural(a->left_out, "packet of a further sender was",
                          "packets of further senders were"));
    if (!v->no_html)
        result = report(a, v, capture, v->html ? v->html : path, err);
    wzp_analysis_free(a);
    return result;
}

int wzp_cmd_analyze(int argc, char **argv)
{
    struct values v = {0};
    struct wzp_operands operands;
    struct wzp_error err = {0};
    int status = wzp_command_parse("analyze", wzp_analyze_options, &v, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands.count != 1)
        return wzp_command_usage("analyze", "give one capture FILE");
    if (v.html && v.no_html)
        return wzp_command_usage("analyze", "--html and --no-html exclude each other");
    if (v.qlog && v.no_html)
        return wzp_command_usage("analyze", "--qlog is for the report that --no-html leaves out");
    if (analyze(&v, operands.items[0], &err))
        return wzp_command_fail("analyze", WZP_EXIT_USAGE, &err);
    return WZP_EXIT_DONE;
}
