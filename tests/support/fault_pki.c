/* SPDX-License-Identifier: MIT */
#include "fault_pki.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#define MUST(what)                                                     \
    do {                                                               \
        if (!(what)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            abort();                                                   \
        }                                                              \
    } while (0)

struct made {
    EVP_PKEY *key;
    X509 *certificate;
    char *chain, *key_pem;
};
static struct made root, stranger_root, intermediate, leaves[LEAF_COUNT];
static char *crl_pem;
static struct made responder;
static hf_bytes ocsp_leaf, ocsp_intermediate;
static char root_path[] = "/tmp/handfast-fault-XXXXXX";

static char *text_of(BIO *bio)
{
    char *bytes;
    long len = BIO_get_mem_data(bio, &bytes);
    char *text = calloc(1, (size_t)len + 1);
    MUST(text);
    memcpy(text, bytes, (size_t)len);
    BIO_free(bio);
    return text;
}

static void extend(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX names;
    X509V3_set_ctx(&names, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &names, nid, value);
    MUST(e && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
}

/* What a certificate is for: its keyUsage, and the extended one; a CA has none of these. */
struct use {
    const char *key, *extended;
};
#define FOR_TLS "serverAuth,clientAuth"
static const struct use is_ca = {"critical,keyCertSign,cRLSign", NULL},
                        signs = {"critical,digitalSignature", FOR_TLS},
                        enciphers = {"critical,keyEncipherment", FOR_TLS},
                        agrees = {"critical,keyAgreement", FOR_TLS},
                        signs_ocsp = {"critical,digitalSignature", "OCSPSigning"};

static void certify(struct made *m, const struct made *issuer, const char *name, const struct use *use)
{
    bool ca = !use->extended;
    static long serial = 1;
    X509 *x = X509_new(), *by = issuer ? issuer->certificate : x;
    MUST(x && X509_set_version(x, 2) && ASN1_INTEGER_set(X509_get_serialNumber(x), serial++));
    MUST(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)FAULT_NOW - 86400 * 30));
    MUST(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)FAULT_NOW + 86400 * 300));
    MUST(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const unsigned char *)name,
                                    -1, -1, 0));
    MUST(X509_set_issuer_name(x, X509_get_subject_name(by)) && X509_set_pubkey(x, m->key));
    extend(x, by, NID_basic_constraints, ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(x, by, NID_key_usage, use->key);
    extend(x, by, NID_subject_key_identifier, "hash");
    if (!ca) {
        extend(x, by, NID_ext_key_usage, use->extended);
        extend(x, by, NID_subject_alt_name, "DNS:" FAULT_HOST ",DNS:*.server.test,IP:127.0.0.1");
    }
    MUST(X509_sign(x, issuer ? issuer->key : m->key, EVP_sha256()) > 0);
    m->certificate = x;
}

static void write_out(struct made *m, const struct made *between)
{
    BIO *bio = BIO_new(BIO_s_mem());
    MUST(bio && PEM_write_bio_X509(bio, m->certificate) == 1);
    MUST(!between || PEM_write_bio_X509(bio, between->certificate) == 1);
    m->chain = text_of(bio);
    bio = BIO_new(BIO_s_mem());
    MUST(bio && PEM_write_bio_PrivateKey(bio, m->key, NULL, NULL, 0, NULL, NULL) == 1);
    m->key_pem = text_of(bio);
}

static void make(struct made *m, EVP_PKEY *key, const struct made *issuer, const char *name,
                 const struct use *use)
{
    MUST(key);
    m->key = key;
    certify(m, issuer, name, use);
    write_out(m, issuer == &intermediate ? issuer : NULL);
}

static void make_crl(void)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)FAULT_NOW - 86400),
              *to = ASN1_TIME_set(NULL, (time_t)FAULT_NOW + 86400);
    MUST(crl && from && to && X509_CRL_set_version(crl, 1));
    MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(root.certificate)));
    MUST(X509_CRL_set1_lastUpdate(crl, from) && X509_CRL_set1_nextUpdate(crl, to));
    MUST(X509_CRL_sign(crl, root.key, EVP_sha256()) > 0);
    BIO *bio = BIO_new(BIO_s_mem());
    MUST(bio && PEM_write_bio_X509_CRL(bio, crl) == 1);
    crl_pem = text_of(bio);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    X509_CRL_free(crl);
}

