/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/chain.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

/*
 * Path building and validation (RFC 5280 6) are X509_verify_cert's. No X509_STORE: the few anchors that can
 * matter are picked here and given as a list, so that validations in different threads share no lock.
 */

/* Certificate's list without its first, the leaf. The number at fault is its place in the list. */
static enum err gather_helpers(struct validation *run, struct slice chain)
{
    run->helpers = sk_X509_new_null();
    if (!run->helpers) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    for (int i = 0; chain.len > 0 && i <= HELPERS_MAX; i++) {
        size_t len = chain.len < 3 ? SIZE_MAX
                                   : (size_t)chain.data[0] << 16 | (size_t)chain.data[1] << 8 | chain.data[2];
        X509 *x509 = NULL;
        if (chain.len < 3 || len > chain.len - 3 || len > CERTIFICATE_MAX) {
            verdict_set(run->verdict, E_MALFORMED_CERTIFICATE, i, "certificate %d does not parse", i);
            return OK;
        }
        struct slice der = slice_of(chain.data + 3, len);
        chain = slice_after(chain, 3 + len);
        if (i == 0) {
            continue;
        }
        enum err err = x509_of(der, &x509);
        if (err == E_MALFORMED_CERTIFICATE) {
            verdict_set(run->verdict, err, i, "certificate %d does not parse", i);
            return OK;
        }
        TRY(err);
        if (sk_X509_push(run->helpers, x509) <= 0) {
            X509_free(x509);
            return libcrypto_failed(E_NO_MEMORY);
        }
    }
    return OK;
}

static bool is_candidate(const struct validation *run, const X509 *anchor)
{
    for (int i = 0; i < sk_X509_num(run->candidates); i++) {
        if (sk_X509_value(run->candidates, i) == anchor) {
            return true;
        }
    }
    return false;
}

static enum err add_candidates(struct validation *run, const X509_NAME *name)
{
    const struct trust *t = run->trust;
    for (size_t i = trust_find(t, name); i < t->count; i++) {
        X509 *anchor = t->anchors[i].x509;
        if (X509_NAME_cmp(X509_get_subject_name(anchor), name) != 0) {
            break;
        }
        if (!is_candidate(run, anchor) && sk_X509_push(run->candidates, anchor) <= 0) {
            return libcrypto_failed(E_NO_MEMORY);
        }
    }
    return OK;
}

/* Anchors that issued a certificate of the chain or are one, and those above them. */
static enum err gather_candidates(struct validation *run)
{
    run->candidates = sk_X509_new_null();
    if (!run->candidates) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    TRY(add_candidates(run, X509_get_subject_name(run->leaf_x509)));
    TRY(add_candidates(run, X509_get_issuer_name(run->leaf_x509)));
    for (int i = 0; i < sk_X509_num(run->helpers); i++) {
        TRY(add_candidates(run, X509_get_subject_name(sk_X509_value(run->helpers, i))));
        TRY(add_candidates(run, X509_get_issuer_name(sk_X509_value(run->helpers, i))));
    }
    for (int i = 0; i < sk_X509_num(run->candidates); i++) {
        TRY(add_candidates(run, X509_get_issuer_name(sk_X509_value(run->candidates, i))));
    }
    return OK;
}

/* A CRL speaks for its issuer alone: an issuer without one is not asked about. Everything else stands as
 * found. */
static int judge(int ok, X509_STORE_CTX *path)
{
    return ok || X509_STORE_CTX_get_error(path) == X509_V_ERR_UNABLE_TO_GET_CRL;
}

static bool set_up(struct validation *run)
{
    const struct chain_policy *policy = run->policy;
    run->path = X509_STORE_CTX_new();
    if (!run->path || X509_STORE_CTX_init(run->path, NULL, run->leaf_x509, run->helpers) != 1) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(run->path);
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
    X509_STORE_CTX_set0_trusted_stack(run->path, run->candidates);
    if (run->trust->crl_count) {
        X509_STORE_CTX_set0_crls(run->path, run->trust->crls);
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    }
    X509_STORE_CTX_set_verify_cb(run->path, judge);
    X509_VERIFY_PARAM_set_time(param, (time_t)policy->now);
    X509_VERIFY_PARAM_set_depth(param, policy->max_depth < 100 ? (int)policy->max_depth : 100);
    X509_VERIFY_PARAM_set_auth_level(
        param, 0); /* sizes and hashes are judged by policy, with sentences of their own */
    int purpose = policy->purpose == FOR_SERVER_AUTH ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT;
    return X509_VERIFY_PARAM_set_flags(param, flags) == 1 &&
           X509_VERIFY_PARAM_set_purpose(param, purpose) == 1;
}

/* libcrypto and certificate_parse must have read the same key out of the leaf, or nothing that follows means
 * anything. */
static bool same_key(const struct validation *run)
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(run->leaf_x509);
    size_t len = bits && ASN1_STRING_length(bits) > 0 ? (size_t)ASN1_STRING_length(bits) : 0;
    struct slice spki = run->leaf->spki;
    return len > 0 && len < spki.len &&
           memcmp(spki.data + spki.len - len, ASN1_STRING_get0_data(bits), len) == 0;
}

static enum err validate(struct validation *run)
{
    if (!set_up(run)) {
        return libcrypto_failed(E_CRYPTO_FAILED);
    }
    bool valid = X509_verify_cert(run->path) == 1;
    int found = X509_STORE_CTX_get_error(run->path);
    /* out of memory, libcrypto may call it anything: a signature that fails, an issuer or a CRL not found */
    enum err err = libcrypto_failed(OK);
    if (err != OK || found == X509_V_ERR_OUT_OF_MEM) {
        return E_NO_MEMORY;
    }
    if (valid) {
        verdict_of_policy(run);
        return OK;
    }
    if (found == X509_V_OK || found == X509_V_ERR_UNSPECIFIED) {
        return E_CRYPTO_FAILED;
    }
    verdict_of_path(run);
    return OK;
}

enum err chain_check(const struct trust *t, const struct certificate *leaf, struct slice chain,
                     const struct chain_policy *policy, struct chain_verdict *out)
{
    struct validation run = {.trust = t, .leaf = leaf, .policy = policy, .verdict = out};
    *out = (struct chain_verdict){.err = OK};
    enum err err = x509_of_leaf(leaf, &run.leaf_x509);
    if (err == E_MALFORMED_CERTIFICATE || (err == OK && !same_key(&run))) {
        verdict_set(out, E_MALFORMED_CERTIFICATE, 0, "certificate 0 does not parse");
        err = OK;
    } else if (err == OK) {
        err = gather_helpers(&run, chain);
    }
    if (err == OK && out->err == OK) {
        err = gather_candidates(&run);
    }
    if (err == OK && out->err == OK) {
        err = validate(&run);
    }
    X509_STORE_CTX_free(run.path);
    sk_X509_free(run.candidates);
    sk_X509_pop_free(run.helpers, X509_free);
    X509_free(run.leaf_x509);
    ERR_clear_error();
    if (err != OK) {
        verdict_set(out, err, 0, "no verdict: %s", err == E_NO_MEMORY ? "out of memory" : "libcrypto failed");
    }
    return err;
}
