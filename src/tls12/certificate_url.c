/* SPDX-License-Identifier: MIT */
#include "handshake/certificate_url.h"
#include "base/memory.h"
#include "tls12/tls12.h"

/* CertificateURL, RFC 6066 5: where the client's certificates are, instead of them. The server's application
 * fetches; what it brings is believed only where the client's hash says so. */

enum err certificate_url_build(struct hs *hs, struct outgoing *out)
{
    out->whole = slice_of_span(hs->config->identities[hs->identity].url_message);
    return OK;
}

static enum err bad_url(struct hs *hs, size_t i, const char *what)
{
    return hs_refuse(hs, E_BAD_CERTIFICATE_URL, "entry %zu %s", i, what);
}

static enum err check_entry(struct hs *hs, size_t i, const struct url_and_hash *e)
{
    if (e->padding != 1) { /* RFC 6066 5: "The padding byte MUST be 0x01" */
        return bad_url(hs, i, "has another padding byte than 1");
    }
    if (e->url.len > URL_MAX) {
        return hs_refuse(hs, E_MESSAGE_TOO_LONG,
                         "a URL of %zu bytes in CertificateURL; at most %d are accepted", e->url.len,
                         URL_MAX);
    }
    return url_kind(e->url) == URL_MALFORMED ? bad_url(hs, i, "is no absolute URI with a host") : OK;
}

static enum err check_entries(struct hs *hs, const struct certificate_url *m)
{
    struct list l = list_of(m->url_and_hash_list);
    struct url_and_hash e;
    size_t count = 0;
    while (url_next(&l, &e)) {
        if (count == URLS_MAX) {
            return hs_refuse(hs, E_MESSAGE_TOO_LONG, "more than %d URLs in CertificateURL", URLS_MAX);
        }
        TRY(check_entry(hs, count++, &e));
    }
    if (l.bad) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "the list of URLs does not add up, or has an empty one");
    }
    /* RFC 6066 5: "the list contains a single URL" */
    return m->type == PKIPATH && count != 1 ? bad_url(hs, 1, "follows the one of a PkiPath") : OK;
}

/* Kept as its encoding, in memory of its own: fetching may take a while. */
enum err certificate_url_handle(struct hs *hs, const union any_message *message)
{
    const struct certificate_url *m = &message->certificate_url;
    if (m->type > PKIPATH) {
        return hs_refuse(hs, E_BAD_CERTIFICATE_URL, "chain type %u", m->type);
    }
    TRY(check_entries(hs, m));
    void *memory;
    size_t size = 1 + 2 + m->url_and_hash_list.len;
    TRY(memory_new(size, &memory));
    hs->certificate_url = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    return layout_encode(&layout_certificate_url, m, &w);
}

/*
 * RFC 6066 5: fatal where the certificate is needed. Elsewhere the handshake goes on; the client, which does
 * not know, signs all the same, and stays unknown.
 */
static enum err go_without(struct hs *hs, struct slice url, const char *why)
{
    hs_detail(hs, "%.*s: %s", (int)url.len, (const char *)url.data, why);
    if (hs->config->client_auth == CLIENT_AUTH_REQUIRE) {
        return E_CERTIFICATE_UNOBTAINABLE;
    }
    hs->certificate_unobtained = true;
    TRY(renegotiation_check_peer(hs));
    TRY(hs_warn(hs, E_CERTIFICATE_UNOBTAINABLE));
    hs->detail[0] = 0;
    return cursor_set(&hs->cursor, CLIENT_SIGNS);
}

static enum err take(struct hs *hs, bool pkipath, const struct url_and_hash *e)
{
    struct slice content = hs->answer.fetched;
    uint8_t sha1[SHA1_SIZE];
    TRY(sha1_of(content, sha1));
    if (!slice_equal(e->sha1_hash, slice_of(sha1, sizeof sha1))) { /* RFC 6066 5: always fatal */
        return hs_refuse(hs, E_CERTIFICATE_HASH_MISMATCH, "%.*s", (int)e->url.len, (const char *)e->url.data);
    }
    enum err err = pkipath ? pkipath_decode(content, &hs->fetched) : chain_append(content, &hs->fetched);
    if (err == E_MALFORMED_CERTIFICATE) {
        return hs_refuse(hs, err, "%.*s", (int)e->url.len, (const char *)e->url.data);
    }
    return err;
}

static void ask(struct hs *hs, bool pkipath, struct slice url)
{
    hs->question = (struct question){
        .ask = ASK_FETCH_URL,
        .url = url,
        .pkipath = pkipath,
        .limit = hs->fetched.limit - buffer_len(&hs->fetched),
    };
}

/* The step runs once for each answer: asks for a URL, takes what came, asks for the next. */
enum err fetch_certificate_step(struct hs *hs)
{
    struct certificate_url m;
    TRY(layout_decode(&layout_certificate_url, slice_of_span(hs->certificate_url), &m));
    struct list l = list_of(m.url_and_hash_list);
    struct url_and_hash e;
    for (size_t i = 0; url_next(&l, &e); i++) {
        if (i < hs->urls_done) {
            continue;
        }
        if (hs->answer.to != ASK_FETCH_URL) {
            if (url_kind(e.url) != URL_HTTP) {
                return go_without(hs, e.url, "only http and https are fetched");
            }
            ask(hs, m.type == PKIPATH, e.url);
            return OK;
        }
        hs->answer.to = ASK_NOTHING;
        if (!hs->answer.fetched.len) {
            return go_without(hs, e.url, "it could not be fetched");
        }
        if (3 + hs->answer.fetched.len > hs->fetched.limit - buffer_len(&hs->fetched)) {
            return go_without(hs, e.url, "it is longer than certificates may be here");
        }
        TRY(take(hs, m.type == PKIPATH, &e));
        hs->urls_done++;
    }
    return certificate_take(hs, buffer_slice(&hs->fetched));
}
