/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/memory.h"

enum err trust_new(struct trust **out)
{
    void *memory;
    enum err err = memory_new(sizeof **out, &memory);
    *out = memory;
    return err;
}

static void anchor_free(struct anchor *a)
{
    X509_free(a->x509);
    certificate_free(a->certificate);
}

void trust_free(struct trust *t)
{
    if (!t) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        anchor_free(&t->anchors[i]);
    }
    free(t->anchors);
    sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
    free(t->crl_digests);
    memory_free(t, sizeof *t);
}

size_t trust_find(const struct trust *t, const X509_NAME *name)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (X509_NAME_cmp(X509_get_subject_name(t->anchors[middle].x509), name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool holds(const struct trust *t, const uint8_t *digest)
{
    for (size_t i = 0; i < t->count; i++) {
        if (memcmp(t->anchors[i].digest, digest, DIGEST_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

static enum err insert(struct trust *t, const struct anchor *a)
{
    if (t->count == t->room) {
        size_t room = t->room ? 2 * t->room : 8;
        struct anchor *more = realloc(t->anchors, room * sizeof *more);
        if (!more) {
            return E_NO_MEMORY;
        }
        t->anchors = more;
        t->room = room;
    }
    size_t at = trust_find(t, X509_get_subject_name(a->x509));
    memmove(t->anchors + at + 1, t->anchors + at, (t->count - at) * sizeof *a);
    t->anchors[at] = *a;
    t->count++;
    return OK;
}

/* Parses what the first validation would otherwise parse and cache under a lock. */
static bool warm(X509 *x509)
{
    bool ok = X509_check_purpose(x509, -1, 0) == 1 && X509_get0_pubkey(x509) != NULL;
    ERR_clear_error();
    return ok;
}

static enum err add_der(struct trust *t, struct slice der, size_t *added)
{
    struct anchor a = {0};
    uint8_t digest[HASH_MAX];
    TRY(hash_once(HASH_SHA256, der, digest));
    if (holds(t, digest)) {
        return OK;
    }
    memcpy(a.digest, digest, DIGEST_SIZE);
    enum err err = certificate_parse(der, &a.certificate);
    if (err == OK) {
        err = x509_of(der, &a.x509);
    }
    if (err == OK && !warm(a.x509)) {
        err = E_MALFORMED_CERTIFICATE;
    }
    if (err == OK) {
        err = insert(t, &a);
    }
    if (err != OK) {
        anchor_free(&a);
        return err == E_MALFORMED_CERTIFICATE && t->skip_malformed ? OK : err;
    }
    ++*added;
    return OK;
}

static enum err add_crl(struct trust *t, struct slice der, size_t *added)
{
    const uint8_t *at = der.data;
    uint8_t digest[HASH_MAX];
    TRY(hash_once(HASH_SHA256, der, digest));
    if (!t->crls && !(t->crls = sk_X509_CRL_new_null())) {
        return libcrypto_failed(E_NO_MEMORY);
    }
    uint8_t(*more)[DIGEST_SIZE] = realloc(t->crl_digests, (t->crl_count + 1) * sizeof *more);
    if (!more) {
        return E_NO_MEMORY;
    }
    t->crl_digests = more;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    if (!crl) {
        return libcrypto_failed(E_BAD_PEM);
    }
    if (sk_X509_CRL_push(t->crls, crl) <= 0) {
        X509_CRL_free(crl);
        return libcrypto_failed(E_NO_MEMORY);
    }
    memcpy(t->crl_digests[t->crl_count++], digest, DIGEST_SIZE);
    ++*added;
    return OK;
}

/* What PEM text may hold, and where one of it goes. */
struct kind {
    const char *label, *older_label;
    enum err (*add)(struct trust *t, struct slice der, size_t *added);
};

static enum err add_each(struct trust *t, struct slice pem, const struct kind *kind, size_t *added)
{
    *added = 0;
    if (pem.len == 0 || pem.len > PEM_MAX) {
        return E_BAD_PEM;
    }
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
    enum err err = bio ? OK : libcrypto_failed(E_NO_MEMORY);
    size_t seen = 0;
    while (err == OK) {
        struct span der;
        err = pem_next(bio, kind->label, kind->older_label, &der);
        if (err != OK || !der.data) {
            break;
        }
        seen++;
        err = kind->add(t, slice_of_span(der), added);
        OPENSSL_free(der.data);
    }
    BIO_free(bio);
    return err == OK && seen == 0 ? E_BAD_PEM : err;
}

enum err trust_add_pem(struct trust *t, struct slice pem, size_t *added)
{
    static const struct kind certificates = {PEM_STRING_X509, PEM_STRING_X509_OLD, add_der};
    return add_each(t, pem, &certificates, added);
}

enum err trust_add_crls(struct trust *t, struct slice pem)
{
    static const struct kind crls = {PEM_STRING_X509_CRL, NULL, add_crl};
    size_t added;
    return add_each(t, pem, &crls, &added);
}

size_t trust_count(const struct trust *t)
{
    return t->count;
}

bool trust_has_crls(const struct trust *t)
{
    return t->crl_count != 0;
}

struct slice trust_name(const struct trust *t, size_t i)
{
    return i < t->count ? certificate_subject(t->anchors[i].certificate) : (struct slice){0};
}

const struct certificate *trust_certificate(const struct trust *t, size_t i)
{
    return i < t->count ? t->anchors[i].certificate : NULL;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, DIGEST_SIZE);
}

enum err trust_digest(const struct trust *t, uint8_t out[32])
{
    size_t total = t->count + t->crl_count;
    uint8_t(*all)[DIGEST_SIZE] = calloc(total + 1, sizeof *all), whole[HASH_MAX];
    struct hash_run run = {0};
    if (!all) {
        return E_NO_MEMORY;
    }
    for (size_t i = 0; i < t->count; i++) {
        memcpy(all[i], t->anchors[i].digest, DIGEST_SIZE);
    }
    if (t->crl_count) {
        memcpy(all[t->count], t->crl_digests, t->crl_count * sizeof *all);
    }
    qsort(all, t->count, sizeof *all, by_bytes);
    qsort(all + t->count, t->crl_count, sizeof *all, by_bytes);
    uint8_t counted[4] = {(uint8_t)(t->count >> 24), (uint8_t)(t->count >> 16), (uint8_t)(t->count >> 8),
                          (uint8_t)t->count};
    enum err err = hash_start(&run, HASH_SHA256);
    if (err == OK) {
        err =
            hash_add(&run, slice_of(counted, sizeof counted)); /* where the anchors end and the CRLs begin */
    }
    if (err == OK) {
        err = hash_add(&run, slice_of(all, total * sizeof *all));
    }
    if (err == OK) {
        err = hash_snapshot(&run, whole);
    }
    if (err == OK) {
        memcpy(out, whole, DIGEST_SIZE);
    }
    hash_end(&run);
    free(all);
    return err;
}
