/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The screen of devices: the microphone and loudspeaker in use, and whether they work (levels, a
 * test tone, an echo call). */
#include <stdio.h>
#include <string.h>

#include "tui/internal.h"

static bool offered(const struct wzp_view *view)
{
    return view->device != NULL;
}

static size_t count(struct wzp_tui *t)
{
    struct wzp_view_device d;
    size_t n = 0;
    while (n < 200 && t->view->device(t->view->context, n, &d))
        n++;
    return n;
}

static void draw_row(struct wzp_tui *t, struct wzp_area a, size_t i, bool selected)
{
    struct wzp_view_device d;
    (void)selected;
    if (!t->view->device(t->view->context, i, &d))
        return;
    wzp_draw_text(a, 0, 0, WZP_STYLE_GOOD, d.chosen_input || d.chosen_output ? "●" : " ");
    const char *use = d.chosen_input && d.chosen_output ? "both"
                      : d.chosen_input                  ? "microphone"
                      : d.chosen_output                 ? "loudspeaker"
                      : d.input && d.output             ? ""
                      : d.input                         ? "(in only)"
                                                        : "(out only)";
    int width = a.width >= 70 ? 30 : a.width / 2;
    int x = wzp_draw_fit(a, 2, 0, width, WZP_STYLE_NORMAL, d.spec);
    x = wzp_draw_fit(a, x + 1, 0, 12, WZP_STYLE_ACCENT, use);
    wzp_draw_aside(a, x + 1, 0, WZP_STYLE_DIM, d.help);
}

/* The state of the devices: in a trial, else in the call that uses them. */
struct live {
    bool runs;
    double in, out;
};

static struct live live_of(struct wzp_tui *t, const struct wzp_view_sound *s)
{
    struct wzp_view_session call;
    if (s->running)
        return (struct live){true, s->level_in_dbfs, s->level_out_dbfs};
    if (wzp_tui_focused(t, &call) && call.stats.up)
        return (struct live){true, call.stats.level_in_dbfs, call.stats.level_out_dbfs};
    return (struct live){.in = -127, .out = -127};
}

static void draw_level(struct wzp_area a, int y, double dbfs)
{
    int width = a.width - 24 < 50 ? a.width - 24 : 50;
    wzp_draw_meter(a, 14, y, width, wzp_tui_meter(dbfs), -1, WZP_STYLE_GOOD);
    if (dbfs > -100)
        wzp_draw_format(a, 14 + width + 1, y, WZP_STYLE_DIM, "%3.0f dB", dbfs);
    else
        wzp_draw_text(a, 14 + width + 1, y, WZP_STYLE_DIM, "silent");
}

static int draw_sound(struct wzp_tui *t, struct wzp_area a, int y)
{
    static const char gone[] = "✗ the device is gone; it is tried each second ";
    struct wzp_view_sound s = {0};
    if (t->view->sound)
        t->view->sound(t->view->context, &s);
    struct live live = live_of(t, &s);
    wzp_draw_text(a, 0, y, WZP_STYLE_DIM, "Microphone");
    wzp_draw_text(a, 0, y + 1, WZP_STYLE_DIM, "Loudspeaker");
    if (live.runs) {
        draw_level(a, y, live.in);
        draw_level(a, y + 1, live.out);
    } else {
        wzp_draw_text(a, 14, y, WZP_STYLE_DIM, "at rest: h, and speak");
        wzp_draw_text(a, 14, y + 1, WZP_STYLE_DIM, "at rest: t plays a tone");
    }
    if (s.capture_lost)
        wzp_draw_text(a, 14, y, WZP_STYLE_BAD, gone);
    if (s.playback_lost)
        wzp_draw_text(a, 14, y + 1, WZP_STYLE_BAD, gone);
    return y + 2;
}

static const char *advice_of(struct wzp_tui *t)
{
    struct wzp_view_sound s = {0};
    if (t->view->sound)
        t->view->sound(t->view->context, &s);
    if (s.capture_lost)
        return "The microphone cannot be opened. Plug it in, or choose another one below with "
               "Enter.";
    if (s.playback_lost)
        return "The loudspeaker cannot be opened. Plug it in, or choose another one below with "
               "Enter.";
    if (s.running && s.hears)
        return "Speak: what you say comes back a second later. If it howls, use headphones.";
    if (s.running && s.tone)
        return "Do you hear the tone? If not, choose another loudspeaker.";
    if (s.running && s.level_in_dbfs < -70)
        return "Speak: the upper bar should move. If it does not, choose another microphone.";
    if (s.running)
        return "The microphone works. h lets you hear yourself, t plays a tone.";
    if (t->view->no_card)
        return "There is no sound card here: these need a sound server. Enter chooses one, h and t "
               "try it, e calls the echo over the relay.";
    return "Choose with Enter, and try: h to hear yourself, t for a tone, e to call the echo over "
           "the relay.";
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    int y = 0;
    if (a.height >= 12) {
        wzp_draw_paragraph(wzp_area_part(a, 0, 0, a.width, 2), 0, WZP_STYLE_NORMAL, advice_of(t));
        y = 3; /* fixed, so that the rest does not move when the advice changes */
    }
    y = draw_sound(t, a, y) + (a.height >= 12);
    wzp_tui_list(t, WZP_SCREEN_DEVICES, wzp_area_part(a, 0, y, a.width, a.height - y), count(t),
                 draw_row);
}

/* Uses a device now, and keeps it for the next start if it can be opened. */
static int choose(struct wzp_tui *t, const char *key, const char *spec, uint64_t now,
                  struct wzp_error *err)
{
    char line[160];
    snprintf(line, sizeof line, "set %s %s", key, spec);
    int result = wzp_tui_run(t, line, now, err);
    snprintf(line, sizeof line, "keep %s", key);
    return result ? result : wzp_tui_run(t, line, now, err);
}

int wzp_tui_use_device(struct wzp_tui *t, bool input, bool output, uint64_t now,
                       struct wzp_error *err)
{
    struct wzp_view_device d;
    int result = 0;
    if (!t->view->device(t->view->context, t->lists[WZP_SCREEN_DEVICES].selected, &d))
        return wzp_error_set(err, WZP_E_NOT_FOUND, "no device is selected");
    if ((input && !output && !d.input) || (output && !input && !d.output))
        return wzp_error_set(err, WZP_E_STATE, "that device is no %s",
                             input ? "microphone" : "loudspeaker");
    struct wzp_error other = {0};
    if (input && d.input)
        result = choose(t, "in", d.spec, now, err);
    /* The output is chosen even when the card has no microphone. */
    int second = output && d.output ? choose(t, "out", d.spec, now, &other) : 0;
    return result || !second ? result : wzp_error_set(err, second, "%s", other.text);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    return wzp_tui_use_device(t, true, true, now, err);
}

const struct wzp_tui_screen wzp_screen_devices = {
    .name = "devices",
    .title = "Sound",
    .context = WZP_CONTEXT_DEVICES,
    .hints = "open=use this|hear-myself=hear yourself|test-tone=tone|call echo=call the echo|"
             "help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
};
