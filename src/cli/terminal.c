/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROWEST 20
#define TEXT_MAX 16384

unsigned wzp_terminal_width(FILE *stream)
{
    struct winsize size;
    int fd = fileno(stream);
    if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
        return 0;
    return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

/* State of a copy. */
struct wrapping {
    char *out;
    size_t size, length;
    unsigned column;
};

static void put(struct wrapping *w, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (w->length + 1 < w->size)
            w->out[w->length++] = text[i];
        /* Bytes that continue a character take no column. */
        w->column += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
}

static void new_line(struct wrapping *w, unsigned indent)
{
    put(w, "\n", 1);
    for (w->column = 0; w->column < indent;)
        put(w, " ", 1);
}

static unsigned columns(const char *text, size_t length)
{
    unsigned count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

size_t wzp_terminal_wrap(char *out, size_t size, const char *text, unsigned width, unsigned indent)
{
    struct wrapping w = {.out = out, .size = size};
    while (*text) {
        if (*text == '\n') {
            put(&w, text++, 1);
            w.column = 0;
            continue;
        }
        size_t blanks = strspn(text, " "), word = strcspn(text + blanks, " \n");
        unsigned end = w.column + (unsigned)blanks + columns(text + blanks, word);
        if (width > 0 && end > width && w.column > indent && blanks > 0)
            new_line(&w, indent);
        else
            put(&w, text, blanks);
        put(&w, text + blanks, word);
        text += blanks + word;
    }
    if (size > 0)
        out[w.length] = 0;
    return w.length;
}

void wzp_terminal_print(FILE *stream, const char *text, unsigned indent)
{
    char wrapped[TEXT_MAX];
    wzp_terminal_wrap(wrapped, sizeof wrapped, text, wzp_terminal_width(stream), indent);
    fputs(wrapped, stream);
    fputc('\n', stream);
}