static hf_bytes make_ocsp(X509 *about, const struct made *issuer, const struct made *by)
{
    unsigned char *der = NULL;
    OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
    OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), about, issuer->certificate);
    ASN1_TIME *from = ASN1_GENERALIZEDTIME_set(NULL, (time_t)FAULT_NOW - 86400),
              *to = ASN1_GENERALIZEDTIME_set(NULL, (time_t)FAULT_NOW + 86400);
    MUST(basic && id && from && to);
    MUST(OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, NULL, from, to));
    MUST(OCSP_basic_sign(basic, by->certificate, by->key, EVP_sha256(), NULL, 0) == 1);
    OCSP_RESPONSE *response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    int len = i2d_OCSP_RESPONSE(response, &der);
    MUST(len > 0);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    OCSP_CERTID_free(id);
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return (hf_bytes){der, (size_t)len};
}

static void remove_file(void)
{
    (void)unlink(root_path);
}

void fault_pki_make(void)
{
    make(&root, EVP_EC_gen("P-256"), NULL, "fault root", &is_ca);
    make(&stranger_root, EVP_EC_gen("P-256"), NULL, "stranger root", &is_ca);
    make(&intermediate, EVP_EC_gen("P-256"), &root, "fault intermediate", &is_ca);
    make(&leaves[LEAF_ECDSA], EVP_EC_gen("P-256"), &intermediate, "ecdsa server", &signs);
    make(&leaves[LEAF_RSA], EVP_RSA_gen(2048), &intermediate, "rsa server", &signs);
    make(&leaves[LEAF_ED25519], EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), &intermediate, "ed25519 server",
         &signs);
    make(&leaves[LEAF_CLIENT], EVP_EC_gen("P-256"), &intermediate, "client", &signs);
    make(&leaves[LEAF_STRANGER], EVP_EC_gen("P-256"), &stranger_root, "stranger", &signs);
    make(&leaves[LEAF_ENCIPHERS], EVP_RSA_gen(2048), &intermediate, "rsa deciphers", &enciphers);
    make(&leaves[LEAF_AGREES], EVP_EC_gen("P-256"), &intermediate, "ecdh server", &agrees);
    make(&leaves[LEAF_FIXED], EVP_EC_gen("P-256"), &intermediate, "ecdh client", &agrees);
    make_crl();
    make(&responder, EVP_EC_gen("P-256"), &root, "responder", &signs_ocsp);
    ocsp_leaf = make_ocsp(leaves[LEAF_ECDSA].certificate, &intermediate, &intermediate);
    ocsp_intermediate = make_ocsp(intermediate.certificate, &root, &responder);
    int fd = mkstemp(root_path);
    MUST(fd >= 0 && write(fd, root.chain, strlen(root.chain)) == (ssize_t)strlen(root.chain));
    (void)close(fd);
    MUST(atexit(remove_file) == 0);
}

static hf_bytes bytes(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

hf_bytes fault_chain(enum fault_leaf leaf)
{
    return bytes(leaves[leaf].chain);
}

hf_bytes fault_key(enum fault_leaf leaf)
{
    return bytes(leaves[leaf].key_pem);
}

hf_bytes fault_root(void)
{
    return bytes(root.chain);
}

hf_bytes fault_stranger_root(void)
{
    return bytes(stranger_root.chain);
}

hf_bytes fault_crl(void)
{
    return bytes(crl_pem);
}

hf_bytes fault_ocsp_leaf(void)
{
    return ocsp_leaf;
}

hf_bytes fault_ocsp_intermediate(void)
{
    return ocsp_intermediate;
}

const char *fault_root_file(void)
{
    return root_path;
}

size_t fault_sign(enum fault_leaf leaf, hf_bytes message, uint8_t *out, size_t size)
{
    EVP_MD_CTX *run = EVP_MD_CTX_new();
    bool ok = run && EVP_DigestSignInit(run, NULL, EVP_sha256(), NULL, leaves[leaf].key) == 1 &&
              EVP_DigestSign(run, out, &size, message.data, message.len) == 1;
    EVP_MD_CTX_free(run);
    return ok ? size : 0;
}
