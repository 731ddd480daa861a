/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/psk.h"

/* pre_shared_key, RFC 8446 4.2.11: the last extension of a ClientHello, because its binders are over all that
 * stands before them. */

/* The binders are zeros here: they are made when the rest of the message is known. */
static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    static const uint8_t no_binder[HASH_MAX];
    struct psk list[PSKS_MAX];
    size_t count = psk_offered(hs, list);
    *present = count > 0;
    size_t mark = write_open(body, 2);
    for (size_t i = 0; i < count; i++) {
        write_vector(body, 2, list[i].identity);
        write_number(body, list[i].age, 4);
    }
    write_close(body, mark, 2);
    mark = write_open(body, 2);
    for (size_t i = 0; i < count; i++) {
        write_vector(body, 1, slice_of(no_binder, hash_size(list[i].hash)));
    }
    write_close(body, mark, 2);
    return OK;
}

/* Every identity has at least one byte and every binder 32: RFC 8446 4.2.11. */
static bool count_identities(struct slice identities, size_t *count)
{
    struct reader r = reader_of(identities);
    for (*count = 0; r.at < r.end && !r.bad; (*count)++) {
        struct slice identity = read_vector(&r, 2);
        (void)read_number(&r, 4);
        r.bad |= !identity.len;
    }
    return !r.bad && *count;
}

static bool count_binders(struct slice binders, size_t *count)
{
    struct reader r = reader_of(binders);
    for (*count = 0; r.at < r.end && !r.bad; (*count)++) {
        r.bad |= read_vector(&r, 1).len < 32;
    }
    return !r.bad && *count;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct slice hello = transcript_messages(&hs->transcript);
    struct reader r = reader_of(body);
    struct slice identities = read_vector(&r, 2), binders = read_vector(&r, 2);
    size_t keys, proofs;
    if (!read_done(&r) || !count_identities(identities, &keys) || !count_binders(binders, &proofs)) {
        return E_MALFORMED_EXTENSION;
    }
    if (body.data + body.len != hello.data + hello.len) {
        return E_PSK_NOT_LAST;
    }
    if (keys != proofs) {
        return hs_refuse(hs, E_PSK_COUNTS_DIFFER, "%zu identities, %zu binders", keys, proofs);
    }
    hs->offer.psk = true;
    hs->offer.psk_identities = identities;
    hs->offer.psk_binders = binders;
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->psk.len != 0;
    write_number(body, (uint32_t)hs->psk_index, 2);
    return OK;
}

/* RFC 8446 4.2.11: one of those that were offered, and for a suite of its hash. */
static enum err confirm(struct hs *hs, struct slice body)
{
    struct psk list[PSKS_MAX];
    struct reader r = reader_of(body);
    size_t selected = read_number(&r, 2), count = psk_offered(hs, list);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    if (selected >= count) {
        return hs_refuse(hs, E_PSK_NOT_OFFERED, "the server chose number %zu of %zu", selected, count);
    }
    if (hs->negotiated->suite->hash != list[selected].hash) {
        return hs_refuse(hs, E_RESUMED_WITH_OTHER_PARAMETERS, "%s is not of the hash of the pre-shared key",
                         hs->negotiated->suite->name);
    }
    TRY(secret_set(&hs->psk, list[selected].secret));
    hs->psk_index = selected;
    hs->external = list[selected].external;
    if (hs->external) {
        return OK;
    }
    hs->negotiated->resumption = IS_RESUMED;
    return cursor_set(&hs->cursor, RESUMED);
}

const struct extension extension_pre_shared_key = {
    .code = EXTENSION_PRE_SHARED_KEY,
    .places = AT_CLIENT_HELLO13 | AT_SERVER_HELLO13,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
