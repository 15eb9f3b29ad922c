/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Checks of signed messages as received (JSON). The fuzzer cannot make a valid signature of the
 * identities here, so only the seed corpus' own messages may be judged valid; checked is what each
 * verdict guarantees. */
#include <stdlib.h>
#include <string.h>

#include "crypto/e2e.h"
#include "crypto/federation.h"
#include "crypto/handshake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wzp_identity caller, callee;
static const uint8_t exporter[32] = {7};

static void fill(void *context, void *out, size_t length)
{
    (void)context;
    memset(out, 0x41, length);
}

static void direct_offer(const struct wzp_signal *message, const struct wzp_random *random)
{
    struct wzp_e2e_agreement a;
    struct wzp_e2e_session session;
    struct wzp_e2e_offer_memory memory = {.count = 0};
    uint8_t signature[64];
    enum wzp_e2e_verdict verdict = wzp_e2e_check_offer(&a, message, &callee);
    struct wzp_signal answer = {.type = WZP_SIGNAL_DIRECT_CALL_ANSWER};
    answer.u.direct_call_answer.call_id = a.call_id;
    answer.u.direct_call_answer.accept_mode = WZP_ACCEPT_TRUSTED;
    if (verdict == WZP_E2E_STRIPPED || (verdict == WZP_E2E_VALID && !a.usable))
        abort();
    int result = wzp_e2e_make_answer(&a, &session, &answer, signature, verdict == WZP_E2E_VALID,
                                     &callee, random);
    if (result != (a.usable ? 0 : WZP_E_STATE))
        abort();
    if (wzp_e2e_offer_seen(&memory, &a) || !wzp_e2e_offer_seen(&memory, &a))
        abort();
}

static void direct_answer(const struct wzp_signal *message, const struct wzp_random *random)
{
    struct wzp_e2e_agreement a;
    struct wzp_e2e_session session, before;
    uint8_t signature[64];
    char call_id[] = "18a4c0ffee123456";
    struct wzp_signal offer = {.type = WZP_SIGNAL_DIRECT_CALL_OFFER};
    offer.u.direct_call_offer.call_id = call_id;
    offer.u.direct_call_offer.target_fingerprint = callee.fingerprint_text;
    if (wzp_e2e_make_offer(&a, &offer, signature, &caller, random) < 0)
        abort();
    memset(&session, 0x55, sizeof session);
    before = session;
    enum wzp_e2e_verdict verdict = wzp_e2e_check_answer(&a, &session, message);
    if ((verdict == WZP_E2E_VALID) != (memcmp(&session, &before, sizeof session) != 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready) {
        uint8_t seed[32];
        for (unsigned i = 0; i < sizeof seed; i++)
            seed[i] = (uint8_t)i;
        wzp_identity_from_seed(&caller, seed);
        memset(seed, 0xff, sizeof seed);
        wzp_identity_from_seed(&callee, seed);
        ready = true;
    }
    const struct wzp_random random = {fill, NULL};
    struct wzp_signal message;
    struct wzp_error err = {0};
    struct wzp_handshake state = {.offer_hash = {1}};
    enum wzp_registration_class class;
    uint8_t hash[32];
    int flag = 0;
    if (wzp_signal_parse(&message, (const char *)data, size, NULL) < 0)
        return 0;
    int result = wzp_handshake_check_offer(&flag, hash, &message, exporter, "general", &err);
    if (result < 0 && (flag || err.text[0] == 0))
        abort();
    result = wzp_handshake_check_answer(&flag, &state, &message, exporter, &err);
    if (result < 0 && flag)
        abort();
    result = wzp_register_check(&class, &message, exporter, &err);
    if (result < 0 && class != WZP_REGISTRATION_ANONYMOUS)
        abort();
    result = wzp_register_ack_check(&flag, &message, exporter, &err);
    if (result < 0 && flag)
        abort();
    result = wzp_federation_hello_check(&flag, hash, &message, exporter, &err);
    if (result < 0 && flag)
        abort();
    if (message.type == WZP_SIGNAL_DIRECT_CALL_OFFER)
        direct_offer(&message, &random);
    if (message.type == WZP_SIGNAL_DIRECT_CALL_ANSWER)
        direct_answer(&message, &random);
    wzp_signal_fini(&message);
    return 0;
}
