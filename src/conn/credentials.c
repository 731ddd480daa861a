/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "conn/conn.h"

/* Who we are and whom we trust: parsed when given, so that no handshake parses. */
#define FILE_MAX (16u * 1024 * 1024)

static enum err read_all(int fd, struct span *out)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > (off_t)FILE_MAX) {
        return E_FILE_UNREADABLE;
    }
    void *memory;
    TRY(memory_new((size_t)status.st_size + 1, &memory));
    *out = (struct span){memory, (size_t)status.st_size + 1};
    size_t have = 0;
    while (have < (size_t)status.st_size) {
        ssize_t n = read(fd, out->data + have, (size_t)status.st_size - have);
        if (n <= 0) {
            memory_free(out->data, out->len);
            return E_FILE_UNREADABLE;
        }
        have += (size_t)n;
    }
    return OK;
}

enum err config_read_file(const char *path, struct span *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return E_FILE_UNREADABLE;
    }
    enum err e = read_all(fd, out);
    (void)close(fd);
    return e;
}

/* ---- identities ---- */
static enum err keep_issuer(struct identity *identity, const struct certificate *c)
{
    if (identity->issuer_count == ISSUERS_MAX) {
        return OK;
    }
    TRY(memory_replace(&identity->issuers[identity->issuer_count], certificate_issuer(c)));
    identity->issuer_count++;
    if (!slice_equal(certificate_issuer(c), certificate_subject(c))) { /* RFC 8446 4.4.2.2 */
        identity->signed_by[identity->signature_count++] = certificate_signature_scheme(c);
    }
    return OK;
}

static enum err add_certificate(struct identity *identity, struct slice der, struct buffer *chain)
{
    struct certificate *c;
    TRY(buffer_append_vector(chain, 3, der));
    TRY(certificate_parse(der, &c));
    enum err e = keep_issuer(identity, c);
    if (!identity->leaf) {
        identity->leaf = c;
    } else {
        certificate_free(c);
    }
    return e;
}

static enum err read_chain(struct identity *identity, struct slice pem, struct buffer *chain)
{
    for (;;) {
        struct span der;
        TRY(certificate_next(&pem, &der));
        if (!der.data) {
            return identity->leaf ? OK : E_BAD_PEM;
        }
        enum err e = add_certificate(identity, slice_of_span(der), chain);
        memory_free(der.data, der.len);
        TRY(e);
    }
}

static void put_header(struct writer *w, const struct span *message)
{
    write_number(w, message_row(CERTIFICATE)->type, 1);
    write_number(w, (uint32_t)(message->len - HANDSHAKE_HEADER), 3);
}

/* The whole Certificate message, RFC 5246 7.4.2, encoded once. */
static enum err encode_message(struct identity *identity, struct slice chain)
{
    struct certificate_message m = {chain};
    size_t size = HANDSHAKE_HEADER + 3 + chain.len;
    void *memory;
    TRY(memory_new(size, &memory));
    identity->message = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    put_header(&w, &identity->message);
    TRY(layout_encode(&layout_certificate_message, &m, &w));
    identity->chain = slice_of(identity->message.data + HANDSHAKE_HEADER + 3, chain.len);
    return w.full ? E_INTERNAL : OK;
}

/* RFC 7250 3: the list's place is the key's, so that a list of one is the whole body. */
static enum err encode_raw_key(struct identity *identity)
{
    struct slice spki = certificate_public_key(identity->leaf);
    size_t size = HANDSHAKE_HEADER + 3 + spki.len;
    void *memory;
    TRY(memory_new(size, &memory));
    identity->message = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    put_header(&w, &identity->message);
    write_vector(&w, 3, spki);
    identity->chain = slice_of(identity->message.data + HANDSHAKE_HEADER, 3 + spki.len);
    return w.full ? E_INTERNAL : OK;
}

static size_t count_certificates(struct slice chain)
{
    struct list l = list_of(chain);
    struct slice certificate;
    size_t count = 0;
    while (list_next_vector(&l, 3, &certificate)) {
        count++;
    }
    return count;
}

/* Likewise for TLS 1.3, RFC 8446 4.4.2: without a context, and each certificate without extensions. */
static enum err encode_message13(struct identity *identity)
{
    struct list l = list_of(identity->chain);
    struct slice certificate;
    size_t size = HANDSHAKE_HEADER + 1 + 3 + identity->chain.len + 2 * count_certificates(identity->chain);
    void *memory;
    TRY(memory_new(size, &memory));
    identity->message13 = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    put_header(&w, &identity->message13);
    write_number(&w, 0, 1);
    size_t mark = write_open(&w, 3);
    while (list_next_vector(&l, 3, &certificate)) {
        write_vector(&w, 3, certificate);
        write_number(&w, 0, 2);
    }
    write_close(&w, mark, 3);
    return w.full || w.len != size ? E_INTERNAL : OK;
}

