/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The pages of the first run: the new identity, its recovery words, and what others need to call
 * this person. The words are drawn only when the person asks for them, and are not kept. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tui/internal.h"
#include "tui/qr.h"
#include "tui/width.h"

#define WORDS_MAX 512

static int draw_identity(struct wzp_tui *t, struct wzp_area a, int y)
{
    struct wzp_view_facts facts;
    char name[WZP_ALIAS_MAX];
    t->view->facts(t->view->context, &facts);
    wzp_text_filter(name, sizeof name, facts.alias, strlen(facts.alias));
    y = wzp_tui_field(a, y, "Name", WZP_STYLE_STRONG, name[0] ? name : "(none: set alias NAME)");
    y = wzp_tui_field(a, y, "Contact", WZP_STYLE_STRONG, facts.fingerprint);
    return y;
}

/* Draws the QR code beside the text if both fit, else below it, else not at all. */
static void draw_contact(struct wzp_tui *t, struct wzp_area a, const char *text)
{
    struct wzp_view_facts facts;
    int columns = 0, rows = 0;
    t->view->facts(t->view->context, &facts);
    wzp_qr_draw(wzp_area_part(a, 0, 0, 0, 0), facts.fingerprint, &columns, &rows);
    bool beside = columns > 0 && a.width >= columns + 30 && a.height >= rows;
    struct wzp_area left = beside ? wzp_area_part(a, 0, 0, a.width - columns - 2, a.height) : a;
    int y = 0;
    if (a.height < 10) /* only the most important part */
        y = wzp_tui_draw_fingerprint(left, 0, WZP_STYLE_STRONG, facts.fingerprint);
    y += wzp_draw_paragraph(left, y, WZP_STYLE_NORMAL, text) + 1;
    if (a.height < 10)
        return;
    struct wzp_area fields = wzp_area_part(left, 0, y, left.width, left.height - y);
    if (left.width < 56) { /* the narrow column holds only the fingerprint */
        y += wzp_tui_draw_fingerprint(fields, 0, WZP_STYLE_STRONG, facts.fingerprint) + 1;
    } else {
        y = draw_identity(t, left, y) + 1;
    }
    if (beside)
        wzp_qr_draw(wzp_area_part(a, a.width - columns, 0, columns, rows), facts.fingerprint, NULL,
                    NULL);
    else
        wzp_qr_draw(wzp_area_part(a, 0, y, a.width, a.height - y), facts.fingerprint, NULL, NULL);
}

/* A number and the longest word of the list, with a blank between columns. */
#define WORD_COLUMNS 12

static int rows_in(int columns)
{
    return (24 + columns - 1) / columns;
}

/* Draws all words in as many columns as the rows require; false when they do not fit. */
static bool draw_word_grid(struct wzp_area a, int y, char *words)
{
    int columns = 1;
    while (columns < 4 && (y + rows_in(columns) > a.height || a.width >= 18 * (columns + 1)))
        columns++;
    int rows = rows_in(columns);
    if (y + rows > a.height || a.width < columns * WORD_COLUMNS - 1)
        return false;
    char *rest = words;
    for (int i = 0; i < 24; i++) {
        const char *word = strsep(&rest, " ");
        int x = i / rows * (a.width / columns);
        if (!word)
            break;
        wzp_draw_format(a, x, y + i % rows, WZP_STYLE_DIM, "%2d", i + 1);
        wzp_draw_text(a, x + 3, y + i % rows, WZP_STYLE_STRONG, word);
    }
    return true;
}

static void draw_words(struct wzp_tui *t, struct wzp_area a)
{
    char words[WORDS_MAX];
    if (!t->view->words(t->view->context, words, sizeof words)) {
        wzp_draw_paragraph(a, 0, WZP_STYLE_WARN, "The words cannot be shown now.");
        return;
    }
    int y =
        a.height < 10
            ? 0
            : wzp_draw_paragraph(a, 0, WZP_STYLE_NORMAL,
                                 "These 24 words are your identity. Write them down on paper, in "
                                 "this order. Who has them can be you; without them a lost disk "
                                 "is a lost identity. wzp identity restore reads them.") +
                  1;
    if (!draw_word_grid(a, y, words))
        wzp_draw_paragraph(a, y, WZP_STYLE_WARN,
                           "This window is too small for all 24 words: make it larger.");
    wzp_wipe(words, sizeof words);
}

void wzp_tui_draw_first_run(struct wzp_tui *t, struct wzp_area a)
{
    static const char *const titles[] = {[WZP_OVERLAY_WELCOME] = "Welcome",
                                         [WZP_OVERLAY_WORDS] = "Your identity in words",
                                         [WZP_OVERLAY_CONTACT] = "Your contact"};
    struct wzp_area in = wzp_draw_box(a, WZP_STYLE_ACCENT, titles[t->overlay]);
    if (t->overlay == WZP_OVERLAY_WORDS && in.height < 8) { /* every row counts */
        wzp_draw_fill(a, WZP_STYLE_NORMAL);
        in = wzp_area_part(a, 1, 0, a.width - 2, a.height);
    }
    if (t->overlay == WZP_OVERLAY_WORDS)
        draw_words(t, in);
    else if (t->overlay == WZP_OVERLAY_CONTACT)
        draw_contact(t, in, "Whoever has this can call you. Give it to people you know.");
    else
        draw_contact(t, in,
                     "This is your first time here: an identity was made for you, and it stays on "
                     "this machine. Your contact is what others need to call you. Next come 24 "
                     "words that bring the identity back, to be written down where nobody looks "
                     "on, then microphone and loudspeaker.");
}
