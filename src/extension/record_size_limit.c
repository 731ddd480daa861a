/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * record_size_limit, RFC 8449: each side says how much plaintext it takes in one protected record. Agreed
 * anew on every handshake, resumed or not (RFC 8449 4). A config with none neither offers nor answers it.
 */
#define LIMIT_MIN 64

/* RFC 8449 4: TLS 1.3 counts the content type too, so what limits nothing is one byte more. */
static uint16_t most(const struct hs *hs)
{
    return RECORD_PLAINTEXT_MAX + (hs->place & (AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS) ? 1 : 0);
}

static uint16_t ours(const struct hs *hs)
{
    uint16_t limit = hs->config->record_size_limit;
    return limit == RECORD_PLAINTEXT_MAX ? most(hs) : limit;
}

static void write_limit(const struct hs *hs, struct writer *body, bool *present)
{
    *present = true;
    write_number(body, ours(hs), 2);
}

static enum err read_limit(struct hs *hs, struct slice body, uint16_t *limit)
{
    struct reader r = reader_of(body);
    *limit = (uint16_t)read_number(&r, 2);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    return *limit < LIMIT_MIN ? hs_refuse(hs, E_RECORD_SIZE_LIMIT_TOO_SMALL, "%u bytes", *limit) : OK;
}

/* What a peer takes above the protocol's own limit is for versions to come. */
static void agree(struct hs *hs, uint16_t theirs)
{
    struct negotiated *n = hs->negotiated;
    n->record_size_limit[hs->cursor.me] = ours(hs);
    n->record_size_limit[other_side(hs->cursor.me)] = theirs < most(hs) ? theirs : most(hs);
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    if (hs->config->record_size_limit) {
        write_limit(hs, body, present);
    }
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    return hs->config->record_size_limit ? read_limit(hs, body, &hs->offer.record_size_limit) : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    if (hs->offer.record_size_limit) {
        agree(hs, hs->offer.record_size_limit);
        write_limit(hs, body, present);
    }
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    uint16_t limit;
    TRY(read_limit(hs, body, &limit));
    agree(hs, limit);
    /* RFC 8449 5; what a resumed session brings along is no answer, and is filled in when all are read */
    return hs->negotiated->max_fragment ? E_TWO_RECORD_LIMITS : OK;
}

const struct extension extension_record_size_limit = {
    .code = EXTENSION_RECORD_SIZE_LIMIT,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
