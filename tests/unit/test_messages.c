/* SPDX-License-Identifier: MIT */
/* The shapes of the messages against bytes written down by hand from the RFCs' structs. */
#include "wire/messages.h"
#include "wire/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_OF(...) slice_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define SIXTEEN 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define RANDOM_BYTES SIXTEEN, SIXTEEN

static struct slice encoded(const struct layout *l, const void *in)
{
    static uint8_t bytes[512];
    struct writer w = writer_of(bytes, sizeof bytes);
    assert_int_equal(layout_encode(l, in, &w), OK);
    return written(&w);
}

static void client_hello(void **state)
{
    (void)state;
    struct slice bytes =
        BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 4, 0xc0, 0x2f, 0x00, 0xff, 1, 0, 0, 4, 0, 23, 0, 0);
    struct client_hello m;
    assert_int_equal(layout_decode(&layout_client_hello, bytes, &m), OK);
    assert_int_equal(m.version, TLS_1_2);
    assert_int_equal(m.random.len, RANDOM_SIZE);
    assert_int_equal(m.random.data[31], 15);
    assert_int_equal(m.session_id.len, 0);
    assert_true(list_has16(m.cipher_suites, 0xc02f));
    assert_true(list_has8(m.compression_methods, 0));
    assert_int_equal(m.extensions.len, 4);
    assert_true(slice_equal(encoded(&layout_client_hello, &m), bytes));
}

/* S6 */
static void client_hello_bounds(void **state)
{
    (void)state;
    struct client_hello m;
    const struct slice wrong[] = {
        BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 0, 1, 0),                   /* no cipher suite */
        BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 3, 0xc0, 0x2f, 0x00, 1, 0), /* half a cipher suite */
        BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 2, 0xc0, 0x2f, 0),          /* no compression method */
        BYTES_OF(3, 3, RANDOM_BYTES, 33, RANDOM_BYTES, 1, 0, 2, 0xc0, 0x2f, 1,
                 0),                                                      /* a session ID of 33 bytes */
        BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 2, 0xc0, 0x2f, 1, 0, 0, 0, 0), /* a byte behind the extensions */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(layout_decode(&layout_client_hello, wrong[i], &m), E_MALFORMED_MESSAGE);
    }
    /* RFC 5246 7.4.1.2: extensions may be missing */
    assert_int_equal(
        layout_decode(&layout_client_hello, BYTES_OF(3, 3, RANDOM_BYTES, 0, 0, 2, 0xc0, 0x2f, 1, 0), &m), OK);
    assert_null(m.extensions.data);
}

static void server_hello(void **state)
{
    (void)state;
    struct slice bytes =
        BYTES_OF(3, 3, RANDOM_BYTES, 2, 0xaa, 0xbb, 0xcc, 0xa8, 0, 0, 5, 0xff, 0x01, 0, 1, 0);
    struct server_hello m;
    assert_int_equal(layout_decode(&layout_server_hello, bytes, &m), OK);
    assert_true(slice_equal(m.session_id, BYTES_OF(0xaa, 0xbb)));
    assert_int_equal(m.cipher_suite, 0xcca8);
    assert_int_equal(m.compression_method, 0);
    assert_int_equal(m.extensions.len, 5);
    assert_true(slice_equal(encoded(&layout_server_hello, &m), bytes));
}

static void certificate(void **state)
{
    (void)state;
    struct slice bytes = BYTES_OF(0, 0, 9, 0, 0, 2, 0x30, 0x00, 0, 0, 1, 0x30);
    struct certificate_message m;
    assert_int_equal(layout_decode(&layout_certificate_message, bytes, &m), OK);
    struct list l = list_of(m.certificate_list);
    struct slice der;
    assert_true(list_next_vector(&l, 3, &der));
    assert_int_equal(der.len, 2);
    assert_true(list_next_vector(&l, 3, &der));
    assert_int_equal(der.len, 1);
    assert_false(list_next_vector(&l, 3, &der));
    assert_false(l.bad);
    /* S7: a client without a certificate sends an empty list, RFC 5246 7.4.6 */
    assert_int_equal(layout_decode(&layout_certificate_message, BYTES_OF(0, 0, 0), &m), OK);
    assert_int_equal(m.certificate_list.len, 0);
}

