/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* Certificate compression, RFC 8879: which algorithms, and each chain compressed at freeze. */

static bool has(const struct config *c, const struct compression *one)
{
    size_t i = 0;
    while (c->compressions[i] && c->compressions[i] != one) {
        i++;
    }
    return c->compressions[i] != NULL;
}

static void add(struct config *c, const struct compression *one)
{
    size_t i = 0;
    while (c->compressions[i]) {
        i++;
    }
    if (!has(c, one)) {
        c->compressions[i] = one;
    }
}

void compressed_wipe(struct identity *identity)
{
    packing_wipe(identity->compressed);
    packing_wipe(identity->compressed_sct);
}

static hf_err add_all(struct config *c, hf_problem *why)
{
    for (size_t i = 0; compression_at(i); i++) {
        add(c, compression_at(i));
    }
    return c->compressions[0] ? HF_OK
                              : problem(why, HF_COMPRESSION_NOT_BUILT_IN,
                                        "this library is built without zlib, brotli and zstd");
}

static bool is_known(struct slice name)
{
    static const char *const names[] = {"zlib", "brotli", "zstd"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_equal(name, slice_of_string(names[i]))) {
            return true;
        }
    }
    return false;
}

hf_err hf_config_certificate_compression(hf_config *config, const char *list, hf_problem *why)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    struct config *c = &config->settings;
    struct config chosen = {.side = c->side};
    if (!list) {
        hf_err e = add_all(&chosen, why);
        if (e != HF_OK) {
            return e;
        }
    }
    for (const char *at = list ? list : ""; *at;) {
        struct slice name = slice_of(at, strcspn(at, ":,"));
        const struct compression *one = compression_named(name);
        if (!one) {
            return is_known(name) ? problem(why, HF_COMPRESSION_NOT_BUILT_IN,
                                            "this library is built without %.*s", (int)name.len, at)
                                  : problem(why, HF_UNKNOWN_NAME, "\"%.*s\" is none of brotli, zstd and zlib",
                                            (int)name.len, at);
        }
        add(&chosen, one);
        at += name.len + (at[name.len] ? 1 : 0);
    }
    memcpy(c->compressions, chosen.compressions, sizeof c->compressions);
    for (size_t i = 0; i < c->identity_count; i++) {
        compressed_wipe(&c->identities[i]); /* of a freeze that failed, by another list */
    }
    return HF_OK;
}

/* RFC 8879 4: plain, with timestamps, and with what is stapled already. */
static enum err pack_identity(const struct config *c, struct identity *identity)
{
    const struct packing p = packing_of(c, identity);
    TRY(packing_compress_all(&p, slice_of_span(identity->message13), identity->compressed));
    if (p.sct_list.len && !identity->compressed_sct[0].data) {
        struct span plain = {0};
        enum err e = packing_certificate(&p, true, NULL, NULL, &plain);
        e = e == OK ? packing_compress_all(&p, slice_of_span(plain), identity->compressed_sct) : e;
        memory_free(plain.data, plain.len);
        TRY(e);
    }
    return identity->staples && p.how[0] ? staple_pack(identity->staples, &p) : OK;
}

struct packing packing_of(const struct config *c, const struct identity *identity)
{
    return (struct packing){identity->chain, slice_of_span(identity->sct_list), c->compressions};
}

hf_err certificate_compressions_make(struct config *c, hf_problem *why)
{
    (void)why;
    for (size_t i = 0; i < c->identity_count && c->max_version >= TLS_1_3; i++) {
        enum err e = pack_identity(c, &c->identities[i]);
        if (e != OK) {
            return public_err(e);
        }
    }
    return HF_OK;
}
