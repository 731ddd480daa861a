/* SPDX-License-Identifier: MIT */
#include "ocsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "pki_authority.h"

#define MUST(condition)                                                             \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "tests/support/ocsp.c:%d: %s\n", __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

static X509 *certificate_of(hf_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    MUST(x);
    return x;
}

static EVP_PKEY *key_of(hf_bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    MUST(key);
    return key;
}

static const EVP_MD *digest_of(const char *name, const char *otherwise)
{
    const EVP_MD *md = EVP_get_digestbyname(name ? name : otherwise);
    MUST(md);
    return md;
}

/* ---- who answers ---- */
static struct authority delegate_of(enum test_responder by, enum test_issuer issuer)
{
    struct test_spec spec = {
        .cn = "responder",
        .names = "",
        .extended = by == TEST_DELEGATE_LACKS_USAGE ? "serverAuth" : "OCSPSigning",
        .issuer = by == TEST_DELEGATE_OF_ANOTHER ? TEST_BY_OTHER_ROOT
                  : by == TEST_DELEGATE_OF_ROOT  ? TEST_BY_ROOT
                                                 : issuer,
        .not_after = by == TEST_DELEGATE_EXPIRED ? TEST_NOW - TEST_DAY : 0,
        .key = by == TEST_DELEGATE_IS_WEAK ? TEST_RSA : TEST_P256,
        .rsa_bits = by == TEST_DELEGATE_IS_WEAK ? 1024 : 0,
    };
    struct test_identity made = test_identity_make(&spec);
    struct authority a = {certificate_of(made.leaf), key_of(made.key)};
    test_identity_free(&made);
    MUST(by != TEST_DELEGATE_IS_FORGED || X509_sign(a.certificate, a.key, EVP_sha256()) > 0);
    return a;
}

static struct authority responder_of(const struct test_ocsp *s)
{
    enum test_issuer issuer = s->of ? s->issuer : TEST_BY_ROOT;
    const struct authority *plain =
        test_authority(s->by == TEST_STRANGER_ANSWERS ? TEST_BY_OTHER_ROOT : issuer);
    if (s->by != TEST_ISSUER_ANSWERS && s->by != TEST_STRANGER_ANSWERS) {
        return delegate_of(s->by, issuer);
    }
    X509_up_ref(plain->certificate);
    EVP_PKEY_up_ref(plain->key);
    return *plain;
}

/* ---- what it says ---- */
static void add_unknown_extension(OCSP_BASICRESP *response, OCSP_SINGLERESP *single)
{
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    ASN1_OBJECT *oid = OBJ_txt2obj("1.3.6.1.4.1.55555.1", 1);
    MUST(ASN1_OCTET_STRING_set(value, (const unsigned char *)"\5\0", 2));
    X509_EXTENSION *x = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
    MUST(x && (response ? OCSP_BASICRESP_add_ext(response, x, -1) : OCSP_SINGLERESP_add_ext(single, x, -1)));
    X509_EXTENSION_free(x);
    ASN1_OBJECT_free(oid);
    ASN1_OCTET_STRING_free(value);
}

static void add_answer(OCSP_BASICRESP *response, const struct test_ocsp *s, bool other_serial)
{
    static const int statuses[] = {V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED,
                                   V_OCSP_CERTSTATUS_UNKNOWN};
    const struct authority *issuer = test_authority(s->of ? s->issuer : TEST_BY_ROOT);
    X509 *subject = s->of ? certificate_of(s->of->leaf) : certificate_of(test_pki()->intermediate);
    ASN1_INTEGER *serial = ASN1_INTEGER_dup(X509_get0_serialNumber(subject));
    MUST(!other_serial || ASN1_INTEGER_set(serial, 987654321));
    OCSP_CERTID *id = OCSP_cert_id_new(digest_of(s->id_digest, "SHA1"), X509_get_issuer_name(subject),
                                       X509_get0_pubkey_bitstr(issuer->certificate), serial);
    ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, s->this_update ? s->this_update : TEST_NOW - TEST_DAY);
    ASN1_TIME *to = ASN1_GENERALIZEDTIME_set(NULL, s->next_update ? s->next_update : TEST_NOW + TEST_DAY);
    OCSP_SINGLERESP *single = OCSP_basic_add1_status(response, id, statuses[s->status],
                                                     s->status == TEST_REVOKED ? 1 : -1, from, from,
                                                     s->no_next_update ? NULL : to);
    MUST(single);
    if (s->critical_single) {
        add_unknown_extension(NULL, single);
    }
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    OCSP_CERTID_free(id);
    ASN1_INTEGER_free(serial);
    X509_free(subject);
}

static OCSP_BASICRESP *basic_make(const struct test_ocsp *s)
{
    OCSP_BASICRESP *response = OCSP_BASICRESP_new();
    struct authority by = responder_of(s);
    bool delegated = s->by != TEST_ISSUER_ANSWERS && s->by != TEST_STRANGER_ANSWERS;
    if (s->other_too) {
        add_answer(response, s, true);
    }
    add_answer(response, s, s->other_serial);
    if (s->critical) {
        add_unknown_extension(response, NULL);
    }
    unsigned long flags = (delegated ? 0 : OCSP_NOCERTS) | (s->by_key_hash ? OCSP_RESPID_KEY : 0);
    MUST(OCSP_basic_sign(response, by.certificate, by.key, digest_of(s->digest, "SHA256"), NULL, flags));
    if (s->broken_signature) {
        const ASN1_OCTET_STRING *signature = OCSP_resp_get0_signature(response);
        ((ASN1_OCTET_STRING *)(uintptr_t)signature)->data[signature->length - 1] ^= 1;
    }
    X509_free(by.certificate);
    EVP_PKEY_free(by.key);
    return response;
}

hf_bytes test_ocsp_make(const struct test_ocsp *spec)
{
    (void)test_pki();
    OCSP_BASICRESP *basic = spec->no_answer ? NULL : basic_make(spec);
    OCSP_RESPONSE *whole = OCSP_response_create(spec->no_answer, basic);
    unsigned char *der = NULL;
    int len = i2d_OCSP_RESPONSE(whole, &der);
    MUST(len > 0);
    uint8_t *copy = malloc((size_t)len);
    MUST(copy);
    memcpy(copy, der, (size_t)len);
    OPENSSL_free(der);
    OCSP_RESPONSE_free(whole);
    OCSP_BASICRESP_free(basic);
    return (hf_bytes){copy, (size_t)len};
}

void test_ocsp_free(hf_bytes response)
{
    free((void *)(uintptr_t)response.data);
}
