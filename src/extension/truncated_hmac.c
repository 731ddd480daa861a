/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/*
 * truncated_hmac, RFC 6066 7: known, and not negotiated (RFC 9325 4.6: MUST NOT). Only in a build with
 * HF_LAB_TRUNCATED_HMAC can a config want it; it is then agreed for CBC suites, and sessions made with it are
 * not resumed.
 */
static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->config->truncated_hmac;
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.truncated_hmac = hs->config->truncated_hmac;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    bool agreed = hs->offer.truncated_hmac && hs->negotiated->suite->cbc;
    *present = hs->negotiated->truncated_hmac = agreed && !cursor_has(&hs->cursor, RESUMED);
    return OK;
}

/* RFC 6066 7: with a suite without HMAC it has no effect. */
static enum err confirm(struct hs *hs, struct slice body)
{
    if (cursor_has(&hs->cursor, RESUMED)) {
        return hs_refuse(hs, E_RESUMED_WITH_OTHER_PARAMETERS, "the session was made without truncated_hmac");
    }
    hs->negotiated->truncated_hmac = hs->negotiated->suite->cbc;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

const struct extension extension_truncated_hmac = {
    .code = EXTENSION_TRUNCATED_HMAC,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
