/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/certificate_type.h"

/* server_certificate_type, RFC 7250 3, 4: what the server shows, of what the client takes. */

enum err certificate_type_list(struct slice body, struct slice *types)
{
    struct reader r = reader_of(body);
    *types = read_vector(&r, 1);
    return read_done(&r) && types->len ? OK : E_MALFORMED_EXTENSION;
}

/* RFC 7250 4.1: X.509 alone is not said. */
void certificate_type_offer(const struct certificate_types *t, struct writer *body, bool *present)
{
    *present = certificate_types_have(t, CERTIFICATE_RAW_KEY);
    write_vector(body, 1, slice_of(t->type, t->count));
}

enum err certificate_type_confirm(struct hs *hs, enum side by, const struct certificate_types *offered,
                                  struct slice body)
{
    struct reader r = reader_of(body);
    uint8_t type = (uint8_t)read_number(&r, 1);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    if (!certificate_types_have(offered, type)) { /* RFC 7250 4.2 */
        const char *name = name_of(&certificate_type_names, type);
        return hs_refuse(hs, E_CERTIFICATE_TYPE_NOT_OFFERED, "the server chose %s (%u) for the %s's",
                         name ? name : "an unknown type", type, by == CLIENT ? "client" : "server");
    }
    if (!cursor_has(&hs->cursor, RESUMED)) { /* else it is the session's */
        hs->negotiated->certificate_type[by] = (enum certificate_type)type;
    }
    return OK;
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    const struct certificate_types t = certificate_types_taken(hs->config);
    certificate_type_offer(&t, body, present);
    return OK;
}

static enum err accept(struct hs *hs, struct slice body)
{
    return certificate_type_list(body, &hs->offer.server_types);
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    *present = hs->answers_type[SERVER];
    write_number(body, hs->negotiated->certificate_type[SERVER], 1);
    return OK;
}

static enum err confirm(struct hs *hs, struct slice body)
{
    const struct certificate_types t = certificate_types_taken(hs->config);
    return certificate_type_confirm(hs, SERVER, &t, body);
}

/* RFC 7250 4.2: a server that says nothing shows X.509, to a client that may not take it. */
static enum err absent(struct hs *hs)
{
    const struct certificate_types t = certificate_types_taken(hs->config);
    if (!(hs->place & (AT_SERVER_HELLO12 | AT_ENCRYPTED_EXTENSIONS)) ||
        certificate_types_have(&t, CERTIFICATE_X509)) {
        return OK;
    }
    bool shows = hs->place == AT_ENCRYPTED_EXTENSIONS
                     ? cursor_has(&hs->cursor, CERTIFICATE_AUTH)
                     : hs->negotiated->suite->auth != AUTH_ANON && !cursor_has(&hs->cursor, RESUMED);
    return shows ? hs_refuse(hs, E_NO_COMMON_CERTIFICATE_TYPE,
                             "the server shows an X.509 certificate, and only raw keys are trusted")
                 : OK;
}

const struct extension extension_server_certificate_type = {
    .code = EXTENSION_SERVER_CERTIFICATE_TYPE,
    .places = AT_HELLOS12 | AT_CLIENT_HELLO13 | AT_ENCRYPTED_EXTENSIONS,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
