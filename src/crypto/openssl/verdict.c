/* SPDX-License-Identifier: MIT */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "crypto/der.h"
#include "crypto/names.h"
#include "crypto/openssl/chain.h"

#define SUBJECT_SIZE 96
#define PSS_ALGORITHM_MAX 128 /* with two hashes, their NULLs and a salt's length: 67 */

void verdict_set(struct chain_verdict *v, enum err err, int depth, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    v->err = err;
    v->depth = depth;
    int len = vsnprintf(v->detail, sizeof v->detail, format, arguments);
    va_end(arguments);
    if (len < 0) {
        v->detail[0] = 0;
    } else if ((size_t)len >= sizeof v->detail) {
        memcpy(v->detail + sizeof v->detail - 4, "...", 4);
    }
}

static void describe_name(const X509_NAME *name, char *out, size_t size)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    out[0] = 0;
    if (name && X509_NAME_get0_der(name, &der, &len) == 1) {
        name_describe(slice_of(der, len), out, size);
    }
    if (out[0] == 0) {
        snprintf(out, size, "no name");
    }
}

void x509_describe(X509 *x, char *out, size_t size)
{
    describe_name(x ? X509_get_subject_name(x) : NULL, out, size);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1) {
        return 0;
    }
    return (int64_t)timegm(&parts);
}

/* Rows whose sentence needs no more than the certificate's place and subject. */
static const struct path_row {
    int found;
    enum err err;
    const char *sentence;
} path_rows[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, E_SELF_SIGNED, "is self-signed and not trusted"},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, E_UNKNOWN_CA, "is the root of the chain and not trusted"},
    {X509_V_ERR_CERT_UNTRUSTED, E_UNKNOWN_CA, "is not trusted"},
    {X509_V_ERR_CERT_REVOKED, E_CERTIFICATE_REVOKED, "is revoked"},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, E_BAD_CERTIFICATE_SIGNATURE, "has a signature that does not verify"},
    {X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE, E_BAD_CERTIFICATE_SIGNATURE,
     "has a signature that does not verify"},
    {X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH, E_BAD_CERTIFICATE_SIGNATURE,
     "has a signature algorithm that its issuer's key cannot make"},
    {X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, E_UNSUPPORTED_CERTIFICATE,
     "has a key that libcrypto cannot use"},
    {X509_V_ERR_NO_ISSUER_PUBLIC_KEY, E_UNSUPPORTED_CERTIFICATE,
     "has an issuer whose key libcrypto cannot use"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD, E_MALFORMED_CERTIFICATE, "has a malformed notBefore"},
    {X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, E_MALFORMED_CERTIFICATE, "has a malformed notAfter"},
    {X509_V_ERR_INVALID_EXTENSION, E_MALFORMED_CERTIFICATE, "has a malformed extension"},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, E_NOT_A_CA, "issued a certificate and its key usage lacks keyCertSign"},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, E_CHAIN_TOO_LONG, "is deeper than policy allows"},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, E_CHAIN_TOO_LONG,
     "allows fewer certificates below it (pathLenConstraint)"},
    {X509_V_ERR_CRL_HAS_EXPIRED, E_CHAIN_REFUSED, "cannot be checked: its issuer's CRL has expired"},
    {X509_V_ERR_CRL_NOT_YET_VALID, E_CHAIN_REFUSED, "cannot be checked: its issuer's CRL is not yet valid"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, E_CHAIN_REFUSED,
     "cannot be checked: its issuer's CRL has a bad signature"},
};

static void issuer_is_missing(struct validation *run, int depth, X509 *x)
{
    char subject[SUBJECT_SIZE], issuer[SUBJECT_SIZE];
    x509_describe(x, subject, sizeof subject);
    describe_name(x ? X509_get_issuer_name(x) : NULL, issuer, sizeof issuer);
    verdict_set(run->verdict, E_UNKNOWN_CA, depth,
                "certificate %d (%s) was issued by %s, which is not trusted", depth, subject, issuer);
}

static void out_of_time(struct validation *run, int depth, X509 *x, bool expired)
{
    char subject[SUBJECT_SIZE], limit[DATE_SIZE], now[DATE_SIZE];
    x509_describe(x, subject, sizeof subject);
    date_describe(seconds_of(expired ? X509_get0_notAfter(x) : X509_get0_notBefore(x)), limit);
    date_describe(run->policy->now, now);
    verdict_set(run->verdict, expired ? E_CERTIFICATE_EXPIRED : E_CERTIFICATE_NOT_YET_VALID, depth,
                "certificate %d (%s) %s %s; it is %s now", depth, subject,
                expired ? "expired on" : "is not valid before", limit, now);
}