static void server_key_exchange(void **state)
{
    (void)state;
    struct slice bytes = BYTES_OF(3, 0, 23, 3, 4, 5, 6, 4, 3, 0, 2, 7, 8);
    struct server_key_exchange m;
    assert_int_equal(layout_decode(&layout_server_key_exchange_ecdhe, bytes, &m), OK);
    assert_int_equal(m.curve_type, 3);
    assert_int_equal(m.named_curve, GROUP_SECP256R1);
    assert_true(slice_equal(m.point, BYTES_OF(4, 5, 6)));
    assert_int_equal(m.scheme, SCHEME_ECDSA_SECP256R1_SHA256);
    assert_true(slice_equal(m.signature, BYTES_OF(7, 8)));
    assert_true(slice_equal(encoded(&layout_server_key_exchange_ecdhe, &m), bytes));
    assert_int_equal(
        layout_decode(&layout_server_key_exchange_ecdhe, BYTES_OF(3, 0, 23, 0, 4, 3, 0, 2, 7, 8), &m),
        E_MALFORMED_MESSAGE); /* ECPoint is opaque point<1..2^8-1> */
}

static void certificate_request(void **state)
{
    (void)state;
    struct slice bytes = BYTES_OF(2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 5, 0, 3, 0x30, 1, 0);
    struct certificate_request m;
    assert_int_equal(layout_decode(&layout_certificate_request, bytes, &m), OK);
    assert_true(list_has8(m.certificate_types, CLIENT_CERTIFICATE_ECDSA_SIGN));
    assert_true(list_has16(m.signature_algorithms, SCHEME_RSA_PSS_RSAE_SHA256));
    struct list l = list_of(m.certificate_authorities);
    struct slice name;
    assert_true(list_next_vector(&l, 2, &name));
    assert_int_equal(name.len, 3);
    /* any CA will do: an empty list */
    assert_int_equal(layout_decode(&layout_certificate_request, BYTES_OF(1, 1, 0, 2, 4, 1, 0, 0), &m), OK);
    /* no type, and no scheme */
    assert_int_equal(layout_decode(&layout_certificate_request, BYTES_OF(0, 0, 2, 4, 1, 0, 0), &m),
                     E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_certificate_request, BYTES_OF(1, 1, 0, 0, 0, 0), &m),
                     E_MALFORMED_MESSAGE);
}

static void the_client_s_second_flight(void **state)
{
    (void)state;
    struct client_key_exchange exchange;
    assert_int_equal(layout_decode(&layout_client_key_exchange_ecdhe, BYTES_OF(2, 9, 9), &exchange), OK);
    assert_int_equal(exchange.point.len, 2);
    assert_int_equal(layout_decode(&layout_client_key_exchange_ecdhe, BYTES_OF(0), &exchange),
                     E_MALFORMED_MESSAGE);

    struct certificate_verify verify;
    assert_int_equal(layout_decode(&layout_certificate_verify, BYTES_OF(8, 7, 0, 1, 0x55), &verify), OK);
    assert_int_equal(verify.scheme, SCHEME_ED25519);
    assert_true(slice_equal(verify.signature, BYTES_OF(0x55)));

    struct finished finished;
    assert_int_equal(
        layout_decode(&layout_finished, BYTES_OF(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), &finished), OK);
    assert_int_equal(finished.verify_data.len, VERIFY_DATA_SIZE);
    assert_int_equal(layout_decode(&layout_finished, BYTES_OF(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), &finished),
                     E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_finished, BYTES_OF(SIXTEEN), &finished), E_MALFORMED_MESSAGE);
}

