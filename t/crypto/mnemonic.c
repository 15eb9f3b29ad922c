/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Mnemonics: published BIP39 vectors, ours, and what people mistype. */
#include "crypto/mnemonic.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/mnemonic_words.h"
#include "lib_crypto.h"
#include "tap.h"

static void both_ways(const uint8_t entropy[32], const char *words)
{
    char text[WZP_MNEMONIC_TEXT_MAX];
    uint8_t back[32];
    struct wzp_error err = {0};
    wzp_mnemonic_encode(text, entropy);
    is_str(text, words, "words");
    is_int(wzp_mnemonic_decode(back, words, strlen(words), &err), 0, "reads back %s", err.text);
    is_bytes(back, 32, entropy, 32, "as the entropy");
}

/* The 256-bit rows of the published BIP39 test vectors. */
static void published(void)
{
    static const struct {
        const char *entropy, *words;
    } rows[] = {
        {"7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f",
         "legal winner thank year wave sausage worth useful legal winner thank year wave sausage "
         "worth useful legal winner thank year wave sausage worth title"},
        {"8080808080808080808080808080808080808080808080808080808080808080",
         "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount "
         "doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless"},
        {"68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
         "hamster diagram private dutch cause delay private meat slide toddler razor book happy "
         "fancy gospel tennis maple dilemma loan word shrug inflict delay length"},
        {"9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
         "panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich alcohol "
         "speed nation flash devote level hobby quick inner drive ghost inside"},
        {"066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
         "all hour make first leader extend hole alien behind guard gospel lava path output census "
         "museum junior mass reopen famous sing advance salt reform"},
        {"f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
         "void come effort suffer camp survey warrior heavy shoot primary clutch crush open "
         "amazing "
         "screen patrol group space point ten exist slush involve unfold"}};
    uint8_t entropy[32];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tap_hex(entropy, 32, rows[i].entropy);
        both_ways(entropy, rows[i].words);
    }
}

static void the_list(void)
{
    bool sorted = true, distinct = true;
    for (size_t i = 1; i < WZP_MNEMONIC_LIST_SIZE; i++) {
        const char *a = wzp_mnemonic_words[i - 1], *b = wzp_mnemonic_words[i];
        sorted = sorted && strcmp(a, b) < 0;
        distinct = distinct && strncmp(a, b, 4) != 0;
    }
    ok(sorted, "the list is sorted");
    ok(distinct, "four letters tell words apart");
    struct wzp_sha256_state state;
    uint8_t hash[32], want[32];
    wzp_sha256_begin(&state);
    for (size_t i = 0; i < WZP_MNEMONIC_LIST_SIZE; i++) {
        wzp_sha256_add(&state, wzp_mnemonic_words[i], strlen(wzp_mnemonic_words[i]));
        wzp_sha256_add(&state, "\n", 1);
    }
    wzp_sha256_end(&state, hash);
    tap_hex(want, 32, "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
    is_bytes(hash, 32, want, 32, "it is the published english.txt");
}

/* Twenty-three times "abandon" and the given last words. */
static const char *abandon(unsigned count, const char *last)
{
    static char text[400];
    size_t n = 0;
    for (unsigned i = 0; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "abandon ");
    snprintf(text + n, sizeof text - n, "%s", last);
    return text;
}

static void refused(const char *text, size_t length, const char *sentence)
{
    uint8_t entropy[32];
    struct wzp_error err = {0};
    memset(entropy, 7, sizeof entropy);
    is_int(wzp_mnemonic_decode(entropy, text, length, &err), WZP_E_SYNTAX, "refused");
    ok(strstr(err.text, sentence) != NULL, "%s (wanted: %s)", err.text, sentence);
    ok(wzp_is_zero_constant_time(entropy, 32), "nothing is given out");
}

static void mistyped(void)
{
    static const char twelve[] = "abandon abandon abandon abandon abandon abandon abandon abandon "
                                 "abandon abandon abandon about";
    uint8_t entropy[32];
    const char *text = abandon(23, "art");
    is_int(wzp_mnemonic_decode(entropy, text, strlen(text), NULL), 0, "23 abandon, art");
    text =
        "\n ABANDON\tabandon Abandon  abandon abandon\r\nabandon abandon abandon abandon abandon "
        "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
        "abandon abandon abandon ART\n";
    is_int(wzp_mnemonic_decode(entropy, text, strlen(text), NULL), 0, "capitals and blanks");
    refused("", 0, "has 0");
    refused(" \t\n", 3, "has 0");
    refused(twelve, sizeof twelve - 1, "has 12");
    refused(abandon(24, "art"), strlen(abandon(24, "art")), "has 25");
    refused(abandon(23, "abandon"), strlen(abandon(23, "abandon")), "do not fit");
    refused(abandon(23, "abandn"), strlen(abandon(23, "abandn")), "word 24, \"abandn\"");
    refused(abandon(23, "abandn"), strlen(abandon(23, "abandn")), "mean \"abandon\"");
    refused(abandon(22, "wintr zoo"), strlen(abandon(22, "wintr zoo")), "word 23, \"wintr\"");
    refused(abandon(22, "wintr zoo"), strlen(abandon(22, "wintr zoo")), "mean \"winter\"");
    refused(abandon(23, "acou"), strlen(abandon(23, "acou")), "mean \"acoustic\"");
    refused(abandon(23, "\xff\x1b[2J"), strlen(abandon(23, "\xff\x1b[2J")), "word 24, \"??[2j\"");
    refused(abandon(23, "art\xc2\xa0"), strlen(abandon(23, "art\xc2\xa0")), "mean \"art\"");
    char zero[200];
    memset(zero, 'a', sizeof zero);
    for (size_t i = 1; i < 48; i += 2)
        zero[i] = ' ';
    refused(zero, sizeof zero, "has 25");
    refused(zero, 47, "word 1, \"a\"");
    memcpy(zero, abandon(23, ""), 184);
    refused(zero, 200, "word 24, \"aaaaaaaaaaaaaaaa\"");
    static char inner[200];
    size_t length = (size_t)snprintf(inner, sizeof inner, "%s", abandon(23, "artXart"));
    inner[length - 4] = 0;
    refused(inner, length, "word 24");
    static char long_word[3000];
    memset(long_word, 'b', sizeof long_word);
    memcpy(long_word, abandon(23, ""), 184);
    refused(long_word, sizeof long_word, "word 24");
    refused(long_word + 184, 2000, "has 1");
}

static void every_change(void)
{
    struct wzp_random random = test_random(3);
    uint8_t entropy[32], back[32];
    char text[WZP_MNEMONIC_TEXT_MAX];
    bool fine = true;
    for (int i = 0; i < 200; i++) {
        wzp_random_bytes(&random, entropy, 32);
        wzp_mnemonic_encode(text, entropy);
        fine = fine && wzp_mnemonic_decode(back, text, strlen(text), NULL) == 0 &&
               memcmp(back, entropy, 32) == 0;
    }
    ok(fine, "200 random seeds there and back");
}

TAP_MAIN
{
    json_t *vectors = vectors_load();
    json_t *row;
    size_t i;
    uint8_t seed[32];
    json_array_foreach(at(vectors, "identities", NULL), i, row)
    {
        bytes_of(seed, 32, row, "seed");
        both_ways(seed, text_of(row, "bip39_24_words"));
    }
    published();
    the_list();
    mistyped();
    every_change();
    json_decref(vectors);
}
