/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Source: wzp-protocol(7), Identity. */
#include "crypto/mnemonic.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "crypto/mnemonic_words.h"
#include "crypto/primitives.h"

#define BITS_PER_WORD 11
#define WORD_MAX 32 /* longest typed word that is looked at; the list's have 8 letters */

/* Entropy and its first checksum byte: 264 bits. */
struct bits {
    uint8_t data[33];
};

static void add_checksum(struct bits *b)
{
    uint8_t hash[WZP_SHA256_SIZE];
    wzp_sha256(hash, b->data, 32);
    b->data[32] = hash[0];
    wzp_wipe(hash, sizeof hash);
}

void wzp_mnemonic_encode(char *out, const uint8_t entropy[32])
{
    struct bits b;
    char *end = out;
    memcpy(b.data, entropy, 32);
    add_checksum(&b);
    for (unsigned i = 0; i < WZP_MNEMONIC_WORDS; i++) {
        unsigned index = 0;
        for (unsigned bit = i * BITS_PER_WORD; bit < (i + 1) * BITS_PER_WORD; bit++)
            index = index << 1 | ((unsigned)b.data[bit / 8] >> (7 - bit % 8) & 1);
        const char *word = wzp_mnemonic_words[index];
        size_t length = strlen(word);
        memcpy(end, word, length);
        end += length;
        *end++ = ' ';
    }
    end[-1] = 0;
    wzp_wipe(&b, sizeof b);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Index of a lower-case word, or -1. */
static int find_word(const char *word)
{
    int low = 0, high = WZP_MNEMONIC_LIST_SIZE - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        int order = strcmp(word, wzp_mnemonic_words[middle]);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle - 1;
        else
            low = middle + 1;
    }
    return -1;
}

/* The word most like this one. The first four letters decide where they fit, because they tell all
 * words apart and some people write down no more; otherwise the edit distance, then the longer
 * common beginning. */
static const char *nearest_word(const char *word)
{
    const char *best = wzp_mnemonic_words[0];
    unsigned best_distance = 1000, best_common = 0;
    for (int i = 0; i < WZP_MNEMONIC_LIST_SIZE; i++) {
        const char *candidate = wzp_mnemonic_words[i];
        unsigned distance = wzp_text_distance(word, candidate), common = 0;
        while (word[common] != 0 && word[common] == candidate[common])
            common++;
        if (common >= 4)
            return candidate;
        if (distance < best_distance || (distance == best_distance && common > best_common)) {
            best = candidate;
            best_distance = distance;
            best_common = common;
        }
    }
    return best;
}

/* Takes the next word off *text in lower case, cut at WORD_MAX - 1. Its true length; 0 at the end.
 */
static size_t next_word(char word[WORD_MAX], const char **text, const char *end)
{
    while (*text < end && is_blank(**text))
        (*text)++;
    size_t length = 0;
    for (; *text < end && !is_blank(**text); (*text)++, length++) {
        char c = **text;
        if (length < WORD_MAX - 1)
            word[length] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    word[length < WORD_MAX - 1 ? length : WORD_MAX - 1] = 0;
    return length;
}

static int unknown_word(struct wzp_error *err, unsigned place, char word[WORD_MAX], size_t length)
{
    char shown[2 * WORD_MAX];
    wzp_text_filter(shown, sizeof shown, word, length < WORD_MAX - 1 ? length : WORD_MAX - 1);
    int result = wzp_error_set(err, WZP_E_SYNTAX,
                               "word %u, \"%s\", is not in the list; did you mean \"%s\"?", place,
                               shown, nearest_word(word));
    wzp_wipe(shown, sizeof shown);
    return result;
}

static int decode(struct bits *b, char word[WORD_MAX], const char *text, size_t length,
                  struct wzp_error *err)
{
    const char *at = text, *end = text + length;
    unsigned count = 0;
    size_t word_length;
    while (next_word(word, &at, end) > 0)
        count++;
    if (count != WZP_MNEMONIC_WORDS)
        return wzp_error_set(err, WZP_E_SYNTAX, "a mnemonic has %d words, this one has %u",
                             WZP_MNEMONIC_WORDS, count);
    memset(b, 0, sizeof *b);
    at = text;
    for (unsigned i = 0; (word_length = next_word(word, &at, end)) > 0; i++) {
        int index = word_length < WORD_MAX ? find_word(word) : -1;
        if (index < 0 || strlen(word) != word_length)
            return unknown_word(err, i + 1, word, word_length);
        for (unsigned k = 0; k < BITS_PER_WORD; k++) {
            unsigned bit = i * BITS_PER_WORD + k;
            if (index >> (BITS_PER_WORD - 1 - k) & 1)
                b->data[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
        }
    }
    uint8_t checksum = b->data[32];
    add_checksum(b);
    if (checksum != b->data[32])
        return wzp_error_set(err, WZP_E_SYNTAX,
                             "the words do not fit together: one is wrong or two are swapped");
    return 0;
}

int wzp_mnemonic_decode(uint8_t entropy[32], const char *text, size_t length, struct wzp_error *err)
{
    struct bits b;
    char word[WORD_MAX];
    int result = decode(&b, word, text, length, err);
    if (result == 0)
        memcpy(entropy, b.data, 32);
    else
        memset(entropy, 0, 32);
    wzp_wipe(&b, sizeof b);
    wzp_wipe(word, sizeof word);
    return result;
}
