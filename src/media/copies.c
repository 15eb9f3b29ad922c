/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "media/copies.h"

#include <stdbool.h>
#include <string.h>

#define ID 121    /* one of the extension ids for experiments */
#define KIND 'C'  /* others may use that id too: ours begins with this byte ... */
#define VERSION 1 /* ... and then so */
#define UNIT_MS 10
#define LONG_FROM 32 /* extensions with ids from here on carry their length */
#define LACE 255
#define PADDING_LACE 254 /* bytes of padding that a length byte of 255 stands for */
#define TWO_BYTES 252    /* lengths from here on take two bytes, RFC 6716 3.2.1 */
#define LENGTH_MAX (255 + 4 * 255)

/* RFC 6716 3.1, 3.2: which frames, and where they lie. What stands behind the length of the
 * padding is the same for all packets of as many frames. */
struct layout {
    uint8_t toc;    /* without the code */
    uint8_t frames; /* M and V of code 3, without P */
    size_t body, body_length, padding, padding_length;
};

#define VARIABLE 0x80
#define PADDED 0x40

static bool read_padding(struct layout *l, const uint8_t *packet, size_t length)
{
    size_t at = 2;
    uint8_t more;

    if (packet[1] & PADDED)
        do {
            if (at >= length)
                return false;
            more = packet[at++];
            l->padding_length += more == LACE ? PADDING_LACE : more;
        } while (more == LACE);
    l->body = at;
    if (l->padding_length > length - at)
        return false;
    l->padding = length - l->padding_length;
    l->body_length = l->padding - at;
    return true;
}

static bool read_layout(struct layout *l, const uint8_t *packet, size_t length)
{
    static const uint8_t frames[3] = {1, 2, 2 | VARIABLE};

    memset(l, 0, sizeof *l);
    if (length == 0)
        return false;
    unsigned code = packet[0] & 3;
    l->toc = packet[0] & 0xfc;
    if (code == 3) {
        if (length < 2 || (packet[1] & 0x3f) == 0)
            return false;
        l->frames = packet[1] & (uint8_t)~PADDED;
        return read_padding(l, packet, length);
    }
    l->frames = frames[code];
    l->body = 1;
    l->body_length = length - 1;
    l->padding = length;
    return true;
}

/* Writes the packet without padding. */
static size_t write_bare(uint8_t *out, const struct layout *l, const uint8_t *packet)
{
    size_t at = 1;

    if ((l->frames & 0x3f) == 1) {
        out[0] = l->toc;
    } else if ((l->frames & 0x3f) == 2) {
        out[0] = l->toc | (l->frames & VARIABLE ? 2 : 1);
    } else {
        out[0] = l->toc | 3;
        out[at++] = l->frames;
    }
    memmove(out + at, packet + l->body, l->body_length);
    return at + l->body_length;
}

size_t wzp_copies_bare(uint8_t *out, const uint8_t *packet, size_t length)
{
    struct layout l;

    return read_layout(&l, packet, length) ? write_bare(out, &l, packet) : 0;
}

/* --- extensions ---------------------------------------------------------------------------- */

struct extension {
    unsigned id;
    size_t at, content, end; /* in the padding */
};

/* Reads the extension at `at`; false at the end, and for a malformed one. */
static bool read_extension(struct extension *e, const uint8_t *padding, size_t length, size_t at)
{
    if (at >= length)
        return false;
    bool more = padding[at] & 1;
    e->id = padding[at] >> 1;
    e->at = at++;
    if (e->id < LONG_FROM && (e->id > 0 || more)) {
        e->content = at;
        e->end = at + (e->id > 0 && more ? 1 : 0);
        return e->end <= length;
    }
    size_t bytes = 0;
    uint8_t lace = more ? LACE : 0;
    while (lace == LACE) {
        if (at >= length)
            return false;
        lace = padding[at++];
        bytes += lace;
    }
    e->content = at;
    e->end = more ? at + bytes : length;
    return e->end <= length;
}

static bool find(struct extension *e, const uint8_t *padding, size_t length)
{
    for (size_t at = 0; read_extension(e, padding, length, at); at = e->end)
        if (e->id == ID && e->end - e->content >= 2 && padding[e->content] == KIND &&
            padding[e->content + 1] == VERSION)
            return true;
    return false;
}

/* --- copies -------------------------------------------------------------------------------- */

/* False when nothing more can be read. */
static bool read_copy(struct wzp_copy *c, const uint8_t *data, size_t length, size_t *at)
{
    if (length - *at < 3)
        return false;
    c->numbers = data[*at];
    c->back_ms = data[*at + 1] * UNIT_MS;
    c->length = data[*at + 2];
    *at += 3;
    if (c->length >= TWO_BYTES) {
        if (length - *at < 1)
            return false;
        c->length += 4 * (size_t)data[(*at)++];
    }
    if (c->length > length - *at)
        return false;
    c->data = data + *at;
    *at += c->length;
    return true;
}

