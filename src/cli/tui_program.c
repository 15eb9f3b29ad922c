/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tui_program.h"

#include <stdio.h>

struct wzp_tui_program *wzp_tui_program_of(void *context)
{
    return (struct wzp_tui_program *)((char *)context - offsetof(struct wzp_tui_program, view));
}

void wzp_tui_tell(struct wzp_tui_program *p, enum wzp_style style, const char *text)
{
    if (p->on_screen) {
        wzp_tui_notice(p->face.tui, style, text, wzp_loop_now(p->loop));
        wzp_face_kick(&p->face);
    } else {
        printf("%s\n", text);
        fflush(stdout);
    }
}

void wzp_tui_write_out(struct wzp_buffer *b)
{
    fwrite(b->text, 1, b->length, stdout);
    fflush(stdout);
    wzp_buffer_fini(b);
}

void wzp_tui_stop(void *context)
{
    struct wzp_tui_program *p = context;
    if (p->stopping)
        return;
    p->stopping = true;
    if (wzp_app_stopped(p->app))
        wzp_loop_stop(p->loop);
    else
        wzp_app_stop(p->app);
}
