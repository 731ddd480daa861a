/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

/*
 * RFC 8422 5.1.1. secp256r1 stands before x25519: both are sound, and on libcrypto 3.0 a handshake with P-256
 * is the cheaper by some 10 µs a side, and needs no fetch of an algorithm. The larger ones are for peers
 * whose policy asks for them.
 */
static const struct group groups[] = {
    {23, "secp256r1", GROUP_EC, 65, 32},
    {29, "x25519", GROUP_X, 32, 32},
    {24, "secp384r1", GROUP_EC, 97, 48},
    {30, "x448", GROUP_X, 56, 56},
    {25, "secp521r1", GROUP_EC, 133, 66},
    /* RFC 7919 A: for DHE suites */
    {256, "ffdhe2048", GROUP_FFDHE, 256, 256},
    {257, "ffdhe3072", GROUP_FFDHE, 384, 384},
    {258, "ffdhe4096", GROUP_FFDHE, 512, 512},
    {259, "ffdhe6144", GROUP_FFDHE, 768, 768},
    {260, "ffdhe8192", GROUP_FFDHE, 1024, 1024},
    /* TLS 1.3 alone: what is recorded today is to stay secret from the computers of tomorrow */
    {0x11EC, "X25519MLKEM768", GROUP_HYBRID, 1216, 64, .answer_size = 1120},
    {0x11EB, "SecP256r1MLKEM768", GROUP_HYBRID, 1249, 64, .answer_size = 1153},
};
#define GROUPS (sizeof groups / sizeof groups[0])

const struct group *group_at(size_t i)
{
    for (size_t row = 0; row < GROUPS; row++) {
        if (group_is_there(&groups[row]) && i-- == 0) {
            return &groups[row];
        }
    }
    return NULL;
}

const struct group *group_of(uint16_t code)
{
    for (size_t i = 0; i < GROUPS; i++) {
        if (groups[i].code == code) {
            return group_is_there(&groups[i]) ? &groups[i] : NULL;
        }
    }
    return NULL;
}
