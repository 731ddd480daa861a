/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* extended_master_secret, RFC 7627: always offered (5.1), always answered (5.2); resumption may not change it
 * (5.3). */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)hs, (void)body;
    *present = true;
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->negotiated->ems = hs->offer.ems = true;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->offer.ems;
    return OK;
}

/* RFC 7627 5.3: what ServerHello says must be what the resumed session was. */
static enum err agree(struct hs *hs, bool ems)
{
    hs->negotiated->ems = ems;
    if (cursor_has(&hs->cursor, RESUMED) && hs->session->ems != ems) {
        return hs_refuse(hs, E_EXTENDED_MASTER_SECRET_MISMATCH,
                         "the session was made %s it, ServerHello is %s it",
                         hs->session->ems ? "with" : "without", ems ? "with" : "without");
    }
    return hs->config->require_ems && !ems ? E_EXTENDED_MASTER_SECRET_REQUIRED : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    return body.len ? E_MALFORMED_EXTENSION : agree(hs, true);
}

static enum err absent(struct hs *hs)
{
    return hs->cursor.me == CLIENT ? agree(hs, false) : OK;
}

const struct extension extension_extended_master_secret = {
    .code = EXTENSION_EXTENDED_MASTER_SECRET,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
