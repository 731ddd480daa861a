/* SPDX-License-Identifier: MIT */
/* table */
#include "flow/flow.h"

/*
 * This is the handshake. A person reads it, the engine runs it, the diagram is drawn from it. A row says who
 * does what, when it exists, which fact its sender's choice sets, and which keys its sender uses afterwards.
 * Rows in lower case are local: nothing of them is on the wire, and only they may wait.
 */
/* clang-format off */

/* RFC 5246 7.4.1; RFC 8446 4.1 */
const struct step flow_hello[] = {
    { CLIENT, make_key_share,       .when = TLS13_OFFERED },
    { CLIENT, CLIENT_HELLO },
    { CLIENT, protect_early_data,   .when = EARLY_DATA_OFFERED,     .then = EARLY_KEYS },
    { SERVER, choose_host },                                        /* by SNI; may ask the application */
    { SERVER, choose_group,         .when = TLS13 },
    { SERVER, HELLO_RETRY_REQUEST,  .when = TLS13_OFFERED,          .sets = RETRY },
    { CLIENT, make_key_share,       .when = RETRY },
    { CLIENT, CLIENT_HELLO,         .when = RETRY },
    { SERVER, look_up_session,      .when = SESSION_OFFERED },      /* only now: bound to the host's policy */
    { SERVER, choose_parameters },
    { SERVER, make_key_share,       .when = KEY_SHARE },            /* not for psk_ke: RFC 8446 4.2.9 */
    { SERVER, SERVER_HELLO },
    { SERVER, END_OF_FLOW }};

/* RFC 5246 7.3 figure 1; RFC 4680 3; RFC 6066 5, 8; RFC 5077 3.1 */
const struct step flow_full12[] = {
    { SERVER, choose_supplemental,  .when = SUPPLEMENTAL_SERVER },  /* may ask the application */
    { SERVER, SUPPLEMENTAL_DATA,    .when = SUPPLEMENTAL_SERVER,    .sets = SUPPLEMENTAL_SERVER_SENT },
    { SERVER, CERTIFICATE,          .when = CERTIFICATE_AUTH },
    { SERVER, CERTIFICATE_STATUS,   .when = CERTIFICATE_AUTH | STATUS_AGREED, .sets = STATUS_SENT },
    { SERVER, make_key_share,       .when = EPHEMERAL },
    { SERVER, sign,                 .when = EPHEMERAL_SIGNED },
    { SERVER, SERVER_KEY_EXCHANGE,  .when = EPHEMERAL },
    { SERVER, CERTIFICATE_REQUEST,  .when = CERTIFICATE_AUTH,       .sets = CLIENT_AUTH },
    { SERVER, SERVER_HELLO_DONE },
    { CLIENT, verify_peer,          .when = CERTIFICATE_AUTH },
    { CLIENT, pick_identity,        .when = CLIENT_AUTH },          /* may ask the application */
    { CLIENT, choose_supplemental,  .when = SUPPLEMENTAL_CLIENT },  /* may ask the application; only now: the server is verified */
    { CLIENT, SUPPLEMENTAL_DATA,    .when = SUPPLEMENTAL_CLIENT,    .sets = SUPPLEMENTAL_CLIENT_SENT }, /* RFC 4681 4: may be absent */
    { CLIENT, CERTIFICATE_URL,      .when = CLIENT_AUTH | CERTIFICATE_URL_AGREED, .sets = CERTIFICATE_URL_SENT },
    { SERVER, fetch_certificate,    .when = CERTIFICATE_URL_SENT }, /* asks the application */
    { CLIENT, CERTIFICATE,          .when = CLIENT_AUTH,            .unless = CERTIFICATE_URL_SENT },
    { CLIENT, agree_secret },
    { CLIENT, CLIENT_KEY_EXCHANGE },
    { SERVER, agree_secret },                                       /* RSA: decrypt; (EC)DH: derive */
    { CLIENT, sign,                 .when = CLIENT_SIGNS },
    { CLIENT, CERTIFICATE_VERIFY,   .when = CLIENT_SIGNS },
    { CLIENT, CHANGE_CIPHER_SPEC,   .then = NEW_KEYS },
    { CLIENT, FINISHED },
    { SERVER, verify_peer,          .when = CLIENT_CERTIFICATE },
    { SERVER, NEW_SESSION_TICKET,   .when = TICKET_AGREED },
    { SERVER, CHANGE_CIPHER_SPEC,   .then = NEW_KEYS },
    { SERVER, FINISHED },
    { SERVER, END_OF_FLOW }};

/* RFC 5246 7.3 figure 2; RFC 5077 3.1 */
const struct step flow_resume12[] = {
    { SERVER, NEW_SESSION_TICKET,   .when = TICKET_AGREED },
    { SERVER, CHANGE_CIPHER_SPEC,   .then = NEW_KEYS },
    { SERVER, FINISHED },
    { CLIENT, CHANGE_CIPHER_SPEC,   .then = NEW_KEYS },
    { CLIENT, FINISHED },
    { SERVER, END_OF_FLOW }};

/*
 * RFC 5246 7.4.1.1, 7.4.1.2; RFC 5746 3.5, 3.7: what may come once a handshake is complete. Not a sequence: each row stands alone.
 * Where RENEGOTIATION_ALLOWED holds, flow_hello follows; else the warning no_renegotiation.
 */
