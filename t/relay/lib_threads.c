/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lib_threads.h"

#include <string.h>

#include "base/alloc.h"
#include "tap.h"

#define MAIL_MAX 64

struct wzp_relay *threads[2];

/* The queue of letters between the two threads. */
static struct {
    unsigned from, to;
    size_t length;
    uint8_t data[WZP_RELAY_LETTER_MAX];
} mail[MAIL_MAX];
static size_t mail_count;
bool threads_full[2];

static bool post(void *context, unsigned thread, const void *data, size_t length)
{
    unsigned from = context == threads[1];
    if (threads_full[from] || mail_count == MAIL_MAX)
        return false;
    mail[mail_count].from = from;
    mail[mail_count].to = thread;
    mail[mail_count].length = length;
    memcpy(mail[mail_count++].data, data, length);
    return true;
}

unsigned threads_passed;

static void pass(void *context, unsigned thread, const struct wzp_addr *local,
                 const struct wzp_addr *remote, uint8_t ecn, const uint8_t *data, size_t length)
{
    (void)context;
    (void)thread;
    (void)local;
    (void)remote;
    (void)ecn;
    (void)data;
    (void)length;
    threads_passed++;
}

void threads_deliver(uint64_t now)
{
    for (size_t i = 0; i < mail_count; i++)
        wzp_relay_take_letter(threads[mail[i].to], mail[i].from, mail[i].data, mail[i].length, now);
    mail_count = 0;
}

void threads_deliver_lacking(long n, uint64_t now)
{
    wzp_alloc_fail_after(n);
    threads_deliver(now);
    wzp_alloc_fail_after(0);
}

void threads_begin(unsigned max_sessions)
{
    struct wzp_relay_config config;
    wzp_relay_config_default(&config);
    config.max_sessions = max_sessions;
    mail_count = 0;
    memset(threads_full, 0, sizeof threads_full);
    for (unsigned i = 0; i < 2; i++) {
        threads[i] = fake_relay(&config);
        threads[i]->threads.own = i;
        threads[i]->threads.count = 2;
        wzp_relay_visits_init(threads[i], 100);
        threads[i]->host.context = threads[i];
        threads[i]->host.post = post;
        threads[i]->host.pass = pass;
    }
}

void threads_end(void)
{
    wzp_relay_free(threads[1]);
    wzp_relay_free(threads[0]);
}
