/* SPDX-License-Identifier: MIT */
/*
 * What a peer names instead of sending it (RFC 6066 5, 6): the same bytes as the list of a CertificateURL, as
 * a URL, as the PkiPath behind one, and as a list of trusted CAs.
 */
#include "handshake/authority.h"
#include "handshake/certificate_url.h"

#include <stdlib.h>
#include <string.h>

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* What is fetched has a scheme, two slashes and a host, and no spaces or controls. */
static void judge_url(struct slice url)
{
    if (url_kind(url) != URL_HTTP) {
        return;
    }
    expect(url.len > strlen("http://") && (url.data[0] | 0x20) == 'h');
    for (size_t i = 0; i < url.len; i++) {
        expect(url.data[i] > ' ' && url.data[i] < 0x7f);
    }
}

static void walk_urls(struct slice bytes)
{
    struct list l = list_of(bytes);
    struct url_and_hash e;
    size_t walked = 0;
    while (url_next(&l, &e)) {
        expect(e.url.len > 0 && e.sha1_hash.len == SHA1_SIZE);
        walked += 2 + e.url.len + 1 + e.sha1_hash.len;
        judge_url(e.url);
    }
    expect(l.bad || walked == bytes.len);
}

/* DER has one encoding of it. */
static void round_trip_path(struct slice bytes)
{
    struct buffer chain = {.limit = 1 << 20}, path = {.limit = 1 << 20};
    if (pkipath_decode(bytes, &chain) == OK) {
        expect(pkipath_encode(buffer_slice(&chain), &path) == OK);
        expect(slice_equal(buffer_slice(&path), bytes));
    }
    buffer_free(&chain);
    buffer_free(&path);
}

static void judge_authorities(struct slice list)
{
    const struct identity nobody = {.pre_agreed = false}, agreed = {.pre_agreed = true};
    if (authorities_sound(list)) {
        expect(!authorities_name(list, &nobody));
        expect(list.len || authorities_name(list, &agreed));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of(data, size);
    walk_urls(bytes);
    judge_url(bytes);
    round_trip_path(bytes);
    judge_authorities(bytes);
    return 0;
}