static void the_optional_messages(void **state)
{
    (void)state;
    struct new_session_ticket ticket;
    assert_int_equal(
        layout_decode(&layout_new_session_ticket, BYTES_OF(0, 0, 0x1c, 0x20, 0, 2, 7, 7), &ticket), OK);
    assert_true(slice_equal(ticket.lifetime_hint, BYTES_OF(0, 0, 0x1c, 0x20)));
    assert_int_equal(ticket.ticket.len, 2);
    /* RFC 5077 3.3: a server that changes its mind sends an empty ticket */
    assert_int_equal(layout_decode(&layout_new_session_ticket, BYTES_OF(0, 0, 0, 0, 0, 0), &ticket), OK);

    struct certificate_status status;
    assert_int_equal(layout_decode(&layout_certificate_status, BYTES_OF(1, 0, 0, 1, 0x30), &status), OK);
    assert_int_equal(status.status_type, 1);
    assert_int_equal(layout_decode(&layout_certificate_status, BYTES_OF(1, 0, 0, 0), &status),
                     E_MALFORMED_MESSAGE);

    struct certificate_url url;
    assert_int_equal(layout_decode(&layout_certificate_url, BYTES_OF(0, 0, 1, 5), &url), OK);
    assert_int_equal(layout_decode(&layout_certificate_url, BYTES_OF(0, 0, 0), &url), E_MALFORMED_MESSAGE);

    /* U2: a list that is not empty */
    struct supplemental_data data;
    assert_int_equal(layout_decode(&layout_supplemental_data, BYTES_OF(0, 0, 4, 0, 0, 0, 0), &data), OK);
    assert_int_equal(data.entries.len, 4);
    assert_int_equal(layout_decode(&layout_supplemental_data, BYTES_OF(0, 0, 0), &data), E_MALFORMED_MESSAGE);
}

/* ---- TLS 1.3 ---- */

/* RFC 8446 4.4.2: each certificate has extensions of its own */
static void certificate13(void **state)
{
    (void)state;
    struct slice bytes =
        BYTES_OF(1, 7, 0, 0, 17, 0, 0, 2, 0x30, 0x00, 0, 4, 0, 18, 0, 0, 0, 0, 1, 0x30, 0, 0);
    struct certificate13 m;
    struct certificate_entry13 e;
    assert_int_equal(layout_decode(&layout_certificate13, bytes, &m), OK);
    assert_true(slice_equal(m.certificate_request_context, BYTES_OF(7)));
    struct list l = list_of(m.certificate_list);
    assert_true(list_next_certificate(&l, &e));
    assert_true(slice_equal(e.cert_data, BYTES_OF(0x30, 0x00)));
    assert_true(slice_equal(e.extensions, BYTES_OF(0, 18, 0, 0)));
    assert_true(list_next_certificate(&l, &e));
    assert_true(slice_equal(e.cert_data, BYTES_OF(0x30)));
    assert_int_equal(e.extensions.len, 0);
    assert_false(list_next_certificate(&l, &e));
    assert_false(l.bad);
    assert_true(slice_equal(encoded(&layout_certificate13, &m), bytes));
    /* a client without a certificate, in the handshake */
    assert_int_equal(layout_decode(&layout_certificate13, BYTES_OF(0, 0, 0, 0), &m), OK);
    assert_int_equal(m.certificate_request_context.len + m.certificate_list.len, 0);
}

static void a_certificate_entry_must_be_whole(void **state)
{
    (void)state;
    struct certificate_entry13 e;
    struct slice whole = BYTES_OF(0, 0, 2, 0x30, 0x00, 0, 4, 0, 18, 0, 0);
    for (size_t len = 1; len < whole.len; len++) {
        struct list l = list_of(slice_of(whole.data, len));
        assert_false(list_next_certificate(&l, &e));
        assert_true(l.bad);
        assert_false(list_next_certificate(&l, &e));
    }
    struct list empty = list_of(BYTES_OF(0, 0, 0, 0, 0)); /* opaque cert_data<1..2^24-1> */
    assert_false(list_next_certificate(&empty, &e));
    assert_true(empty.bad);
}

static void the_server_s_parameters13(void **state)
{
    (void)state;
    struct encrypted_extensions extensions;
    assert_int_equal(layout_decode(&layout_encrypted_extensions, BYTES_OF(0, 4, 0, 42, 0, 0), &extensions),
                     OK);
    assert_true(slice_equal(extensions.extensions, BYTES_OF(0, 42, 0, 0)));
    assert_int_equal(layout_decode(&layout_encrypted_extensions, BYTES_OF(0, 0), &extensions), OK);
    assert_int_equal(layout_decode(&layout_encrypted_extensions, slice_of(NULL, 0), &extensions),
                     E_MALFORMED_MESSAGE); /* RFC 8446 4.3.1: the list is there, also where it is empty */

    /* RFC 8446 4.3.2: Extension extensions<2..2^16-1> */
    struct certificate_request13 request;
    struct slice bytes = BYTES_OF(2, 8, 9, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7);
    assert_int_equal(layout_decode(&layout_certificate_request13, bytes, &request), OK);
    assert_true(slice_equal(request.certificate_request_context, BYTES_OF(8, 9)));
    assert_int_equal(request.extensions.len, 8);
    assert_true(slice_equal(encoded(&layout_certificate_request13, &request), bytes));
    assert_int_equal(layout_decode(&layout_certificate_request13, BYTES_OF(0, 0, 0), &request),
                     E_MALFORMED_MESSAGE);
}

