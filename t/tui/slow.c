/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* A terminal that does not read: drawing never blocks the loop, and everything arrives in the end,
 * in order; the flags of the terminal's file, which other processes share, stay as they were. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "tap.h"
#include "tui/terminal.h"

#define TOTAL (300 * 1024)

static char byte_at(size_t i)
{
    return (char)('a' + i * 7 % 26);
}

/* Writes until the terminal accepts nothing more. */
static size_t fill(size_t done)
{
    char piece[5000];
    for (;;) {
        size_t length = TOTAL - done < sizeof piece ? TOTAL - done : sizeof piece;
        for (size_t i = 0; i < length; i++)
            piece[i] = byte_at(done + i);
        long n = length ? wzp_terminal_write(piece, length) : 0;
        if (n <= 0)
            return done;
        done += (size_t)n;
    }
}

/* Reads a little, in sizes that match no block. */
static size_t empty(int master, size_t seen, bool *in_order)
{
    char piece[777];
    struct pollfd ready = {.fd = master, .events = POLLIN};
    for (int i = 0; i < 3 && poll(&ready, 1, 20) > 0; i++) {
        ssize_t n = read(master, piece, sizeof piece);
        for (ssize_t k = 0; k < n; k++)
            *in_order &= piece[k] == byte_at(seen++);
    }
    return seen;
}

TAP_MAIN
{
    int master, slave;
    struct wzp_error err = {0};
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    if (openpty(&master, &slave, NULL, NULL, &size))
        bail("no pseudo terminal");
    alarm(20); /* limits the waiting */
    int flags = fcntl(slave, F_GETFL);
    if (wzp_terminal_open(slave, slave, &err))
        bail("no terminal: %s", err.text);
    size_t done = fill(0), seen = 0;
    ok(done > 0 && done < TOTAL, "a terminal that does not read takes some (%zu bytes), at once",
       done);
    bool in_order = true;
    int rounds = 0;
    for (; seen < TOTAL && rounds < 5000; rounds++) {
        seen = empty(master, seen, &in_order);
        done = fill(done);
    }
    ok(seen == TOTAL && in_order, "what it reads bit by bit is all of it, in order (%d rounds)",
       rounds);
    is_int(fcntl(slave, F_GETFL), flags, "the file that is shared with others is as it was");
    close(master);
    is_int(wzp_terminal_write("x", 1), WZP_E_CLOSED, "one that is gone is told");
    wzp_terminal_close();
    close(slave);
}
