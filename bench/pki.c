/* SPDX-License-Identifier: MIT */
#include "pki.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "fail.h"

struct extension_text {
    int nid;
    const char *value;
};

static const struct extension_text root_extensions[] = {
    {NID_basic_constraints, "critical,CA:TRUE"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {0, NULL},
};

static const struct extension_text leaf_extensions[] = {
    {NID_basic_constraints, "critical,CA:FALSE"}, {NID_ext_key_usage, "serverAuth,clientAuth"},
    {NID_subject_key_identifier, "hash"},         {NID_authority_key_identifier, "keyid"},
    {NID_subject_alt_name, "DNS:" BENCH_HOST},    {0, NULL},
};

/* keyEncipherment is for RSA key transport, RFC 5246 7.4.2. */
static const struct extension_text leaf_usage[][2] = {
    [KEY_ECDSA] = {{NID_key_usage, "critical,digitalSignature"}, {0, NULL}},
    [KEY_RSA] = {{NID_key_usage, "critical,digitalSignature,keyEncipherment"}, {0, NULL}},
};

static EVP_PKEY *make_key(enum key_kind kind)
{
    EVP_PKEY *key = kind == KEY_RSA ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    CHECK(key != NULL);
    return key;
}

static void add_extensions(X509 *certificate, X509 *issuer, const struct extension_text *rows)
{
    X509V3_CTX names;
    X509V3_set_ctx(&names, issuer, certificate, NULL, NULL, 0);
    for (; rows->value != NULL; rows++) {
        X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &names, rows->nid, rows->value);
        CHECK(extension != NULL);
        CHECK(X509_add_ext(certificate, extension, -1) == 1);
        X509_EXTENSION_free(extension);
    }
}

static char *bio_text(BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    CHECK(len > 0);
    char *text = malloc((size_t)len + 1);
    CHECK(text != NULL);
    memcpy(text, bytes, (size_t)len);
    text[len] = 0;
    BIO_free(bio);
    return text;
}

static void write_pem(struct identity *identity)
{
    BIO *bio = BIO_new(BIO_s_mem());
    CHECK(bio != NULL && PEM_write_bio_X509(bio, identity->certificate) == 1);
    identity->certificate_pem = bio_text(bio);
    bio = BIO_new(BIO_s_mem());
    CHECK(bio != NULL && PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL) == 1);
    identity->key_pem = bio_text(bio);
}

static void make_identity(struct identity *made, const struct identity *issuer, const char *name, long serial)
{
    X509 *certificate = X509_new();
    CHECK(certificate != NULL);
    CHECK(X509_set_version(certificate, 2) == 1);
    CHECK(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial) == 1);
    CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L) != NULL);
    CHECK(X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * 86400L) != NULL);
    X509_NAME *subject = X509_get_subject_name(certificate);
    const unsigned char *text = (const unsigned char *)name;
    CHECK(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1);
    X509 *signer = issuer == NULL ? certificate : issuer->certificate;
    CHECK(X509_set_issuer_name(certificate, X509_get_subject_name(signer)) == 1);
    CHECK(X509_set_pubkey(certificate, made->key) == 1);
    add_extensions(certificate, signer, issuer == NULL ? root_extensions : leaf_extensions);
    if (issuer != NULL)
        add_extensions(certificate, signer,
                       leaf_usage[EVP_PKEY_is_a(made->key, "RSA") ? KEY_RSA : KEY_ECDSA]);
    CHECK(X509_sign(certificate, issuer == NULL ? made->key : issuer->key, EVP_sha256()) > 0);
    made->certificate = certificate;
    write_pem(made);
}

void pki_make(struct pki *pki, enum key_kind kind)
{
    *pki = (struct pki){.kind = kind};
    pki->root.key = make_key(kind);
    pki->server.key = make_key(kind);
    pki->client.key = make_key(kind);
    make_identity(&pki->root, NULL, "hf-bench root", 1);
    make_identity(&pki->server, &pki->root, BENCH_HOST, 2);
    make_identity(&pki->client, &pki->root, "hf-bench client", 3);
}

static void identity_free(struct identity *identity)
{
    EVP_PKEY_free(identity->key);
    X509_free(identity->certificate);
    free(identity->certificate_pem);
    free(identity->key_pem);
}

void pki_free(struct pki *pki)
{
    identity_free(&pki->root);
    identity_free(&pki->server);
    identity_free(&pki->client);
    *pki = (struct pki){0};
}
