/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/certificate_type.h"

/* client_certificate_type, RFC 7250 3, 4: what the client shows if it is asked, of what it has. */

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    const struct certificate_types t = certificate_types_provided(hs->config);
    certificate_type_offer(&t, body, present);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    return certificate_type_list(body, &hs->offer.client_types);
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->answers_type[CLIENT];
    write_number(body, hs->negotiated->later_type, 1);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    const struct certificate_types t = certificate_types_provided(hs->config);
    TRY(certificate_type_confirm(hs, CLIENT, &t, body));
    hs->negotiated->later_type = (enum certificate_type)body.data[0];
    return OK;
}

const struct extension extension_client_certificate_type = {
    .code = EXTENSION_CLIENT_CERTIFICATE_TYPE,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
