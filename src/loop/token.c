/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Asks a token service who somebody is: one JSON POST in a worker thread. Source: wzp-protocol(7),
 * Registration. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/text.h"
#include "loop/http.h"
#include "loop/internal.h"

#if WZP_WITH_CURL
#include <curl/curl.h>
#include <dlfcn.h>
#include <jansson.h>
#include <pthread.h>

#define CHECK_MS 5000L
#define REDIRECTS_MAX 3L
#define ANSWER_MAX (16 * 1024)
#define NAME_MAX_BYTES 256

/* libcurl brings twenty more libraries along, three megabytes and some milliseconds of each start:
 * it is loaded by the first relay that asks a token service. */
static struct {
    CURLcode (*global_init)(long flags);
    CURL *(*easy_init)(void);
    CURLcode (*easy_setopt)(CURL *curl, CURLoption option, ...);
    CURLcode (*easy_perform)(CURL *curl);
    CURLcode (*easy_getinfo)(CURL *curl, CURLINFO info, ...);
    const char *(*easy_strerror)(CURLcode code);
    void (*easy_cleanup)(CURL *curl);
    struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
    void (*slist_free_all)(struct curl_slist *list);
    bool loaded;
} web;

/* The function of that name; missing ones make the library useless. */
static bool find(void *library, const char *name, void *pointer, size_t size)
{
    void *at = dlsym(library, name);
    memcpy(pointer, &at, size); /* data and functions have pointers of one size (POSIX) */
    return at;
}
#define FIND(library, name) find(library, "curl_" #name, &web.name, sizeof web.name)

static void load_curl(void)
{
    void *library = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    web.loaded = library && FIND(library, global_init) && FIND(library, easy_init) &&
                 FIND(library, easy_setopt) && FIND(library, easy_perform) &&
                 FIND(library, easy_getinfo) && FIND(library, easy_strerror) &&
                 FIND(library, easy_cleanup) && FIND(library, slist_append) &&
                 FIND(library, slist_free_all);
    if (web.loaded)
        web.global_init(CURL_GLOBAL_DEFAULT);
}

struct token_check {
    struct wzp_loop_request request;
    uv_work_t work;
    struct wzp_loop *loop;
    void (*done)(void *context, const char *fingerprint, const char *alias,
                 const struct wzp_error *err);
    void *context;
    char *url;
    char *body; /* of the request */
    /* written by the worker, read by the loop after it */
    bool accepted, has_alias, too_big;
    struct wzp_error err;
    char fingerprint[NAME_MAX_BYTES], alias[NAME_MAX_BYTES];
    size_t length;
    char answer[ANSWER_MAX];
};

static void wipe_text(char *text)
{
    if (text)
        wzp_wipe(text, strlen(text));
}

static void token_check_free(struct token_check *t)
{
    wipe_text(t->body); /* the token stands in it */
    wzp_free(t->url);
    wzp_free(t->body);
    wzp_free(t);
}

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct token_check *t = context;
    size_t length = size * count;
    if (length > sizeof t->answer - t->length) {
        t->too_big = true;
        return 0; /* ends the transfer */
    }
    memcpy(t->answer + t->length, data, length);
    t->length += length;
    return length;
}

static void read_answer(struct token_check *t)
{
    json_t *root = json_loadb(t->answer, t->length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *valid = json_object_get(root, "valid");
    const char *fingerprint = json_string_value(json_object_get(root, "fingerprint"));
    const char *alias = json_string_value(json_object_get(root, "alias"));
    if (!json_is_boolean(valid))
        wzp_error_set(&t->err, WZP_E_PROTOCOL, "the token service's answer is not understood");
    else if (!json_is_true(valid))
        wzp_error_set(&t->err, WZP_E_REFUSED, "the token service does not know this token");
    else if (!fingerprint || fingerprint[0] == '\0' || strlen(fingerprint) >= sizeof t->fingerprint)
        wzp_error_set(&t->err, WZP_E_PROTOCOL, "the token service's answer names no fingerprint");
    else {
        t->accepted = true;
        wzp_text_filter(t->fingerprint, sizeof t->fingerprint, fingerprint, strlen(fingerprint));
        if (alias) {
            t->has_alias = true;
            wzp_text_filter(t->alias, sizeof t->alias, alias, strlen(alias));
        }
    }
    json_decref(root);
}

static bool set_options(CURL *curl, struct token_check *t, struct curl_slist *headers)
{
    return web.easy_setopt(curl, CURLOPT_URL, t->url) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_TIMEOUT_MS, CHECK_MS) == CURLE_OK &&
           /* A name server that is silent is not waited for beyond that time. */
           web.easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_POST, 1L) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_POSTFIELDS, t->body) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(t->body)) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer) == CURLE_OK &&
           web.easy_setopt(curl, CURLOPT_WRITEDATA, t) == CURLE_OK;
}