/* RFC 8446 4.4.4: as long as the hash, so 32 bytes or 48 */
static void finished13(void **state)
{
    (void)state;
    struct finished m;
    for (size_t len = 0; len <= 64; len++) {
        enum err e = layout_decode(&layout_finished13,
                                   slice_of(BYTES_OF(SIXTEEN, SIXTEEN, SIXTEEN, SIXTEEN).data, len), &m);
        assert_int_equal(e, len == 32 || len == 48 ? OK : E_MALFORMED_MESSAGE);
    }
}

static void the_messages_after_the_handshake13(void **state)
{
    (void)state;
    struct new_session_ticket13 t;
    struct slice bytes =
        BYTES_OF(0, 0, 0x0e, 0x10, 1, 2, 3, 4, 1, 0, 0, 2, 7, 7, 0, 8, 0, 42, 0, 4, 0, 0, 0x40, 0);
    assert_int_equal(layout_decode(&layout_new_session_ticket13, bytes, &t), OK);
    assert_true(slice_equal(t.ticket_lifetime, BYTES_OF(0, 0, 0x0e, 0x10)));
    assert_true(slice_equal(t.ticket_age_add, BYTES_OF(1, 2, 3, 4)));
    assert_true(slice_equal(t.ticket_nonce, BYTES_OF(0)));
    assert_true(slice_equal(t.ticket, BYTES_OF(7, 7)));
    assert_int_equal(t.extensions.len, 8);
    assert_true(slice_equal(encoded(&layout_new_session_ticket13, &t), bytes));
    /* RFC 8446 4.6.1: ticket<1..2^16-1>; ticket_nonce<0..255> may be empty */
    assert_int_equal(
        layout_decode(&layout_new_session_ticket13, BYTES_OF(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), &t),
        E_MALFORMED_MESSAGE);
    assert_int_equal(
        layout_decode(&layout_new_session_ticket13, BYTES_OF(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0), &t),
        OK);

    struct key_update update;
    assert_int_equal(layout_decode(&layout_key_update, BYTES_OF(1), &update), OK);
    assert_int_equal(update.request_update, UPDATE_REQUESTED);
    assert_int_equal(layout_decode(&layout_key_update, BYTES_OF(1, 0), &update), E_MALFORMED_MESSAGE);
    assert_int_equal(layout_decode(&layout_key_update, slice_of(NULL, 0), &update), E_MALFORMED_MESSAGE);
}

/* RFC 8879 4 */
static void compressed_certificate(void **state)
{
    (void)state;
    struct slice bytes = BYTES_OF(0, 2, 1, 2, 3, 0, 0, 2, 0x78, 0x9c);
    struct compressed_certificate m;
    assert_int_equal(layout_decode(&layout_compressed_certificate, bytes, &m), OK);
    assert_int_equal(m.algorithm, 2);
    assert_int_equal(m.uncompressed_length, 0x010203);
    assert_true(slice_equal(m.compressed_certificate_message, BYTES_OF(0x78, 0x9c)));
    assert_true(slice_equal(encoded(&layout_compressed_certificate, &m), bytes));
    assert_int_equal(layout_decode(&layout_compressed_certificate, BYTES_OF(0, 2, 0, 0, 0, 0, 0, 0), &m),
                     E_MALFORMED_MESSAGE); /* opaque compressed_certificate_message<1..2^24-1> */
}

static void extensions_are_walked(void **state)
{
    (void)state;
    struct list l = list_of(BYTES_OF(0, 23, 0, 0, 0xff, 1, 0, 1, 0));
    struct extension_entry e;
    assert_true(list_next_extension(&l, &e));
    assert_int_equal(e.type, EXTENSION_EXTENDED_MASTER_SECRET);
    assert_int_equal(e.body.len, 0);
    assert_true(list_next_extension(&l, &e));
    assert_int_equal(e.type, EXTENSION_RENEGOTIATION_INFO);
    assert_int_equal(e.body.len, 1);
    assert_false(list_next_extension(&l, &e));
    assert_false(l.bad);
}

