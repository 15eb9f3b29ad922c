/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Microphone and loudspeaker: which, whether they work (levels, a test tone, an echo call). */
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
    wzp_draw_fit(a, x + 1, 0, a.width - x - 1, WZP_STYLE_DIM, d.help);
}

static int draw_sound(struct wzp_tui *t, struct wzp_area a, int y)
{
    struct wzp_view_sound s = {0};
    struct wzp_view_session call;
    double in = -127, out = -127;
    if (t->view->sound)
        t->view->sound(t->view->context, &s);
    bool live = s.running;
    if (s.running) {
        in = s.level_in_dbfs;
        out = s.level_out_dbfs;
    } else if (wzp_tui_focused(t, &call) && call.stats.up) {
        in = call.stats.level_in_dbfs;
        out = call.stats.level_out_dbfs;
        live = true;
    }
    int width = a.width - 16 < 50 ? a.width - 16 : 50;
    wzp_draw_text(a, 0, y, WZP_STYLE_DIM, "Microphone");
    wzp_draw_text(a, 0, y + 1, WZP_STYLE_DIM, "Loudspeaker");
    if (!live) {
        wzp_draw_text(a, 14, y, WZP_STYLE_DIM, "at rest: e calls the echo");
        wzp_draw_text(a, 14, y + 1, WZP_STYLE_DIM, "at rest");
    } else {
        wzp_draw_meter(a, 14, y, width, wzp_tui_meter(in), -1, WZP_STYLE_GOOD);
        wzp_draw_meter(a, 14, y + 1, width, wzp_tui_meter(out), -1, WZP_STYLE_GOOD);
    }
    if (s.capture_lost)
        wzp_draw_text(a, 14, y, WZP_STYLE_BAD, "✗ the device is gone; it is tried each second ");
    if (s.playback_lost)
        wzp_draw_text(a, 14, y + 1, WZP_STYLE_BAD,
                      "✗ the device is gone; it is tried each second ");
    return y + 2;
}

static void draw(struct wzp_tui *t, struct wzp_area a)
{
    int y = 0;
    if (a.height >= 12)
        y = wzp_draw_paragraph(a, 0, WZP_STYLE_NORMAL,
                               "Choose with Enter, speak, and look at the upper bar. Then call the "
                               "echo: what you say should come back.") +
            1;
    y = draw_sound(t, a, y) + (a.height >= 12);
    wzp_tui_list(t, WZP_SCREEN_DEVICES, wzp_area_part(a, 0, y, a.width, a.height - y), count(t),
                 draw_row);
}

static int open_row(struct wzp_tui *t, uint64_t now, struct wzp_error *err)
{
    struct wzp_view_device d;
    char line[160];
    int result = WZP_E_NOT_FOUND;
    if (!t->view->device(t->view->context, t->lists[WZP_SCREEN_DEVICES].selected, &d))
        return wzp_error_set(err, result, "no device is selected");
    if (d.input) {
        snprintf(line, sizeof line, "set in %s", d.spec);
        result = wzp_tui_run(t, line, now, err);
    }
    if (d.output && (result == 0 || !d.input)) {
        snprintf(line, sizeof line, "set out %s", d.spec);
        result = wzp_tui_run(t, line, now, err);
    }
    return result;
}

const struct wzp_tui_screen wzp_screen_devices = {
    .name = "devices",
    .title = "Sound",
    .context = WZP_CONTEXT_DEVICES,
    .hints = "open=use this|call echo=call the echo|help=help|quit=leave",
    .offered = offered,
    .count = count,
    .draw = draw,
    .open = open_row,
};
