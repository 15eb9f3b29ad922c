/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "phone/policy.h"

/* One row per case of wzp-protocol(7), Plain calls; [used before] where the row depends on it. */
struct row {
    enum wzp_policy_outcome prefer[2], require[2];
};

static const struct row rows[] = {
    [WZP_E2E_VALID] = {{WZP_POLICY_SEALED, WZP_POLICY_SEALED},
                       {WZP_POLICY_SEALED, WZP_POLICY_SEALED}},
    [WZP_E2E_LEGACY] = {{WZP_POLICY_PLAIN, WZP_POLICY_REFUSE_DOWNGRADE},
                        {WZP_POLICY_REFUSE_REQUIRED, WZP_POLICY_REFUSE_DOWNGRADE}},
    [WZP_E2E_INVALID] = {{WZP_POLICY_PLAIN_WARNED, WZP_POLICY_REFUSE_DOWNGRADE},
                         {WZP_POLICY_REFUSE_REQUIRED, WZP_POLICY_REFUSE_DOWNGRADE}},
    [WZP_E2E_STRIPPED] = {{WZP_POLICY_END_TAMPERED, WZP_POLICY_END_TAMPERED},
                          {WZP_POLICY_END_TAMPERED, WZP_POLICY_END_TAMPERED}},
};

enum wzp_policy_outcome wzp_policy_decide(enum wzp_e2e_policy policy, enum wzp_e2e_verdict verdict,
                                          bool used_before)
{
    if (policy == WZP_E2E_OFF)
        return WZP_POLICY_PLAIN_OFF;
    const struct row *row = &rows[verdict];
    return policy == WZP_E2E_REQUIRE ? row->require[used_before] : row->prefer[used_before];
}

bool wzp_policy_allows(enum wzp_policy_outcome outcome)
{
    switch (outcome) {
    case WZP_POLICY_SEALED:
    case WZP_POLICY_PLAIN:
    case WZP_POLICY_PLAIN_WARNED:
    case WZP_POLICY_PLAIN_OFF: return true;
    case WZP_POLICY_REFUSE_REQUIRED:
    case WZP_POLICY_REFUSE_DOWNGRADE:
    case WZP_POLICY_END_TAMPERED: return false;
    }
    return false;
}

const char *wzp_policy_why(enum wzp_policy_outcome outcome)
{
    switch (outcome) {
    case WZP_POLICY_SEALED: return "end-to-end encrypted";
    case WZP_POLICY_PLAIN: return "the other program showed no keys to encrypt end to end with";
    case WZP_POLICY_PLAIN_WARNED: return "the other side's keys did not verify";
    case WZP_POLICY_PLAIN_OFF: return "end-to-end encryption is switched off here";
    case WZP_POLICY_REFUSE_REQUIRED:
        return "the call would not be end-to-end encrypted, and that is required";
    case WZP_POLICY_REFUSE_DOWNGRADE:
        return "this person's program has shown before that it encrypts end to end, and this call "
               "would not be (somebody may be in between). If they confirm that they use another "
               "program now, accept it with: wzp contacts forget PEER";
    case WZP_POLICY_END_TAMPERED:
        return "the relay removed the encryption keys from our call (tampering)";
    }
    return "";
}