static enum err check_leaf(struct identity *identity)
{
    const struct certificate *leaf = identity->leaf;
    bool useful = certificate_may_sign(leaf) || certificate_may_encipher(leaf) || certificate_may_agree(leaf);
    if (certificate_key(leaf)->kind == KEY_NONE || !useful) {
        return E_UNSUPPORTED_CERTIFICATE;
    }
    if (!certificate_is_v3(leaf)) { /* RFC 8446 4.4.2.2, 4.4.2.3; RFC 5246 7.4.2 */
        return E_CERTIFICATE_NOT_V3;
    }
    identity->has_names = certificate_dns_name(identity->leaf, 0).len != 0;
    return identity->key && !private_key_matches(identity->key, identity->leaf) ? E_KEY_MISMATCH : OK;
}

static enum err identity_load(struct identity *identity, struct slice chain_pem)
{
    struct buffer chain = {.limit = 0xffffff};
    enum err e = read_chain(identity, chain_pem, &chain);
    if (e == OK) {
        e = encode_message(identity, buffer_slice(&chain));
        e = e == OK ? encode_message13(identity) : e;
    }
    buffer_free(&chain);
    return e == OK ? check_leaf(identity) : e;
}

static enum err add_identity(struct config *c, struct identity *identity)
{
    void *memory;
    size_t held = c->identity_count * sizeof *identity;
    TRY(memory_new(held + sizeof *identity, &memory));
    struct identity *all = memory;
    if (held) {
        memcpy(all, c->identities, held);
    }
    all[c->identity_count] = *identity;
    memory_free(c->identities, held);
    c->identities = all;
    c->identity_count++;
    return OK;
}

static enum err keep_identity(hf_config *config, struct identity *identity)
{
    if (config->settings.side == SERVER) {
        TRY(staple_place_new(&identity->staples)); /* now: a frozen config's identities do not change */
    }
    return add_identity(&config->settings, identity);
}

enum err identity_add_raw_key(hf_config *config, struct identity *identity)
{
    TRY(encode_raw_key(identity));
    TRY(encode_message13(identity));
    return keep_identity(config, identity);
}

static hf_err take_identity(hf_config *config, struct identity *identity, struct slice chain_pem)
{
    enum err e = identity_load(identity, chain_pem);
    e = e == OK ? keep_identity(config, identity) : e;
    if (e != OK) {
        identity_wipe(identity);
    }
    return public_err(e);
}

hf_err hf_config_identity(hf_config *config, hf_bytes chain_pem, hf_bytes key_pem, const char *password)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK || !chain_pem.data || !key_pem.data) {
        return settable != HF_OK ? settable : HF_NULL_ARGUMENT;
    }
    struct identity identity = {0};
    enum err e = private_key_load(slice_of_bytes(key_pem), password, &identity.key);
    return e == OK ? take_identity(config, &identity, slice_of_bytes(chain_pem)) : public_err(e);
}

hf_err hf_config_identity_external(hf_config *config, hf_bytes chain_pem, uint64_t key_id)
{
    hf_err settable = config_settable_with(config, chain_pem.data);
    if (settable != HF_OK) {
        return settable;
    }
    struct identity identity = {.key_id = key_id};
    return take_identity(config, &identity, slice_of_bytes(chain_pem));
}

hf_err hf_config_identity_file(hf_config *config, const char *chain, const char *key, const char *password)
{
    if (!config || !chain || !key) {
        return HF_NULL_ARGUMENT;
    }
    struct span chain_file, key_file;
    enum err e = config_read_file(chain, &chain_file);
    if (e != OK) {
        return public_err(e);
    }
    e = config_read_file(key, &key_file);
    hf_err answer = public_err(e);
    if (e == OK) {
        answer =
            hf_config_identity(config, config_file_bytes(chain_file), config_file_bytes(key_file), password);
        memory_free(key_file.data, key_file.len);
    }
    memory_free(chain_file.data, chain_file.len);
    return answer;
}

/* ---- trust ---- */
hf_err hf_config_trust_pem(hf_config *config, hf_bytes pem)
{
    hf_err settable = config_settable_with(config, pem.data);
    if (settable != HF_OK) {
        return settable;
    }
    size_t added = 0;
    return public_err(trust_add_pem(config->settings.trust, slice_of_bytes(pem), &added));
}

hf_err hf_config_trust_path(hf_config *config, const char *file_or_directory)
{
    hf_err settable = config_settable_with(config, file_or_directory);
    if (settable != HF_OK) {
        return settable;
    }
    size_t added = 0;
    return public_err(trust_add_path(config->settings.trust, file_or_directory, &added));
}

hf_err hf_config_trust_system(hf_config *config)
{
    hf_err settable = config_settable(config);
    return settable != HF_OK ? settable : public_err(trust_add_system(config->settings.trust));
}

hf_err hf_config_crls_pem(hf_config *config, hf_bytes pem)
{
    hf_err settable = config_settable_with(config, pem.data);
    if (settable != HF_OK) {
        return settable;
    }
    return public_err(trust_add_crls(config->settings.trust, slice_of_bytes(pem)));
}