/* S6 */
static void an_extension_must_be_whole(void **state)
{
    (void)state;
    struct slice whole = BYTES_OF(0, 23, 0, 0, 0xff, 1, 0, 1, 0);
    for (size_t len = 5; len < whole.len; len++) {
        struct list l = list_of(slice_of(whole.data, len));
        struct extension_entry e;
        assert_true(list_next_extension(&l, &e));
        assert_false(list_next_extension(&l, &e));
        assert_true(l.bad);
        assert_false(list_next_extension(&l, &e));
    }
}

static void every_message_has_a_row(void **state)
{
    (void)state;
    for (int i = 0; i < MESSAGE_COUNT; i++) {
        const struct message_row *row = message_row((enum message)i);
        assert_non_null(row);
        assert_int_equal(strncmp(row->rfc, "RFC ", 4), 0);
        /* RFC 8446 4.1.3: a HelloRetryRequest has the shape of a ServerHello */
        const char *name = row->type <= 255 ? row->name : "ServerHello";
        assert_true(!row->layout || strcmp(row->layout->name, name) == 0);
        assert_true(!row->layout13 || strcmp(row->layout13->name, name) == 0);
        if (row->type <= 255) {
            assert_int_equal(message_of_type((uint8_t)row->type), i);
            assert_string_equal(name_of(&message_type_names, row->type), row->name);
        }
    }
    assert_string_equal(message_row(CLIENT_HELLO)->name, "ClientHello");
    assert_ptr_equal(message_row(SUPPLEMENTAL_DATA)->layout, &layout_supplemental_data);
    assert_int_equal(message_row(CERTIFICATE_STATUS)->type, 22);
    assert_ptr_equal(message_row(CERTIFICATE)->layout, &layout_certificate_message);
    assert_ptr_equal(message_row(CERTIFICATE)->layout13, &layout_certificate13);
    assert_null(message_row(ENCRYPTED_EXTENSIONS)->layout);
    assert_null(message_row(SUPPLEMENTAL_DATA)->layout13); /* RFC 8446 B.3: reserved */
    assert_int_equal(message_row(KEY_UPDATE)->type, 24);
    assert_null(message_row(MESSAGE_COUNT));
}

/* RFC 8446 4.1.3: SHA-256 of "HelloRetryRequest", written down there */
static void the_random_of_hello_retry_request(void **state)
{
    (void)state;
    struct slice random = BYTES_OF(0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02,
                                   0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E,
                                   0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C);
    assert_true(slice_equal(random, slice_of(retry_random, RANDOM_SIZE)));
}

static void unknown_types_have_none(void **state)
{
    (void)state;
    assert_int_equal(message_of_type(3), MESSAGE_COUNT);
    assert_int_equal(message_of_type(255), MESSAGE_COUNT);
    assert_int_equal(message_of_type(0), HELLO_REQUEST); /* not HELLO_RETRY_REQUEST, whose number is 256 */
    assert_int_equal(message_of_type(1), CLIENT_HELLO);  /* not CHANGE_CIPHER_SPEC, whose number is 257 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_hello),
        cmocka_unit_test(client_hello_bounds),
        cmocka_unit_test(server_hello),
        cmocka_unit_test(certificate),
        cmocka_unit_test(server_key_exchange),
        cmocka_unit_test(certificate_request),
        cmocka_unit_test(the_client_s_second_flight),
        cmocka_unit_test(the_optional_messages),
        cmocka_unit_test(certificate13),
        cmocka_unit_test(a_certificate_entry_must_be_whole),
        cmocka_unit_test(the_server_s_parameters13),
        cmocka_unit_test(finished13),
        cmocka_unit_test(the_messages_after_the_handshake13),
        cmocka_unit_test(compressed_certificate),
        cmocka_unit_test(extensions_are_walked),
        cmocka_unit_test(an_extension_must_be_whole),
        cmocka_unit_test(every_message_has_a_row),
        cmocka_unit_test(the_random_of_hello_retry_request),
        cmocka_unit_test(unknown_types_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
