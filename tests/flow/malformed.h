/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_MALFORMED_H
#define HF_TESTS_FLOW_MALFORMED_H

#include "meeting.h"

/* One lie in a handshake whose messages have been seen before. */
/* ---- what is sent in one mutual handshake. Ed25519: its signatures are all of one length ---- */
static const struct trait mutual_client = {.side = CLIENT,
                                           .key = TEST_ED25519,
                                           .has_identity = true,
                                           .alpn = "h2,http/1.1"},
                          mutual_server = {.side = SERVER,
                                           .key = TEST_ED25519,
                                           .client_auth = HF_CLIENT_AUTH_REQUIRE,
                                           .alpn = "http/1.1",
                                           .suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
/* And of the other key exchanges, what only they send. */
enum exchange { ECDHE_MUTUAL, DHE, RSA, DH_ANON, ECDH_ANON, FIXED_ECDH, STATUS, TICKET, EXCHANGES };
const hf_config *exchange_config(enum exchange x, enum side side);
static const struct {
    enum message m;
    enum side by;
    const struct layout *layout; /* NULL: empty */
    enum exchange exchange;
} sent[] = {
    {CLIENT_HELLO, CLIENT, &layout_client_hello},
    {SERVER_HELLO, SERVER, &layout_server_hello},
    {CERTIFICATE, SERVER, &layout_certificate_message},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_ecdhe},
    {CERTIFICATE_REQUEST, SERVER, &layout_certificate_request},
    {SERVER_HELLO_DONE, SERVER, NULL},
    {CERTIFICATE, CLIENT, &layout_certificate_message},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_ecdhe},
    {CERTIFICATE_VERIFY, CLIENT, &layout_certificate_verify},
    {FINISHED, CLIENT, &layout_finished},
    {FINISHED, SERVER, &layout_finished},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_dhe, DHE},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_dhe, DHE},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_rsa, RSA},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_dh_anon, DH_ANON},
    {CLIENT_KEY_EXCHANGE, CLIENT, &layout_client_key_exchange_dhe, DH_ANON},
    {SERVER_KEY_EXCHANGE, SERVER, &layout_server_key_exchange_ecdh_anon, ECDH_ANON},
    {CLIENT_KEY_EXCHANGE, CLIENT, NULL, FIXED_ECDH}, /* RFC 4492 5.7: implicit */
    {CERTIFICATE_STATUS, SERVER, &layout_certificate_status, STATUS},
    {NEW_SESSION_TICKET, SERVER, &layout_new_session_ticket, TICKET},
};
#define SENT (sizeof sent / sizeof *sent)
struct real_message {
    uint8_t bytes[4096]; /* with the header */
    size_t len;
};
extern struct real_message real_messages[SENT];
extern size_t lies_counted;
size_t exchange_row(enum exchange x, enum message m, enum side by);
int malformed_learn(void **state);
/* Numbers of 2048 bits take their time, and a byte within one is like the next: only around its ends, and
 * here and there. */
bool is_worth_trying(size_t row, size_t at);
/* ---- a handshake with one lie in it ---- */
struct lie {
    size_t row; /* which message */
    void (*change)(struct puppet *p, const struct lie *lie);
    size_t number;
    struct slice bytes;
    int by;
};
void tell_lie(struct puppet *p, enum message m);
struct meeting tell_it(const struct lie *lie);
const char *lie_label(const struct lie *lie, const char *what);
void expect_refusal_of(const struct lie *lie, hf_err row, const char *what);
int report_counted(void **state);

#endif
