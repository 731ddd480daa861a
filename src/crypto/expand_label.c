/* SPDX-License-Identifier: MIT */
#include "crypto/derive.h"

#define PREFIX "tls13 "
#define PREFIX_LEN (sizeof PREFIX - 1)
/* HkdfLabel, RFC 8446 7.1: length, label and context with a byte of length each; behind it HKDF's counter */
#define FORM_MAX (2 + 1 + PREFIX_LEN + HKDF_LABEL_MAX + 1 + HKDF_CONTEXT_MAX + 1)

/* The counter of the first block included: nearly every secret is one block. */
static size_t put_form(uint8_t *out, const char *label, struct slice context, size_t len)
{
    size_t name = strlen(label), at = 0;
    out[at++] = (uint8_t)(len >> 8);
    out[at++] = (uint8_t)len;
    out[at++] = (uint8_t)(PREFIX_LEN + name);
    memcpy(out + at, PREFIX, PREFIX_LEN);
    at += PREFIX_LEN;
    memcpy(out + at, label, name);
    at += name;
    out[at++] = (uint8_t)context.len;
    if (context.len) {
        memcpy(out + at, context.data, context.len);
    }
    at += context.len;
    out[at++] = 1;
    return at;
}

/* RFC 5869 2.3 */
static enum err expand(const struct hmac_key *secret, uint8_t *form, size_t form_len, struct span out)
{
    uint8_t block[HASH_MAX];
    size_t size = hash_size(secret->outer.hash), at = 0;
    enum err err = OK;
    while (err == OK && at < out.len) {
        struct slice pieces[2] = {slice_of(block, at ? size : 0), slice_of(form, form_len)};
        size_t take = out.len - at < size ? out.len - at : size;
        err = hmac_pieces(secret, pieces, 2, block);
        if (err == OK) {
            memcpy(out.data + at, block, take);
            at += take;
            form[form_len - 1]++;
        }
    }
    wipe(block, sizeof block);
    return err;
}

enum err hkdf_expand_label(const struct hmac_key *secret, const char *label, struct slice context,
                           struct span out)
{
    uint8_t form[FORM_MAX];
    size_t size = hash_size(secret->outer.hash), name = strlen(label);
    bool fits = name >= 1 && name <= HKDF_LABEL_MAX && context.len <= HKDF_CONTEXT_MAX;
    enum err err = E_INTERNAL;
    if (fits && size && out.len <= 255 * size) {
        err = expand(secret, form, put_form(form, label, context, out.len), out);
    }
    if (err != OK) {
        wipe(out.data, out.len);
    }
    return err;
}

enum err hkdf_derive_secret(const struct hmac_key *secret, const char *label, struct slice transcript_hash,
                            uint8_t out[HASH_MAX])
{
    return hkdf_expand_label(secret, label, transcript_hash,
                             (struct span){out, hash_size(secret->outer.hash)});
}
