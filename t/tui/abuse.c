/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A thousand random sizes, random bytes from the keyboard, random events: nothing breaks, and every
 * picture is exactly what the terminal shows. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "tap.h"
#include "tui/decoder.h"
#include "tui/lib_canned.h"
#include "tui/render.h"

static struct canned canned;
static struct wzp_tui *tui;
static uint64_t now = WZP_SECOND;

static void on_key(void *context, struct wzp_key key)
{
    (void)context;
    wzp_tui_key(tui, key, now);
}

static void on_paste(void *context, const char *text, size_t length)
{
    (void)context;
    wzp_tui_paste(tui, text, length, now);
}

static unsigned dice(struct wzp_random *random, unsigned sides)
{
    uint32_t value;
    random->fill(random->context, &value, sizeof value);
    return value % sides;
}

/* Useful keys that open further screens, mixed with random bytes. */
static void keyboard(struct wzp_random *random, struct wzp_decoder *d)
{
    static const char *const useful[] = {"\r",
                                         "\t",
                                         "\x1b[B",
                                         "\x1b[A",
                                         "?",
                                         ":",
                                         "/",
                                         "c",
                                         "j",
                                         "m",
                                         "\x1b[200~x\ny\x1b[201~",
                                         "1",
                                         "2",
                                         "3",
                                         "4",
                                         "5",
                                         "6",
                                         "7",
                                         "8",
                                         "9",
                                         "0",
                                         "theme contrast\r",
                                         "a",
                                         "i",
                                         "\x1b[6~",
                                         " ",
                                         "w",
                                         "C",
                                         "e\xcc\x81渡",
                                         "\x1b[32;1:3u",
                                         "v",
                                         "o",
                                         "[",
                                         "]",
                                         "\x01",
                                         "\x17"};
    uint8_t noise[16];
    const char *text = useful[dice(random, sizeof useful / sizeof useful[0])];
    wzp_decoder_receive(d, (const uint8_t *)text, strlen(text), now);
    if (dice(random, 3) == 0) {
        random->fill(random->context, noise, sizeof noise);
        wzp_decoder_receive(d, noise, dice(random, sizeof noise), now);
    }
    if (dice(random, 2))
        wzp_decoder_handle_expiry(d, now + WZP_SECOND);
}

static void world(struct wzp_random *random)
{
    char text[64];
    random->fill(random->context, text, sizeof text);
    text[sizeof text - 1] = '\0';
    struct wzp_event event =
        canned_event((enum wzp_event_type)dice(random, WZP_EVENT_COUNT), dice(random, 5));
    event.about.alias = event.about.name = text;
    /* Every text of the union is set where its event has one. */
    switch (event.type) {
    case WZP_EVENT_ERROR: event.u.error.text = text; break;
    case WZP_EVENT_INCOMING: event.u.incoming.why = text; break;
    case WZP_EVENT_PATH:
    case WZP_EVENT_JOINED:
        event.u.path.why = event.u.path.relay = event.u.path.remote = text;
        break;
    case WZP_EVENT_SECURITY: event.u.security.why = event.u.security.sas = text; break;
    case WZP_EVENT_QUALITY: event.u.quality.text = text; break;
    default: break;
    }
    wzp_tui_event(tui, &event, now);
    canned.session_count = 0;
    if (dice(random, 2))
        canned_call(&canned, 1 + dice(random, 3));
    if (dice(random, 3) == 0)
        canned_incoming(&canned, 4);
    if (dice(random, 4) == 0)
        canned_room(&canned, 3);
    for (size_t i = 0; i < canned.session_count; i++)
        random->fill(random->context, canned.sessions[i].stats.alias, 20);
    canned.contact_count = dice(random, 4) ? dice(random, 40) : 10000;
    wzp_tui_tick(tui, now);
}

TAP_MAIN
{
    struct wzp_random_seeded seeded;
    struct wzp_render *render;
    struct wzp_error err = {0};
    wzp_random_seeded_init(&seeded, 20);
    struct wzp_random random = wzp_random_seeded_source(&seeded);
    struct wzp_decoder decoder = {.key = on_key, .paste = on_paste};
    struct wzp_buffer out;
    canned_init(&canned);
    struct wzp_tui_config config = {.view = &canned.view};
    if (wzp_tui_new(&tui, &config, now))
        bail("no memory");
    if (wzp_render_new(&render, "xterm-256color", 1, true, &err)) {
        wzp_tui_free(tui);
        bail("%s", err.text);
    }
    wzp_buffer_init(&out, 1 << 22);
    size_t most = 0;
    int rounds = tap_oom_mode() ? 60 : 1000;
    for (int i = 0; i < rounds; i++, now += 100 * WZP_MILLISECOND) {
        int tiny = i % 5 == 0;
        wzp_tui_resize(tui, 1 + (int)dice(&random, tiny ? 20 : 250),
                       1 + (int)dice(&random, tiny ? 6 : 90));
        for (int n = 0; n < 4; n++) {
            keyboard(&random, &decoder);
            world(&random);
        }
        int x, y;
        const struct wzp_canvas *canvas = wzp_tui_draw(tui, now);
        bool cursor = wzp_tui_cursor(tui, &x, &y);
        wzp_buffer_clear(&out);
        wzp_render_frame(render, &out, canvas, wzp_tui_theme(tui), cursor ? x : -1, y);
        most = out.length > most ? out.length : most;
    }
    ok(most > 1000,
       "%d random sizes, keys and events are survived; the largest picture had %zu bytes", rounds,
       most);
    wzp_buffer_fini(&out);
    wzp_render_free(render);
    wzp_tui_free(tui);
}
