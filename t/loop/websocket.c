/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* WebSocket as the server of browsers speaks it: what RFC 6455 wants, and what it forbids. */
#include "loop/websocket.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "wzp/types.h"

static struct wzp_websocket *w;
static unsigned texts, binaries;
static char last[256];
static size_t last_length;

static void on_message(void *context, bool is_text, const uint8_t *data, size_t length)
{
    (void)context;
    texts += is_text;
    binaries += !is_text;
    last_length = length;
    memcpy(last, data, length < sizeof last ? length : sizeof last);
}

static void begin(void)
{
    texts = binaries = 0;
    last_length = 0;
    if (wzp_websocket_new(&w, on_message, NULL))
        bail("no memory");
}

/* One frame as a client sends it. Returns whether the connection goes on. */
static bool frame(bool fin, unsigned opcode, const char *data, size_t length, bool masked)
{
    static uint8_t out[70000];
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    size_t n = 0;
    out[n++] = (uint8_t)((fin ? 0x80 : 0) | opcode);
    if (length < 126) {
        out[n++] = (uint8_t)((masked ? 0x80 : 0) | length);
    } else {
        out[n++] = (uint8_t)((masked ? 0x80 : 0) | 126);
        out[n++] = (uint8_t)(length >> 8);
        out[n++] = (uint8_t)length;
    }
    if (masked) {
        memcpy(out + n, mask, 4);
        n += 4;
    }
    for (size_t i = 0; i < length; i++)
        out[n++] = (uint8_t)data[i] ^ (masked ? mask[i % 4] : 0);
    return wzp_websocket_receive(w, out, n);
}

/* The code of the close that waits to be sent, 0: none. */
static unsigned close_code(void)
{
    const uint8_t *data;
    size_t length = wzp_websocket_pending(w, &data);
    for (size_t at = 0; at + 4 <= length;) {
        size_t size = data[at + 1] & 0x7f;
        if ((data[at] & 15) == 8 && size >= 2)
            return (unsigned)(data[at + 2] << 8 | data[at + 3]);
        at += size == 126 ? 4u + (size_t)(data[at + 2] << 8 | data[at + 3]) : 2 + size;
    }
    return 0;
}

static void test_good(void)
{
    const uint8_t *data;
    char accept[WZP_WEBSOCKET_ACCEPT_SIZE];
    static char big[2000];
    wzp_websocket_accept(accept, "dGhlIHNhbXBsZSBub25jZQ==");
    is_str(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "the handshake of RFC 6455 section 1.3");
    begin();
    ok(frame(true, 1, "hello", 5, true) && texts == 1 && last_length == 5 &&
           memcmp(last, "hello", 5) == 0,
       "a text comes unmasked");
    ok(frame(false, 1, "a", 1, true) && frame(false, 0, "b", 1, true) && texts == 1 &&
           frame(true, 9, "in between", 10, true) && frame(true, 0, "c", 1, true) && texts == 2 &&
           memcmp(last, "abc", 3) == 0,
       "fragments are one message, and a ping may come between them");
    size_t length = wzp_websocket_pending(w, &data);
    ok(length == 12 && data[0] == 0x8a && data[1] == 10 && memcmp(data + 2, "in between", 10) == 0,
       "which is answered with its own words");
    wzp_websocket_sent(w, length);
    uint8_t single[] = {0x82, 0x83, 0, 0, 0, 0, 1, 2, 3};
    for (size_t i = 0; i < sizeof single; i++)
        wzp_websocket_receive(w, &single[i], 1);
    ok(binaries == 1 && last_length == 3, "byte by byte is no different");
    is_int(wzp_websocket_send(w, false, big, 1920), 0, "a frame of sound is sent");
    length = wzp_websocket_pending(w, &data);
    ok(length == 1924 && data[0] == 0x82 && data[1] == 126 && (data[2] << 8 | data[3]) == 1920,
       "as one binary message");
    wzp_websocket_sent(w, 100);
    is_int(wzp_websocket_pending(w, &data), 1824, "and may leave in parts");
    ok(!frame(true, 8,
              "\x03\xe8"
              "bye",
              5, true) &&
           wzp_websocket_left(w),
       "a close ends it, and is told from a mistake");
    wzp_websocket_sent(w, 1824);
    is_int(close_code(), 1000, "after it was answered");
    is_int(wzp_websocket_send(w, true, "x", 1), WZP_E_CLOSED, "nothing is said after that");
    wzp_websocket_free(w);
}