/* RFC 5280 4.2.1.3 */
static const char *key_usage_name(enum key_use use)
{
    return use == KEY_ENCIPHERS ? "keyEncipherment" : use == KEY_AGREES ? "keyAgreement" : "digitalSignature";
}

static bool key_usage_allows(const struct certificate *c, enum key_use use)
{
    return use == KEY_ENCIPHERS ? certificate_may_encipher(c)
           : use == KEY_AGREES  ? certificate_may_agree(c)
                                : certificate_may_sign(c);
}

static void unfit_purpose(struct validation *run, int depth, X509 *x)
{
    char subject[SUBJECT_SIZE];
    bool server = run->policy->purpose == FOR_SERVER_AUTH;
    uint32_t wanted = server ? XKU_SSL_SERVER : XKU_SSL_CLIENT;
    x509_describe(x, subject, sizeof subject);
    /* UINT32_MAX: there is no extended key usage */
    if ((X509_get_extended_key_usage(x) & wanted) == 0) {
        verdict_set(run->verdict, E_WRONG_PURPOSE, depth,
                    "certificate %d (%s) has an extended key usage without %s", depth, subject,
                    server ? "serverAuth" : "clientAuth");
    } else if (depth > 0) {
        verdict_set(run->verdict, E_NOT_A_CA, depth, "certificate %d (%s) is not a CA for TLS", depth,
                    subject);
    } else {
        verdict_set(run->verdict, E_WRONG_KEY_USAGE, depth, "certificate %d (%s) has a key usage without %s",
                    depth, subject, key_usage_name(run->policy->use));
    }
}

/* CA:TRUE without keyCertSign comes under the same number as no CA:TRUE. */
static void not_a_ca(struct validation *run, int depth, X509 *x)
{
    char subject[SUBJECT_SIZE];
    bool says_so = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
    x509_describe(x, subject, sizeof subject);
    verdict_set(run->verdict, E_NOT_A_CA, depth, "certificate %d (%s) issued a certificate and %s", depth,
                subject, says_so ? "its key usage lacks keyCertSign" : "is not a CA");
}

void verdict_of_path(struct validation *run)
{
    char subject[SUBJECT_SIZE];
    int found = X509_STORE_CTX_get_error(run->path), depth = X509_STORE_CTX_get_error_depth(run->path);
    X509 *x = X509_STORE_CTX_get_current_cert(run->path);
    x509_describe(x, subject, sizeof subject);
    for (size_t i = 0; i < sizeof path_rows / sizeof path_rows[0]; i++) {
        if (path_rows[i].found == found) {
            verdict_set(run->verdict, path_rows[i].err, depth, "certificate %d (%s) %s", depth, subject,
                        path_rows[i].sentence);
            return;
        }
    }
    switch (found) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        issuer_is_missing(run, depth, x);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        out_of_time(run, depth, x, found == X509_V_ERR_CERT_HAS_EXPIRED);
        break;
    case X509_V_ERR_INVALID_CA:
        not_a_ca(run, depth, x);
        break;
    case X509_V_ERR_INVALID_PURPOSE:
        unfit_purpose(run, depth, x);
        break;
    default:
        verdict_set(run->verdict, E_CHAIN_REFUSED, depth, "certificate %d (%s): %s", depth, subject,
                    X509_verify_cert_error_string(found));
    }
}

/* RFC 9325 4.5: sizes of every key in the path, the anchor's too. The leaf's is what certificate_parse read. */
static bool key_is_fit(struct validation *run, int depth, X509 *x)
{
    char subject[SUBJECT_SIZE];
    EVP_PKEY *key = depth > 0 ? X509_get0_pubkey(x) : NULL;
    struct key_shape shape = depth == 0 ? run->leaf->key.shape
                             : key      ? key_shape_of(key)
                                        : (struct key_shape){0};
    bool rsa = shape.kind == KEY_RSA || shape.kind == KEY_RSA_PSS;
    unsigned least = rsa ? run->policy->min_rsa_bits : shape.kind == KEY_EC ? run->policy->min_ec_bits : 0;
    if (shape.kind == KEY_NONE || shape.bits == 0) {
        x509_describe(x, subject, sizeof subject);
        verdict_set(run->verdict, E_UNSUPPORTED_CERTIFICATE, depth,
                    "certificate %d (%s) has a key that is not RSA up to 8192 bits, EC or Ed25519", depth,
                    subject);
        return false;
    }
    if (shape.bits < least) {
        x509_describe(x, subject, sizeof subject);
        verdict_set(run->verdict, E_WEAK_KEY, depth,
                    "certificate %d (%s) has an %s key of %u bits; policy asks for %u", depth, subject,
                    rsa ? "RSA" : "EC", (unsigned)shape.bits, least);
        return false;
    }
    return true;
}