static void ask(struct token_check *t, CURL *curl, struct curl_slist *headers)
{
    if (!set_options(curl, t, headers)) {
        wzp_error_set(&t->err, WZP_E_INTERNAL, "cannot set up a request to the token service");
        return;
    }
    CURLcode rc = web.easy_perform(curl);
    long status = 0;
    web.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (t->too_big)
        wzp_error_set(&t->err, WZP_E_TOO_BIG, "the token service's answer is too long");
    else if (rc == CURLE_OPERATION_TIMEDOUT)
        wzp_error_set(&t->err, WZP_E_TIMEOUT, "the token service did not answer in %ld s",
                      CHECK_MS / 1000);
    else if (rc != CURLE_OK)
        wzp_error_set(&t->err, WZP_E_NETWORK, "cannot ask the token service: %s",
                      web.easy_strerror(rc));
    else if (status < 200 || status > 299)
        wzp_error_set(&t->err, WZP_E_REFUSED, "the token service answered with status %ld", status);
    else
        read_answer(t);
}

static void work_in_thread(uv_work_t *work)
{
    struct token_check *t = work->data;
    CURL *curl = web.easy_init();
    struct curl_slist *headers = web.slist_append(NULL, "Content-Type: application/json");
    if (!curl || !headers)
        wzp_error_set(&t->err, WZP_E_MEMORY, "out of memory");
    else
        ask(t, curl, headers);
    web.slist_free_all(headers);
    if (curl)
        web.easy_cleanup(curl);
}

static void work_done(uv_work_t *work, int status)
{
    struct token_check *t = work->data;
    wzp_loop_request_remove(t->loop, &t->request);
    if (!t->loop->closing) {
        if (status < 0)
            wzp_error_set(&t->err, WZP_E_CLOSED, "the question to the token service was cancelled");
        t->done(t->context, t->accepted ? t->fingerprint : NULL,
                t->accepted && t->has_alias ? t->alias : NULL, t->accepted ? NULL : &t->err);
    }
    token_check_free(t);
}

int wzp_token_check(struct wzp_loop *l, const char *url, const char *token,
                    void (*done)(void *context, const char *fingerprint, const char *alias,
                                 const struct wzp_error *err),
                    void *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_curl);
    if (!web.loaded)
        return WZP_E_UNSUPPORTED;
    json_t *question = json_pack("{s:s}", "token", token);
    if (!question) /* not UTF-8 */
        return WZP_E_SYNTAX;
    char *text = json_dumps(question, JSON_COMPACT);
    json_decref(question);
    struct token_check *t = wzp_calloc(1, sizeof *t);
    if (t) {
        t->loop = l;
        t->done = done;
        t->context = context;
        t->work.data = t;
        t->url = wzp_strdup(url);
        t->body = text ? wzp_strdup(text) : NULL;
    }
    if (text) {
        json_malloc_t allocate = NULL;
        json_free_t release = NULL;
        json_get_alloc_funcs(&allocate, &release);
        wipe_text(text);
        release(text);
    }
    int result = !t || !t->url || !t->body ? WZP_E_MEMORY : 0;
    if (result == 0 && uv_queue_work(&l->uv, &t->work, work_in_thread, work_done) < 0)
        result = WZP_E_INTERNAL;
    if (result == 0)
        wzp_loop_request_add(l, &t->request, (uv_req_t *)&t->work);
    else if (t)
        token_check_free(t);
    return result;
}

#else

int wzp_token_check(struct wzp_loop *l, const char *url, const char *token,
                    void (*done)(void *context, const char *fingerprint, const char *alias,
                                 const struct wzp_error *err),
                    void *context)
{
    (void)l;
    (void)url;
    (void)token;
    (void)done;
    (void)context;
    return WZP_E_UNSUPPORTED;
}

#endif
