/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* encrypt_then_mac, RFC 7366: about CBC suites only. Asked for anew on every handshake, resumed or not. */

static bool lists_cbc(const struct codes *suites)
{
    for (size_t i = 0; i < suites->count; i++) {
        const struct suite *s = suite_of(suites->code[i]);
        if (s && s->cbc) {
            return true;
        }
    }
    return false;
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = lists_cbc(&hs->config->suites);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.etm = true;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

/* RFC 7366 3: not for AEAD. */
static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->negotiated->etm = hs->offer.etm && hs->negotiated->suite->cbc;
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    if (body.len) {
        return E_MALFORMED_EXTENSION;
    }
    hs->negotiated->etm = true;
    return hs->negotiated->suite->cbc ? OK : E_ENCRYPT_THEN_MAC_MISPLACED;
}

/* A client cannot offer "this or nothing": it judges what came (checklist C2). */
static enum err absent(struct hs *hs)
{
    bool lacking = hs->cursor.me == CLIENT && hs->negotiated->suite->cbc && hs->config->etm_required;
    return lacking ? E_ENCRYPT_THEN_MAC_REQUIRED : OK;
}

const struct extension extension_encrypt_then_mac = {
    .code = EXTENSION_ENCRYPT_THEN_MAC,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
