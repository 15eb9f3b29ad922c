/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "nat/scope.h"

#include <string.h>

struct range {
    sa_family_t family;
    uint8_t prefix; /* bits */
    uint8_t bytes[4];
    enum wzp_scope scope;
};

/* The first match counts, so narrow ranges come before wide ones. The v6 rows need no more than
 * four bytes; :: and ::1 are tested separately. */
static const struct range ranges[] = {
    {AF_INET, 32, {0, 0, 0, 0}, WZP_SCOPE_UNSPECIFIED},
    {AF_INET, 8, {0, 0, 0, 0}, WZP_SCOPE_RESERVED},
    {AF_INET, 8, {127, 0, 0, 0}, WZP_SCOPE_LOOPBACK},
    {AF_INET, 8, {10, 0, 0, 0}, WZP_SCOPE_PRIVATE},
    {AF_INET, 12, {172, 16, 0, 0}, WZP_SCOPE_PRIVATE},
    {AF_INET, 16, {192, 168, 0, 0}, WZP_SCOPE_PRIVATE},
    {AF_INET, 10, {100, 64, 0, 0}, WZP_SCOPE_CGNAT},
    {AF_INET, 16, {169, 254, 0, 0}, WZP_SCOPE_LINK_LOCAL},
    {AF_INET, 24, {192, 0, 2, 0}, WZP_SCOPE_DOCUMENTATION},
    {AF_INET, 24, {198, 51, 100, 0}, WZP_SCOPE_DOCUMENTATION},
    {AF_INET, 24, {203, 0, 113, 0}, WZP_SCOPE_DOCUMENTATION},
    {AF_INET, 4, {224, 0, 0, 0}, WZP_SCOPE_MULTICAST},
    {AF_INET, 32, {255, 255, 255, 255}, WZP_SCOPE_BROADCAST},
    {AF_INET, 4, {240, 0, 0, 0}, WZP_SCOPE_RESERVED},
    {AF_INET, 0, {0, 0, 0, 0}, WZP_SCOPE_PUBLIC},
    {AF_INET6, 10, {0xfe, 0x80, 0, 0}, WZP_SCOPE_LINK_LOCAL},
    {AF_INET6, 7, {0xfc, 0, 0, 0}, WZP_SCOPE_UNIQUE},
    {AF_INET6, 8, {0xff, 0, 0, 0}, WZP_SCOPE_MULTICAST},
    {AF_INET6, 32, {0x20, 0x01, 0x0d, 0xb8}, WZP_SCOPE_DOCUMENTATION},
    {AF_INET6, 3, {0x20, 0, 0, 0}, WZP_SCOPE_PUBLIC},
    {AF_INET6, 0, {0, 0, 0, 0}, WZP_SCOPE_RESERVED},
};

static const uint8_t *bytes_of(const struct wzp_addr *addr)
{
    return wzp_addr_is_v6(addr) ? addr->u.in6.sin6_addr.s6_addr
                                : (const uint8_t *)&addr->u.in.sin_addr;
}

static bool equal_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a, b, whole))
        return false;
    return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

enum wzp_scope wzp_scope_of(const struct wzp_addr *addr)
{
    if (wzp_addr_is_none(addr))
        return WZP_SCOPE_NONE;
    if (wzp_addr_is_unspecified(addr))
        return WZP_SCOPE_UNSPECIFIED;
    if (wzp_addr_is_loopback(addr))
        return WZP_SCOPE_LOOPBACK;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ranges[i].family == addr->u.sa.sa_family &&
            equal_bits(bytes_of(addr), ranges[i].bytes, ranges[i].prefix))
            return ranges[i].scope;
    return WZP_SCOPE_NONE;
}

bool wzp_scope_is_global(const struct wzp_addr *addr)
{
    enum wzp_scope scope = wzp_scope_of(addr);
    return scope == WZP_SCOPE_PUBLIC || scope == WZP_SCOPE_DOCUMENTATION;
}

bool wzp_scope_is_inner(const struct wzp_addr *addr)
{
    enum wzp_scope scope = wzp_scope_of(addr);
    return scope == WZP_SCOPE_PRIVATE || scope == WZP_SCOPE_CGNAT || scope == WZP_SCOPE_UNIQUE;
}

bool wzp_scope_counts_as_public(const struct wzp_addr *addr)
{
    switch (wzp_scope_of(addr)) {
    case WZP_SCOPE_NONE:
    case WZP_SCOPE_LOOPBACK:
    case WZP_SCOPE_LINK_LOCAL:
    case WZP_SCOPE_PRIVATE:
    case WZP_SCOPE_CGNAT: return false;
    case WZP_SCOPE_UNSPECIFIED: return !wzp_addr_is_v6(addr);
    default: return true;
    }
}

bool wzp_scope_refused_external(const struct wzp_addr *addr)
{
    return !wzp_scope_is_global(addr);
}

bool wzp_scope_same_subnet(const struct wzp_addr *a, const struct wzp_addr *b, unsigned prefix)
{
    if (wzp_addr_is_none(a) || wzp_addr_is_none(b) || wzp_addr_is_v6(a) != wzp_addr_is_v6(b) ||
        prefix > (wzp_addr_is_v6(a) ? 128u : 32u))
        return false;
    return equal_bits(bytes_of(a), bytes_of(b), prefix);
}