static void test_forbidden(void)
{
    static char big[60000];
    begin();
    ok(!frame(true, 1, "hello", 5, false) && close_code() == 1002 && texts == 0,
       "a frame without a mask is a mistake");
    wzp_websocket_free(w);
    begin();
    ok(!frame(true, 3, "x", 1, true) && close_code() == 1002, "an unknown kind of frame, too");
    wzp_websocket_free(w);
    begin();
    ok(!frame(true, 0, "x", 1, true) && close_code() == 1002, "and a fragment of nothing");
    wzp_websocket_free(w);
    begin();
    ok(!frame(true, 9, big, 126, true), "a ping longer than 125 bytes ends it");
    wzp_websocket_free(w);
    begin();
    ok(!frame(true, 1, "\xff\xfe", 2, true) && close_code() == 1007, "a text that is no UTF-8");
    wzp_websocket_free(w);
    begin();
    ok(!frame(true, 2, big, WZP_WEBSOCKET_MESSAGE_MAX + 1, true) && close_code() == 1009 &&
           binaries == 0,
       "a message that is too long ends it before it is all there");
    wzp_websocket_free(w);
    begin();
    bool goes_on = true;
    for (int i = 0; i < 30 && goes_on; i++)
        goes_on = frame(false, i ? 0 : 2, big, 1000, true);
    ok(!goes_on && close_code() == 1009 && binaries == 0, "also in many pieces");
    wzp_websocket_free(w);
    begin();
    uint8_t endless[] = {0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1};
    ok(!wzp_websocket_receive(w, endless, sizeof endless) && close_code() == 1009,
       "or when it only says so");
    wzp_websocket_free(w);
}

static void test_slow(void)
{
    static char sound[1920];
    const uint8_t *data;
    unsigned sent = 0;
    begin();
    while (wzp_websocket_send(w, false, sound, sizeof sound) == 0 && sent < 1000)
        sent++;
    ok(sent >= 20 && sent < 26, "%u frames wait for somebody who does not read, no more", sent);
    size_t length = wzp_websocket_pending(w, &data);
    ok(length <= WZP_WEBSOCKET_OUT_MAX, "in a buffer of fixed size");
    bool goes_on = true;
    for (int i = 0; i < 3000 && goes_on; i++)
        goes_on = frame(true, 9, "tell me again and again", 23, true);
    ok(!goes_on, "who asks all the time and reads no answer is cut off");
    wzp_websocket_free(w);
    begin();
    for (int i = 0; i < 18; i++)
        wzp_websocket_send(w, false, sound, sizeof sound);
    wzp_websocket_close(w, WZP_WEBSOCKET_POLICY, "the reason");
    wzp_websocket_close(w, WZP_WEBSOCKET_GOING, "another one");
    is_int(close_code(), WZP_WEBSOCKET_POLICY, "a close comes behind what waits, once");
    wzp_websocket_free(w);
    begin();
    static char reason[300];
    memset(reason, 'x', 122);
    strcpy(reason + 122, "\xc3\xa9\xc3\xa9");
    wzp_websocket_close(w, WZP_WEBSOCKET_POLICY, reason);
    length = wzp_websocket_pending(w, &data);
    ok(length == 2 + 2 + 122, "a long reason is cut, but not inside a character");
    wzp_websocket_free(w);
}

TAP_MAIN
{
    if (!wzp_websocket_is_there())
        skip_all("built without libwslay");
    test_good();
    test_forbidden();
    test_slow();
}
