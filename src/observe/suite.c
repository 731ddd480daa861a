/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/*
 * Whoever is observed may have agreed on a suite that this library never would. What its records are is in
 * its name: TLS_ key exchange _WITH_ cipher _ hash.
 */

static const struct cipher_word {
    const char *word;
    enum aead aead;
    enum cbc cbc;
    bool null;
} ciphers[] = {
    /* the longer word before the one that it begins with */
    {"AES_128_GCM", AEAD_AES_128_GCM, CBC_NONE, false},
    {"AES_256_GCM", AEAD_AES_256_GCM, CBC_NONE, false},
    {"AES_128_CCM_8", AEAD_AES_128_CCM_8, CBC_NONE, false},
    {"AES_256_CCM_8", AEAD_AES_256_CCM_8, CBC_NONE, false},
    {"AES_128_CCM", AEAD_AES_128_CCM, CBC_NONE, false},
    {"AES_256_CCM", AEAD_AES_256_CCM, CBC_NONE, false},
    {"CHACHA20_POLY1305", AEAD_CHACHA20_POLY1305, CBC_NONE, false},
    {"AES_128_CBC", AEAD_NONE, CBC_AES_128, false},
    {"AES_256_CBC", AEAD_NONE, CBC_AES_256, false},
    {"NULL", AEAD_NONE, CBC_NONE, true},
};

static const struct exchange_word {
    const char *word;
    enum key_exchange kx;
    enum authentication auth;
} exchanges[] = {
    {"ECDHE_ECDSA", KX_ECDHE, AUTH_ECDSA},
    {"ECDHE_RSA", KX_ECDHE, AUTH_RSA},
    {"DHE_RSA", KX_DHE, AUTH_RSA},
    {"DHE_DSS", KX_DHE, AUTH_RSA},
    {"RSA", KX_RSA, AUTH_RSA},
    {"ECDH_anon", KX_ECDHE, AUTH_ANON},
    {"DH_anon", KX_DHE, AUTH_ANON},
    {"ECDH_ECDSA", KX_ECDH, AUTH_ECDSA},
    {"ECDH_RSA", KX_ECDH, AUTH_RSA},
};

static bool begins(const char *text, const char *word)
{
    size_t len = strlen(word);
    return strncmp(text, word, len) == 0 && (text[len] == '_' || text[len] == 0);
}

/* RFC 5246 5, 7.4.9: SHA-256 unless the suite says otherwise. */
static bool read_hash(struct suite *s, const char *rest, bool has_mac)
{
    enum hash hash = strcmp(rest, "_SHA") == 0      ? HASH_SHA1
                     : strcmp(rest, "_SHA256") == 0 ? HASH_SHA256
                     : strcmp(rest, "_SHA384") == 0 ? HASH_SHA384
                                                    : HASH_NONE;
    s->hash = hash == HASH_SHA384 ? HASH_SHA384 : HASH_SHA256;
    s->mac = has_mac ? hash : HASH_NONE;
    return hash != HASH_NONE || (!has_mac && *rest == 0); /* RFC 6655 4: the CCM suites' names have none */
}

static bool read_cipher(struct observed_suite *o, const char *text)
{
    for (size_t i = 0; i < sizeof ciphers / sizeof *ciphers; i++) {
        const struct cipher_word *c = &ciphers[i];
        if (begins(text, c->word)) {
            o->suite.aead = c->aead;
            o->suite.cbc = c->cbc;
            o->suite.nonce = c->aead == AEAD_CHACHA20_POLY1305 ? NONCE_XORED : NONCE_EXPLICIT;
            o->null = c->null;
            return read_hash(&o->suite, text + strlen(c->word), c->aead == AEAD_NONE);
        }
    }
    return false;
}

static bool read_exchange(struct suite *s, const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        const struct exchange_word *x = &exchanges[i];
        if (strlen(x->word) == len && strncmp(text, x->word, len) == 0) {
            s->kx = x->kx;
            s->auth = x->auth;
            return true;
        }
    }
    return false;
}

struct observed_suite observed_suite_of(uint16_t code)
{
    struct observed_suite out = {.suite = {.code = code, .name = name_of(&suite_names, code)}};
    const struct suite *ours = suite13_of(code) ? suite13_of(code) : suite_of(code);
    if (ours) {
        return (struct observed_suite){*ours, true, false, true};
    }
    const char *with = out.suite.name ? strstr(out.suite.name, "_WITH_") : NULL;
    if (with) {
        out.known = read_cipher(&out, with + strlen("_WITH_"));
        out.has_shape = read_exchange(&out.suite, out.suite.name + 4, (size_t)(with - out.suite.name) - 4);
    }
    return out;
}