/* RFC 8446 4.2.3: RSASSA-PSS with the parameters of one of the schemes, and with those of the key, where that
 * has any. Nothing is allocated, so that nothing can fail. */
static const char *pss_is_unfit(const X509 *x, const X509 *issuer)
{
    uint8_t der[PSS_ALGORITHM_MAX], *at = der;
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *oid = NULL;
    X509_ALGOR *of_key = NULL;
    int kind = V_ASN1_UNDEF, len = 0;
    X509_get0_signature(NULL, &algorithm, x);
    if (i2d_X509_ALGOR(algorithm, NULL) <= (int)sizeof der) {
        len = i2d_X509_ALGOR(algorithm, &at);
    }
    struct slice whole = slice_of(der, len > 0 ? (size_t)len : 0), content;
    if (!der_take(&whole, DER_SEQUENCE, &content) || !scheme_of_algorithm(content, KEY_RSA)) {
        return "parameters that no signature scheme has";
    }
    (void)X509_PUBKEY_get0_param(NULL, NULL, NULL, &of_key, X509_get_X509_PUBKEY(issuer));
    X509_ALGOR_get0(&oid, &kind, NULL, of_key);
    bool bound = OBJ_obj2nid(oid) == NID_rsassaPss && kind != V_ASN1_UNDEF;
    return bound && X509_ALGOR_cmp(algorithm, of_key) != 0 ? "other parameters than its issuer's key has"
                                                           : NULL;
}

static bool parameters_are_fit(struct validation *run, int depth, X509 *x, const X509 *issuer)
{
    char subject[SUBJECT_SIZE];
    const char *wrong = X509_get_signature_nid(x) == NID_rsassaPss ? pss_is_unfit(x, issuer) : NULL;
    if (!wrong) {
        return true;
    }
    x509_describe(x, subject, sizeof subject);
    verdict_set(run->verdict, E_WEAK_CERTIFICATE_SIGNATURE, depth,
                "certificate %d (%s) is signed with RSASSA-PSS and %s", depth, subject, wrong);
    return false;
}

/* Only hashes known to be sound, rather than all but those known to be broken. */
static bool signature_is_fit(struct validation *run, int depth, X509 *x)
{
    char subject[SUBJECT_SIZE];
    int md = NID_undef, key = NID_undef;
    int ok = X509_get_signature_info(x, &md, &key, NULL, NULL);
    switch (md) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512:
    case NID_sha512_256:
    case NID_sha3_256:
    case NID_sha3_384:
    case NID_sha3_512:
        return true;
    default:
        if (ok == 1 && md == NID_undef && (key == NID_ED25519 || key == NID_ED448)) {
            return true;
        }
    }
    x509_describe(x, subject, sizeof subject);
    const char *name = OBJ_nid2sn(X509_get_signature_nid(x));
    verdict_set(run->verdict, E_WEAK_CERTIFICATE_SIGNATURE, depth, "certificate %d (%s) is signed with %s",
                depth, subject, name ? name : "an unknown algorithm");
    return false;
}

static bool leaf_is_fit(struct validation *run)
{
    char subject[SUBJECT_SIZE];
    if (!key_usage_allows(run->leaf, run->policy->use)) {
        certificate_describe(run->leaf, subject, sizeof subject);
        verdict_set(run->verdict, E_WRONG_KEY_USAGE, 0, "certificate 0 (%s) has a key usage without %s",
                    subject, key_usage_name(run->policy->use));
        return false;
    }
    if (run->policy->name && !certificate_names(run->leaf, run->policy->name)) {
        char names[160];
        certificate_describe(run->leaf, subject, 48);
        names_describe(run->leaf->names, names, sizeof names);
        verdict_set(run->verdict, E_NAME_MISMATCH, 0, "certificate 0 (%s) is not for %.64s but for %s",
                    subject, run->policy->name, names);
        return false;
    }
    return true;
}

void verdict_of_policy(struct validation *run)
{
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(run->path);
    int count = sk_X509_num(path);
    int64_t earliest = INT64_MAX;
    for (int i = 0; i < count; i++) {
        X509 *x = sk_X509_value(path, i);
        int64_t not_after = seconds_of(X509_get0_notAfter(x));
        earliest = not_after < earliest ? not_after : earliest;
        /* the anchor is trusted for what it is: its own signature proves nothing */
        if (!key_is_fit(run, i, x) ||
            (i + 1 < count &&
             (!signature_is_fit(run, i, x) || !parameters_are_fit(run, i, x, sk_X509_value(path, i + 1))))) {
            return;
        }
    }
    if (count > 0 && leaf_is_fit(run)) {
        run->verdict->not_after = earliest;
    } else if (count <= 0) {
        verdict_set(run->verdict, E_CHAIN_REFUSED, 0, "libcrypto reports no path");
    }
}