const struct step flow_anytime12[] = {
    { SERVER, HELLO_REQUEST,                                        .sets = SERVER_ASKS },
    { CLIENT, CLIENT_HELLO,                                         .sets = CLIENT_BEGINS }, /* the first message of flow_hello */
    { SERVER, END_OF_FLOW }};

/* RFC 8446 2 figures 1, 3, 4; 4.3, 4.4; RFC 8879 4. What is behind agree_secret is encrypted. */
const struct step flow_tls13[] = {
    { SERVER, agree_secret,         .then = HANDSHAKE_KEYS },
    { CLIENT, agree_secret,         .then = HANDSHAKE_KEYS },
    { SERVER, ENCRYPTED_EXTENSIONS },
    { SERVER, CERTIFICATE_REQUEST,  .when = CERTIFICATE_AUTH,       .sets = CLIENT_AUTH },
    { SERVER, COMPRESSED_CERTIFICATE, .when = CERTIFICATE_AUTH | COMPRESSION_SERVER, .sets = COMPRESSION_SERVER_SENT },
    { SERVER, CERTIFICATE,          .when = CERTIFICATE_AUTH,       .unless = COMPRESSION_SERVER_SENT },
    { SERVER, sign,                 .when = CERTIFICATE_AUTH },
    { SERVER, CERTIFICATE_VERIFY,   .when = CERTIFICATE_AUTH },
    { CLIENT, verify_peer,          .when = CERTIFICATE_AUTH },
    { SERVER, FINISHED,             .then = APPLICATION_KEYS },
    { CLIENT, END_OF_EARLY_DATA,    .when = EARLY_DATA,             .unless = CARRIED_BY_QUIC, .then = HANDSHAKE_KEYS }, /* RFC 9001 8.3 */
    { CLIENT, pick_identity,        .when = CLIENT_AUTH },          /* may ask the application */
    { CLIENT, COMPRESSED_CERTIFICATE, .when = CLIENT_AUTH | COMPRESSION_CLIENT, .sets = COMPRESSION_CLIENT_SENT },
    { CLIENT, CERTIFICATE,          .when = CLIENT_AUTH,            .unless = COMPRESSION_CLIENT_SENT },
    { CLIENT, sign,                 .when = CLIENT_SIGNS },
    { CLIENT, CERTIFICATE_VERIFY,   .when = CLIENT_SIGNS },
    { SERVER, verify_peer,          .when = CLIENT_CERTIFICATE },
    { CLIENT, FINISHED,             .then = APPLICATION_KEYS },
    { SERVER, END_OF_FLOW }};

/* RFC 8446 4.6: what may come once a handshake is complete. Not a sequence: each row stands alone. */
const struct step flow_anytime13[] = {
    { SERVER, NEW_SESSION_TICKET },
    { SERVER, CERTIFICATE_REQUEST },                                /* the first message of flow_authenticate13 */
    { CLIENT, KEY_UPDATE,           .then = NEXT_KEYS },
    { SERVER, KEY_UPDATE,           .then = NEXT_KEYS },
    { SERVER, END_OF_FLOW }};

/* RFC 9001 4.4, 6: what is left of it where QUIC carries the handshake, and changes its keys by itself. */
const struct step flow_anytime_quic[] = {
    { SERVER, NEW_SESSION_TICKET },
    { SERVER, END_OF_FLOW }};

/* RFC 8446 4.6.2: the client is asked who it is, in the midst of a connection. */
const struct step flow_authenticate13[] = {
    { SERVER, CERTIFICATE_REQUEST },
    { CLIENT, pick_identity },                                      /* may ask the application */
    { CLIENT, COMPRESSED_CERTIFICATE, .when = COMPRESSION_CLIENT,   .sets = COMPRESSION_CLIENT_SENT },
    { CLIENT, CERTIFICATE,          .unless = COMPRESSION_CLIENT_SENT },
    { CLIENT, sign,                 .when = CLIENT_SIGNS },
    { CLIENT, CERTIFICATE_VERIFY,   .when = CLIENT_SIGNS },
    { SERVER, verify_peer,          .when = CLIENT_CERTIFICATE },
    { CLIENT, FINISHED },
    { SERVER, END_OF_FLOW }};

/* RFC 8446 D.4: says nothing and is hashed by nobody; for middleboxes that want to see TLS 1.2. */
const struct step flow_compatible13[] = {
    { CLIENT, CHANGE_CIPHER_SPEC },
    { SERVER, CHANGE_CIPHER_SPEC },
    { SERVER, END_OF_FLOW }};
/* clang-format on */

const struct step *flow_after(const struct step *flow, uint32_t facts)
{
    if (flow == flow_hello) {
        return facts & TLS13 ? flow_tls13 : facts & RESUMED ? flow_resume12 : flow_full12;
    }
    if (flow == flow_tls13 || flow == flow_authenticate13 || !(facts & RENEGOTIATION_ALLOWED)) {
        return NULL;
    }
    return flow != flow_anytime12 && facts & SERVER_ASKS ? flow_anytime12 : flow_hello;
}

const char *flow_name(const struct step *flow)
{
    return flow == flow_hello            ? "hello"
           : flow == flow_full12         ? "full handshake"
           : flow == flow_resume12       ? "abbreviated handshake"
           : flow == flow_tls13          ? "TLS 1.3 handshake"
           : flow == flow_authenticate13 ? "post-handshake authentication"
           : flow == flow_compatible13   ? "middlebox compatibility"
                                         : "after the handshake";
}
