/* SPDX-License-Identifier: MIT */
#include "handshake/certificate_url.h"

#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* A client's CertificateURL, RFC 6066 5: the whole message is made at freeze. */

static enum err add_url(struct identity *identity, struct slice url)
{
    struct buffer all = {.limit = URLS_MAX * (2 + URL_MAX)};
    enum err e = buffer_append(&all, slice_of_span(identity->urls));
    e = e == OK ? buffer_append_vector(&all, 2, url) : e;
    e = e == OK ? memory_replace(&identity->urls, buffer_slice(&all)) : e;
    buffer_free(&all);
    return e;
}

hf_err hf_config_identity_url(hf_config *config, size_t identity, bool is_pkipath, const char *url)
{
    hf_err settable = config_settable_with(config, url);
    if (settable != HF_OK) {
        return settable;
    }
    struct config *c = &config->settings;
    if (c->side != CLIENT || identity >= c->identity_count) {
        return HF_BAD_ARGUMENT;
    }
    struct identity *i = &c->identities[identity];
    if (certificate_is_raw_key(i->leaf)) { /* RFC 6066 5: URLs are of certificates */
        return HF_BAD_ARGUMENT;
    }
    bool another = i->url_count && (is_pkipath || i->url_is_pkipath);
    struct slice bytes = slice_of_string(url);
    if (another || i->url_count == URLS_MAX || bytes.len > URL_MAX || url_kind(bytes) != URL_HTTP) {
        return HF_BAD_ARGUMENT;
    }
    enum err e = add_url(i, bytes);
    if (e == OK) {
        i->url_is_pkipath = is_pkipath;
        i->url_count++;
    }
    return public_err(e);
}

hf_err hf_config_identity_pkipath(const hf_config *config, size_t identity, uint8_t *out, size_t *len)
{
    if (!config || !len) {
        return HF_NULL_ARGUMENT;
    }
    if (identity >= config->settings.identity_count ||
        certificate_is_raw_key(config->settings.identities[identity].leaf)) {
        return HF_BAD_ARGUMENT;
    }
    struct buffer der = {.limit = 0xffffff, .harmless = true};
    enum err e = pkipath_encode(config->settings.identities[identity].chain, &der);
    struct slice path = buffer_slice(&der);
    size_t room = *len;
    *len = e == OK ? path.len : 0;
    hf_err answer = e != OK ? public_err(e) : out && room < *len ? HF_BAD_ARGUMENT : HF_OK;
    if (answer == HF_OK && out && path.data) {
        memcpy(out, path.data, *len);
    }
    buffer_free(&der);
    return answer;
}

/* ---- at freeze ---- */
static void write_entry(struct writer *w, struct slice url, const uint8_t sha1[SHA1_SIZE])
{
    write_vector(w, 2, url);
    write_number(w, 1, 1); /* padding */
    write_bytes(w, slice_of(sha1, SHA1_SIZE));
}

static enum err write_path(const struct identity *identity, struct writer *w)
{
    struct list urls = list_of(slice_of_span(identity->urls));
    struct slice url = {NULL, 0};
    struct buffer der = {.limit = 0xffffff, .harmless = true};
    uint8_t sha1[SHA1_SIZE];
    (void)list_next_vector(&urls, 2, &url);
    enum err e = pkipath_encode(identity->chain, &der);
    if (e == OK) {
        e = sha1_of(buffer_slice(&der), sha1);
    }
    if (e == OK) {
        write_entry(w, url, sha1);
    }
    buffer_free(&der);
    return e;
}

static enum err write_certificates(const struct identity *identity, struct writer *w)
{
    struct list urls = list_of(slice_of_span(identity->urls)), chain = list_of(identity->chain);
    struct slice url, der;
    uint8_t sha1[SHA1_SIZE];
    while (list_next_vector(&urls, 2, &url) && list_next_vector(&chain, 3, &der)) {
        TRY(sha1_of(der, sha1));
        write_entry(w, url, sha1);
    }
    return OK;
}

static enum err make_message(struct identity *identity)
{
    uint8_t bytes[HANDSHAKE_HEADER + 3 + URLS_MAX * (2 + URL_MAX + 1 + SHA1_SIZE)];
    struct writer w = writer_of(bytes, sizeof bytes);
    write_number(&w, message_row(CERTIFICATE_URL)->type, 1);
    size_t message = write_open(&w, 3);
    write_number(&w, identity->url_is_pkipath ? PKIPATH : INDIVIDUAL_CERTS, 1);
    size_t list = write_open(&w, 2);
    TRY(identity->url_is_pkipath ? write_path(identity, &w) : write_certificates(identity, &w));
    write_close(&w, list, 2);
    write_close(&w, message, 3);
    return w.full ? E_INTERNAL : memory_replace(&identity->url_message, written(&w));
}

/* How many URLs there may be: one for each certificate, and none for a root, RFC 6066 5. */
static enum err count_certificates(const struct identity *identity, size_t *least, size_t *most)
{
    struct list chain = list_of(identity->chain);
    struct slice der, last = {NULL, 0};
    *most = 0;
    while (list_next_vector(&chain, 3, &der)) {
        last = der;
        ++*most;
    }
    struct certificate *c;
    TRY(certificate_parse(last, &c));
    bool root = slice_equal(certificate_issuer(c), certificate_subject(c));
    certificate_free(c);
    *least = root && *most > 1 ? *most - 1 : *most;
    return OK;
}

static hf_err make_one(struct identity *identity, size_t i, hf_problem *why)
{
    size_t least = 0, most = 0;
    enum err e = count_certificates(identity, &least, &most);
    bool counts = identity->url_is_pkipath ? most <= PKIPATH_MAX
                                           : identity->url_count >= least && identity->url_count <= most;
    if (e == OK && !counts) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "identity %zu has %zu certificates in its chain and %zu URLs: each certificate but a "
                       "root needs one, or all of them, %d at most, one PkiPath (RFC 6066 5)",
                       i, most, identity->url_count, PKIPATH_MAX);
    }
    return public_err(e == OK ? make_message(identity) : e);
}

hf_err certificate_urls_make(struct config *c, hf_problem *why)
{
    for (size_t i = 0; i < c->identity_count; i++) {
        if (c->identities[i].url_count) {
            hf_err e = make_one(&c->identities[i], i, why);
            if (e != HF_OK) {
                return e;
            }
            c->certificate_urls = true;
        }
    }
    return HF_OK;
}
