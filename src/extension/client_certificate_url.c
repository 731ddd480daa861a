/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* client_certificate_url, RFC 6066 5: off on both sides. A client with URLs offers it, a server whose
 * application fetches answers it, where a certificate is asked for at all. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    *present = hs->config->certificate_urls;
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    hs->offer.certificate_url = true;
    return body.len ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    (void)body;
    bool chain = hs->negotiated->certificate_type[CLIENT] == CERTIFICATE_X509; /* a raw key has no URL */
    *present = hs->offer.certificate_url && hs->config->asks & ASK_FETCH_URL && chain &&
               cursor_has(&hs->cursor, CLIENT_AUTH) && !cursor_has(&hs->cursor, RESUMED);
    return *present ? cursor_set(&hs->cursor, CERTIFICATE_URL_AGREED) : OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    return body.len ? E_MALFORMED_EXTENSION : cursor_set(&hs->cursor, CERTIFICATE_URL_AGREED);
}

const struct extension extension_client_certificate_url = {
    .code = EXTENSION_CLIENT_CERTIFICATE_URL,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
