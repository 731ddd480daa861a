/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* Certificate compression, RFC 8879: which algorithms, and each chain compressed once, at freeze. */

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
    for (size_t i = 0; i < COMPRESSIONS_MAX; i++) {
        memory_free(identity->compressed[i].data, identity->compressed[i].len);
        identity->compressed[i] = (struct span){0};
    }
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

/* The whole message; none where that is no smaller than Certificate. */
static enum err compress(const struct identity *identity, const struct compression *how, struct span *out)
{
    struct slice certificate = slice_of_span(identity->message13);
    struct slice plain = slice_after(certificate, HANDSHAKE_HEADER);
    struct buffer packed = {.limit = 2 * plain.len + 4096, .harmless = true};
    void *memory = NULL;
    enum err e = how->compress(plain, &packed);
    size_t size = HANDSHAKE_HEADER + 2 + 3 + 3 + buffer_len(&packed);
    if (e == OK && size < certificate.len) {
        e = memory_new(size, &memory);
    }
    if (e == OK && memory) {
        struct compressed_certificate m = {how->code, (uint32_t)plain.len, buffer_slice(&packed)};
        struct writer w = writer_of(memory, size);
        write_number(&w, message_row(COMPRESSED_CERTIFICATE)->type, 1);
        size_t mark = write_open(&w, 3);
        *out = (struct span){memory, size};
        e = layout_encode(&layout_compressed_certificate, &m, &w);
        write_close(&w, mark, 3);
    }
    buffer_free(&packed);
    return e;
}

hf_err certificate_compressions_make(struct config *c, hf_problem *why)
{
    (void)why;
    for (size_t i = 0; i < c->identity_count && c->max_version >= TLS_1_3; i++) {
        struct identity *identity = &c->identities[i];
        for (size_t k = 0; c->compressions[k]; k++) {
            enum err e = identity->compressed[k].data
                             ? OK
                             : compress(identity, c->compressions[k], &identity->compressed[k]);
            if (e != OK) {
                return public_err(e);
            }
        }
    }
    return HF_OK;
}
