/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "crypto/crypto.h"

/* A certificate as a peer sends it: parsed, then asked everything there is to ask. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask_everything(const struct certificate *c)
{
    static const char *const names[] = {"a.test", "x.wild.test", "127.0.0.1", "::1", ""};
    char text[64];
    uint8_t point[KEY_SHARE_MAX];
    size_t len = 0;
    for (size_t i = 0; certificate_dns_name(c, i).len; i++) {}
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)certificate_names(c, names[i]);
    }
    certificate_describe(c, text, sizeof text);
    bool sound = memchr(text, 0, sizeof text) != NULL && certificate_issuer(c).len &&
                 certificate_public_key(c).len;
    if (!sound) {
        abort();
    }
    (void)certificate_subject(c);
    (void)certificate_signature_scheme(c);
    (void)certificate_not_after(c);
    (void)(certificate_may_sign(c) || certificate_may_encipher(c) || certificate_may_agree(c));
    enum err e = certificate_point(c, point, &len);
    if (e == OK && len > sizeof point) {
        abort();
    }
    const struct scheme *s;
    for (size_t i = 0; (s = scheme_at(i)) != NULL; i++) {
        if (certificate_verify_signature(c, s, slice_of("signed", 6), slice_of(text, 8)) == OK) {
            abort(); /* eight bytes are nobody's signature */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct certificate *c;
    if (crypto_start() == OK && certificate_parse(slice_of(data, size), &c) == OK) {
        ask_everything(c);
        certificate_free(c);
    }
    return 0;
}