/* False for a copy that holds no audio, or copies itself. */
static bool is_sound(const struct wzp_copy *c)
{
    struct layout l;

    return c->numbers > 0 && c->numbers <= 255 && c->back_ms > 0 && c->back_ms % UNIT_MS == 0 &&
           c->back_ms <= 255 * UNIT_MS && c->length <= LENGTH_MAX &&
           read_layout(&l, c->data, c->length) && l.padding_length == 0;
}

size_t wzp_copies_read(struct wzp_copy out[WZP_COPIES_MAX], const uint8_t *packet, size_t length)
{
    struct layout l;
    struct extension e;
    size_t count = 0;

    if (!read_layout(&l, packet, length) || !find(&e, packet + l.padding, l.padding_length))
        return 0;
    const uint8_t *data = packet + l.padding;
    for (size_t at = e.content + 2;
         count < WZP_COPIES_MAX && read_copy(&out[count], data, e.end, &at);)
        count += is_sound(&out[count]);
    return count;
}

/* Bytes that a copy takes; bytes that padding takes, with its length field. */
static size_t copy_bytes(const struct wzp_copy *c)
{
    return (c->length >= TWO_BYTES ? 4u : 3u) + c->length;
}

static size_t laces(size_t length, size_t by)
{
    return length / by + 1;
}

/* Of the whole packet; content: of the extension. */
static size_t total_bytes(const struct layout *l, size_t content)
{
    size_t padding = l->padding_length + 1 + laces(content, LACE) + content;

    return 2 + laces(padding - 1, PADDING_LACE) + l->body_length + padding;
}

static uint8_t *put_copy(uint8_t *to, const struct wzp_copy *c)
{
    *to++ = (uint8_t)c->numbers;
    *to++ = (uint8_t)(c->back_ms / UNIT_MS);
    if (c->length < TWO_BYTES) {
        *to++ = (uint8_t)c->length;
    } else {
        *to = (uint8_t)(TWO_BYTES + (c->length & 3));
        to[1] = (uint8_t)((c->length - *to) / 4);
        to += 2;
    }
    memcpy(to, c->data, c->length);
    return to + c->length;
}

size_t wzp_copies_write(uint8_t *packet, size_t length, size_t capacity,
                        const struct wzp_copy *copies, size_t count)
{
    const struct wzp_copy *taken[WZP_COPIES_MAX];
    struct layout l;
    size_t content = 2;
    size_t used = 0;

    if (!read_layout(&l, packet, length))
        return length;
    for (size_t i = 0; i < count && used < WZP_COPIES_MAX; i++) {
        if (!is_sound(&copies[i]) || total_bytes(&l, content + copy_bytes(&copies[i])) > capacity)
            continue;
        content += copy_bytes(&copies[i]);
        taken[used++] = &copies[i];
    }
    if (used == 0)
        return length;
    size_t padding = l.padding_length + 1 + laces(content, LACE) + content;
    size_t head = 2 + laces(padding - 1, PADDING_LACE);
    size_t total = head + l.body_length + padding;
    /* From the end on, so that nothing is overwritten that is still to be moved. */
    memmove(packet + total - l.padding_length, packet + l.padding, l.padding_length);
    memmove(packet + head, packet + l.body, l.body_length);
    packet[0] = l.toc | 3;
    packet[1] = l.frames | PADDED;
    memset(packet + 2, LACE, head - 3);
    packet[head - 1] = (uint8_t)(padding - (head - 3) * PADDING_LACE);
    uint8_t *to = packet + head + l.body_length;
    *to++ = ID << 1 | 1;
    memset(to, LACE, content / LACE);
    to += content / LACE;
    *to++ = (uint8_t)(content % LACE);
    *to++ = KIND;
    *to++ = VERSION;
    for (size_t i = 0; i < used; i++)
        to = put_copy(to, taken[i]);
    return total;
}

size_t wzp_copies_strip(uint8_t *out, const uint8_t *packet, size_t length)
{
    struct layout l;
    struct extension e;

    if (!read_layout(&l, packet, length) || !find(&e, packet + l.padding, l.padding_length)) {
        memmove(out, packet, length);
        return length;
    }
    size_t padding = l.padding_length - (e.end - e.at);
    if (padding == 0)
        return write_bare(out, &l, packet);
    size_t head = 2 + laces(padding - 1, PADDING_LACE);
    out[0] = l.toc | 3;
    out[1] = l.frames | PADDED;
    memset(out + 2, LACE, head - 3);
    out[head - 1] = (uint8_t)(padding - (head - 3) * PADDING_LACE);
    memcpy(out + head, packet + l.body, l.body_length);
    memcpy(out + head + l.body_length, packet + l.padding, e.at);
    memcpy(out + head + l.body_length + e.at, packet + l.padding + e.end, l.padding_length - e.end);
    return head + l.body_length + padding;
}
