/* SPDX-License-Identifier: MIT */
#include "handshake/fit.h"

enum key_use suite_key_use(const struct suite *s)
{
    return s->kx == KX_RSA ? KEY_ENCIPHERS : s->kx == KX_ECDH ? KEY_AGREES : KEY_SIGNS;
}

/* RFC 4492 2.1, 2.3: what tells ECDH_ECDSA from ECDH_RSA is the key that signed the certificate. */
static bool signed_by(const struct certificate *leaf, enum authentication auth)
{
    const struct scheme *s = scheme_of(certificate_signature_scheme(leaf));
    return s && (auth == AUTH_ECDSA ? s->key == KEY_EC : s->key == KEY_RSA || s->key == KEY_RSA_PSS);
}

static bool signs_for(const struct certificate *leaf, enum authentication auth)
{
    enum key_kind kind = certificate_key(leaf)->kind;
    bool ecdsa = kind == KEY_EC || kind == KEY_ED25519 || kind == KEY_ED448; /* RFC 8422 5.1.3 */
    bool rsa = kind == KEY_RSA || kind == KEY_RSA_PSS;
    return (auth == AUTH_ECDSA ? ecdsa : rsa) && certificate_may_sign(leaf);
}

bool certificate_serves(const struct certificate *leaf, const struct suite *s)
{
    enum key_kind kind = certificate_key(leaf)->kind;
    if (s->auth == AUTH_ANON) {
        return false;
    }
    switch (suite_key_use(s)) {
    case KEY_ENCIPHERS:
        return kind == KEY_RSA && certificate_may_encipher(leaf);
    case KEY_AGREES:
        return kind == KEY_EC && certificate_may_agree(leaf) && signed_by(leaf, s->auth);
    default:
        return signs_for(leaf, s->auth);
    }
}

bool certificate_is_fixed_ecdh(const struct certificate *leaf, const struct suite *s, uint16_t server_group)
{
    const struct key_shape *key = certificate_key(leaf);
    /* a key that may sign does: then both sides know without being told which way it is */
    return s->kx == KX_ECDH && key->kind == KEY_EC && key->group == server_group &&
           certificate_may_agree(leaf) && !certificate_may_sign(leaf);
}
