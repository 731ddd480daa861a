/* SPDX-License-Identifier: MIT */
#include "handshake/certificate_url.h"

#include "base/buffer.h"
#include "crypto/der.h"

bool url_next(struct list *l, struct url_and_hash *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    out->url = read_vector(&r, 2);
    out->padding = (uint8_t)read_number(&r, 1);
    out->sha1_hash = read_bytes(&r, SHA1_SIZE);
    l->bad = r.bad || !out->url.len; /* opaque url<1..2^16-1> */
    l->rest = slice_of(r.at, (size_t)(r.end - r.at));
    return !l->bad;
}

/* ---- URLs ---- */
static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* RFC 3986 2: what may stand in a URI at all; a NUL, a blank or a line's end may not. */
static bool is_uri_character(uint8_t c)
{
    return is_letter(c) || is_digit(c) || (c && strchr("-._~:/?[]@!$&'()*+,;=%", c));
}

static size_t scheme_length(struct slice url)
{
    size_t i = 0;
    while (i < url.len &&
           (is_letter(url.data[i]) || (i && (is_digit(url.data[i]) || strchr("+-.", url.data[i]))))) {
        i++;
    }
    return i && i < url.len && url.data[i] == ':' ? i : 0;
}

static bool scheme_is(struct slice url, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < len; i++) {
        if ((url.data[i] | 0x20) != name[i]) {
            return false;
        }
    }
    return url.data[len] == ':';
}

/* "//" host [":" port], RFC 3986 3.2, up to the path, the query or the end. */
static bool has_host(struct slice rest)
{
    if (rest.len < 3 || rest.data[0] != '/' || rest.data[1] != '/') {
        return false;
    }
    rest = slice_after(rest, 2);
    size_t end = 0, colon = SIZE_MAX;
    bool literal = rest.data[0] == '[';
    for (; end < rest.len && !strchr("/?", rest.data[end]); end++) {
        if (rest.data[end] == '@') {
            return false;
        }
        literal = literal && rest.data[end] != ']';
        colon = !literal && rest.data[end] == ':' && colon == SIZE_MAX ? end : colon;
    }
    size_t host = colon == SIZE_MAX ? end : colon;
    for (size_t i = host + 1; i < end; i++) {
        if (!is_digit(rest.data[i])) {
            return false;
        }
    }
    return host > 0 && end - host <= 6 && !literal;
}

enum url_kind url_kind(struct slice url)
{
    size_t scheme = scheme_length(url);
    for (size_t i = 0; i < url.len; i++) {
        if (!is_uri_character(url.data[i])) {
            return URL_MALFORMED;
        }
    }
    if (!scheme) {
        return URL_MALFORMED;
    }
    bool http = (scheme == 4 && scheme_is(url, "http")) || (scheme == 5 && scheme_is(url, "https"));
    if (!http) {
        return URL_OTHER;
    }
    return has_host(slice_after(url, scheme + 1)) ? URL_HTTP : URL_MALFORMED;
}

/* ---- certificates ---- */
enum err chain_append(struct slice der, struct buffer *chain)
{
    struct slice rest = der, whole;
    if (der.len > 0xffffff || !der_take_whole(&rest, DER_SEQUENCE, &whole) || rest.len) {
        return E_MALFORMED_CERTIFICATE;
    }
    return buffer_append_vector(chain, 3, der);
}

enum err pkipath_decode(struct slice der, struct buffer *chain)
{
    struct slice path, certificates[PKIPATH_MAX];
    size_t count = 0;
    if (!der_take(&der, DER_SEQUENCE, &path) || der.len || !path.len) {
        return E_MALFORMED_CERTIFICATE;
    }
    while (path.len) {
        if (count == PKIPATH_MAX || !der_take_whole(&path, DER_SEQUENCE, &certificates[count])) {
            return E_MALFORMED_CERTIFICATE;
        }
        count++;
    }
    while (count) {
        TRY(chain_append(certificates[--count], chain));
    }
    return OK;
}

/* The identifier and length of a SEQUENCE of so many bytes, X.690 8.1.3. */
static enum err append_header(size_t len, struct buffer *der)
{
    uint8_t header[5] = {DER_SEQUENCE};
    struct writer w = writer_of(header + 1, sizeof header - 1);
    unsigned width = len > 0xffff ? 3 : len > 0xff ? 2 : 1;
    if (len > 0x7f) {
        write_number(&w, 0x80 | width, 1);
    }
    write_number(&w, (uint32_t)len, width);
    return buffer_append(der, slice_of(header, 1 + w.len));
}

enum err pkipath_encode(struct slice chain, struct buffer *der)
{
    struct list l = list_of(chain);
    struct slice certificates[PKIPATH_MAX];
    size_t count = 0, len = 0;
    while (count < PKIPATH_MAX && list_next_vector(&l, 3, &certificates[count])) {
        len += certificates[count++].len;
    }
    if (l.rest.len || len > 0xffffff) {
        return E_BUFFER_LIMIT;
    }
    TRY(append_header(len, der));
    while (count) {
        TRY(buffer_append(der, certificates[--count]));
    }
    return OK;
}
