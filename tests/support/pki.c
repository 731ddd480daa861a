/* SPDX-License-Identifier: MIT */
#include "pki.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "pki_authority.h"
#include "pki_keys.h"

const char *const test_key_names[TEST_KEYS] = {"P-256",    "P-384",        "P-521",
                                               "RSA-2048", "RSA-PSS-2048", "Ed25519"};

#define MUST(condition)                                                            \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "tests/support/pki.c:%d: %s\n", __LINE__, #condition); \
            abort();                                                               \
        }                                                                          \
    } while (0)

static struct authority root, intermediate, other_root, rsa_root;
static struct test_pki pki;
static EVP_PKEY *leaf_keys[TEST_KEYS];

/* ---- keys ---- */
static EVP_PKEY *key_from_pem(const char *text)
{
    BIO *bio = BIO_new_mem_buf(text, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    MUST(key);
    return key;
}

static EVP_PKEY *fresh_key(enum test_key kind)
{
    static const char *const curves[] = {"P-256", "P-384", "P-521"};
    EVP_PKEY *key = kind == TEST_RSA       ? key_from_pem(test_key_rsa)
                    : kind == TEST_RSA_PSS ? key_from_pem(test_key_rsa_pss)
                    : kind == TEST_ED25519 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                           : EVP_EC_gen(curves[kind]);
    MUST(key);
    return key;
}

static EVP_PKEY *key_of(const struct test_spec *s)
{
    EVP_PKEY *key = leaf_keys[s->key];
    if (s->curve) {
        key = EVP_EC_gen(s->curve);
    } else if (s->rsa_bits) {
        key = EVP_RSA_gen(s->rsa_bits);
    } else {
        EVP_PKEY_up_ref(key);
    }
    MUST(key);
    return key;
}

/* ---- certificates ---- */
static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    if (!*value) {
        return;
    }
    X509V3_CTX making;
    X509V3_set_ctx(&making, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &making, nid, value);
    MUST(extension);
    MUST(X509_add_ext(x, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static const char *or_else(const char *given, const char *usual)
{
    return given ? given : usual;
}

static X509 *certificate_start(const struct test_spec *s, EVP_PKEY *key)
{
    static long serial = 1000;
    X509 *x = X509_new();
    const char *cn = or_else(s->cn, TEST_HOST);
    MUST(x && X509_set_version(x, s->v1 ? 0 : 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial));
    if (*cn) {
        MUST(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                        (const unsigned char *)cn, -1, -1, 0));
    }
    MUST(ASN1_TIME_set(X509_getm_notBefore(x), s->not_before ? s->not_before : TEST_NOW - 30 * TEST_DAY));
    MUST(ASN1_TIME_set(X509_getm_notAfter(x), s->not_after ? s->not_after : TEST_NOW + 30 * TEST_DAY));
    MUST(X509_set_pubkey(x, key));
    return x;
}

static void certificate_sign(X509 *x, EVP_PKEY *key, const struct test_spec *s)
{
    bool plain = EVP_PKEY_is_a(key, "ED25519");
    const EVP_MD *digest = plain ? NULL : EVP_get_digestbyname(or_else(s->digest, "SHA256"));
    MUST(plain || digest);
    MUST(X509_sign(x, key, digest) > 0);
    if (s->broken_signature) {
        const ASN1_BIT_STRING *signature;
        X509_get0_signature(&signature, NULL, x);
        signature->data[signature->length - 1] ^= 1;
    }
}

static void add_extensions(X509 *x, X509 *issuer, const struct test_spec *s)
{
    extend(x, issuer, NID_basic_constraints, s->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x, issuer, NID_key_usage,
           or_else(s->usage, s->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
    extend(x, issuer, NID_ext_key_usage, or_else(s->extended, s->ca ? "" : "serverAuth"));
    extend(x, issuer, NID_subject_key_identifier, "hash");
    extend(x, issuer, NID_authority_key_identifier, issuer == x ? "" : "keyid");
    extend(x, issuer, NID_tlsfeature, or_else(s->feature, ""));
    extend(x, issuer, NID_subject_alt_name,
           or_else(s->names, s->ca ? "" : "DNS:" TEST_HOST ",DNS:localhost,DNS:*.wild.test,IP:127.0.0.1"));
}

static X509 *certificate_make(const struct test_spec *s, EVP_PKEY *key, const struct authority *by)
{
    X509 *x = certificate_start(s, key);
    X509 *issuer = by ? by->certificate : x;
    MUST(X509_set_issuer_name(x, X509_get_subject_name(issuer)));
    if (!s->v1) {
        add_extensions(x, issuer, s);
    }
    certificate_sign(x, by ? by->key : key, s);
    return x;
}

/* ---- PEM ---- */
static hf_bytes bio_text(BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    uint8_t *copy = malloc((size_t)len + 1);
    MUST(copy);
    memcpy(copy, bytes, (size_t)len);
    copy[len] = 0;
    BIO_free(bio);
    return (hf_bytes){copy, (size_t)len};
}

static hf_bytes pem_of(X509 *first, X509 *second)
{
    BIO *bio = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_X509(bio, first) && (!second || PEM_write_bio_X509(bio, second)));
    return bio_text(bio);
}

static hf_bytes pem_of_key(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    return bio_text(bio);
}

static const struct authority *authority_of(enum test_issuer issuer)
{
    static const struct authority *const all[] = {&intermediate, &root, NULL, &other_root, &rsa_root};
    return all[issuer];
}

const struct authority *test_authority(enum test_issuer issuer)
{
    (void)test_pki();
    return authority_of(issuer);
}

static struct test_identity make(const struct test_spec *s)
{
    EVP_PKEY *key = key_of(s);
    X509 *leaf = certificate_make(s, key, authority_of(s->issuer));
    X509 *above = s->issuer == TEST_BY_INTERMEDIATE && !s->no_chain ? intermediate.certificate : NULL;
    struct test_identity made = {pem_of(leaf, above), pem_of(leaf, NULL), pem_of_key(key)};
    X509_free(leaf);
    EVP_PKEY_free(key);
    return made;
}

struct test_identity test_identity_make(const struct test_spec *spec)
{
    (void)test_pki();
    return make(spec);
}

void test_identity_free(struct test_identity *identity)
{
    free((void *)(uintptr_t)identity->chain.data);
    free((void *)(uintptr_t)identity->leaf.data);
    free((void *)(uintptr_t)identity->key.data);
    *identity = (struct test_identity){0};
}

/* ---- the usual ones ---- */
static struct authority authority_make(const char *cn, enum test_key kind, const struct authority *by)
{
    struct authority made = {.key = fresh_key(kind)};
    struct test_spec spec = {.cn = cn, .ca = true};
    spec.not_before = TEST_NOW - 3650 * TEST_DAY;
    spec.not_after = TEST_NOW + 3650 * TEST_DAY;
    made.certificate = certificate_make(&spec, made.key, by);
    return made;
}

static void make_pki(void)
{
    root = authority_make("handfast test root", TEST_P256, NULL);
    other_root = authority_make("another root", TEST_P256, NULL);
    rsa_root = authority_make("a root that signs with RSA", TEST_RSA, NULL);
    intermediate = authority_make("handfast test intermediate", TEST_P256, &root);
    pki.root = pem_of(root.certificate, NULL);
    pki.other_root = pem_of(other_root.certificate, NULL);
    pki.rsa_root = pem_of(rsa_root.certificate, NULL);
    pki.intermediate = pem_of(intermediate.certificate, NULL);
    for (enum test_key kind = 0; kind < TEST_KEYS; kind++) {
        leaf_keys[kind] = fresh_key(kind);
        struct test_spec server = {.key = kind};
        struct test_spec client = {.key = kind, .cn = "alice", .names = "", .extended = "clientAuth"};
        pki.server[kind] = make(&server);
        pki.client[kind] = make(&client);
    }
}

const struct test_pki *test_pki(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    MUST(pthread_once(&once, make_pki) == 0);
    return &pki;
}

int64_t test_clock(void *arg)
{
    return arg ? *(const int64_t *)arg : TEST_NOW;
}

/* ---- revocation ---- */
static X509_REVOKED *revocation_of(const struct test_identity *identity)
{
    BIO *bio = BIO_new_mem_buf(identity->leaf.data, (int)identity->leaf.len);
    X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, TEST_NOW - TEST_DAY);
    MUST(leaf && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(leaf)));
    MUST(X509_REVOKED_set_revocationDate(entry, when));
    ASN1_TIME_free(when);
    X509_free(leaf);
    BIO_free(bio);
    return entry;
}

hf_bytes test_crl_make(enum test_issuer issuer, const struct test_identity *revoked)
{
    (void)test_pki();
    const struct authority *by = authority_of(issuer);
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, TEST_NOW - TEST_DAY);
    ASN1_TIME *to = ASN1_TIME_set(NULL, TEST_NOW + 30 * TEST_DAY);
    MUST(X509_CRL_set_version(crl, 1));
    MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(by->certificate)));
    MUST(X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to));
    MUST(!revoked || X509_CRL_add0_revoked(crl, revocation_of(revoked)));
    MUST(X509_CRL_sign(crl, by->key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    MUST(PEM_write_bio_X509_CRL(bio, crl));
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
    return bio_text(bio);
}

/* ---- signing, RFC 8446 4.2.3 ---- */
static const EVP_MD *scheme_digest(uint16_t scheme)
{
    switch (scheme) {
    case 0x0401:
    case 0x0403:
    case 0x0804:
    case 0x0809:
        return EVP_sha256();
    case 0x0501:
    case 0x0503:
    case 0x0805:
    case 0x080a:
        return EVP_sha384();
    case 0x0601:
    case 0x0603:
    case 0x0806:
    case 0x080b:
        return EVP_sha512();
    default:
        return NULL; /* Ed25519 */
    }
}

size_t test_sign(const struct test_identity *identity, uint16_t scheme, hf_bytes message, uint8_t *out)
{
    EVP_PKEY *key = key_from_pem((const char *)identity->key.data);
    EVP_MD_CTX *run = EVP_MD_CTX_new();
    EVP_PKEY_CTX *operation = NULL;
    size_t len = 1024;
    bool pss = scheme >> 8 == 8 && scheme != 0x0807 && scheme != 0x0808;
    bool made = EVP_DigestSignInit(run, &operation, scheme_digest(scheme), NULL, key) == 1;
    if (made && pss) {
        made = EVP_PKEY_CTX_set_rsa_padding(operation, RSA_PKCS1_PSS_PADDING) > 0 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(operation, RSA_PSS_SALTLEN_DIGEST) > 0;
    }
    made = made && EVP_DigestSign(run, out, &len, message.data, message.len) == 1;
    EVP_MD_CTX_free(run);
    EVP_PKEY_free(key);
    return made ? len : 0;
}
