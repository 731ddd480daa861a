/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "wire/describe.h"
#include "wire/names.h"

/* Messages whose shape depends on what was agreed before. */

/* The suite's name says what its key exchange is; also of suites that are never negotiated here. */
static bool exchange_is(const struct setting *s, const char *exchange)
{
    const char *name = name_of(&suite_names, s->suite);
    return s->suite && name && strncmp(name, exchange, strlen(exchange)) == 0;
}

/* RFC 8422 5.4, RFC 5246 7.4.3; with a signature as TLS 1.2 has it */
static const struct layout *server_key_exchange(const struct setting *s)
{
    if (exchange_is(s, "TLS_ECDH_anon_")) {
        return &layout_server_key_exchange_ecdh_anon;
    }
    if (exchange_is(s, "TLS_DH_anon_WITH")) {
        return &layout_server_key_exchange_dh_anon;
    }
    if (exchange_is(s, "TLS_ECDHE_ECDSA_") || exchange_is(s, "TLS_ECDHE_RSA_")) {
        return &layout_server_key_exchange_ecdhe;
    }
    return exchange_is(s, "TLS_DHE_RSA_") || exchange_is(s, "TLS_DHE_DSS_") ? &layout_server_key_exchange_dhe
                                                                            : NULL;
}

/* RFC 8422 5.7, RFC 5246 7.4.7 */
static const struct layout *client_key_exchange(const struct setting *s)
{
    if (exchange_is(s, "TLS_ECDHE_ECDSA_") || exchange_is(s, "TLS_ECDHE_RSA_") ||
        exchange_is(s, "TLS_ECDH_ECDSA_") || exchange_is(s, "TLS_ECDH_RSA_") ||
        exchange_is(s, "TLS_ECDH_anon_")) {
        return &layout_client_key_exchange_ecdhe;
    }
    if (exchange_is(s, "TLS_RSA_WITH_") || exchange_is(s, "TLS_RSA_EXPORT_")) {
        return &layout_client_key_exchange_rsa;
    }
    return exchange_is(s, "TLS_DHE_RSA_") || exchange_is(s, "TLS_DHE_DSS_") || exchange_is(s, "TLS_DH_")
               ? &layout_client_key_exchange_dhe
               : NULL;
}

/* RFC 6961 2.2: ocsp_multi has a list */
static const struct layout *certificate_status(struct slice body)
{
    return body.len && body.data[0] == 2 ? &layout_certificate_status_multi : &layout_certificate_status;
}

const struct layout *message_shape(struct slice message, const struct setting *setting)
{
    if (message.len < HANDSHAKE_HEADER) {
        return NULL;
    }
    enum message m = message_of_type(message.data[0]);
    if (m == CERTIFICATE && setting->raw_key) {
        return setting->version == TLS_1_3 ? &layout_raw_key13 : &layout_raw_key_message;
    }
    const struct message_row *row = message_row(m);
    if (row && setting->version == TLS_1_3) { /* those of other versions are told as nothing that is known */
        return row->layout13 ? row->layout13 : m == END_OF_EARLY_DATA ? &layout_empty : NULL;
    }
    switch (m) {
    case SERVER_KEY_EXCHANGE:
        return server_key_exchange(setting);
    case CLIENT_KEY_EXCHANGE:
        return client_key_exchange(setting);
    case CERTIFICATE_STATUS:
        return certificate_status(slice_after(message, HANDSHAKE_HEADER));
    case HELLO_REQUEST:
    case SERVER_HELLO_DONE:
        return &layout_empty;
    default:
        return row ? row->layout : NULL;
    }
}
