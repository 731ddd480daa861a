/* SPDX-License-Identifier: MIT */
/*
 * What must hold for every layout: random values within their bounds survive encode and decode; what breaks a
 * bound is refused in both directions; no strict prefix decodes and nothing may follow (S6); noise never does
 * harm, and what decodes encodes to itself. A new message needs one line here; layouts that end with as many
 * bytes as there are (padding, a client's ticket, a status request of unknown kind) have no strict prefixes:
 * test_describe.c. HF_SEED=n repeats a run.
 */
#include "wire/extension_bodies.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct layout *const layouts[] = {
    &layout_client_hello,
    &layout_server_hello,
    &layout_certificate_message,
    &layout_server_key_exchange_ecdhe,
    &layout_server_key_exchange_ecdh_anon,
    &layout_server_key_exchange_dhe,
    &layout_server_key_exchange_dh_anon,
    &layout_client_key_exchange_dhe,
    &layout_client_key_exchange_rsa,
    &layout_certificate_request,
    &layout_client_key_exchange_ecdhe,
    &layout_certificate_verify,
    &layout_finished,
    &layout_new_session_ticket,
    &layout_certificate_status,
    &layout_certificate_url,
    &layout_supplemental_data,
    &layout_user_mapping_type_list,
    &layout_user_mapping_data_list,
    &layout_upn_domain_hint,
    &layout_encrypted_extensions,
    &layout_certificate_request13,
    &layout_certificate13,
    &layout_new_session_ticket13,
    &layout_key_update,
    &layout_finished13,
    &layout_compressed_certificate,
    &layout_change_cipher_spec,
    &layout_server_name_list,
    &layout_host_name,
    &layout_other_name,
    &layout_max_fragment_length,
    &layout_trusted_authorities,
    &layout_authority_pre_agreed,
    &layout_authority_hash,
    &layout_authority_name,
    &layout_status_request_ocsp,
    &layout_ocsp_status_request,
    &layout_status_request_list,
    &layout_status_item_ocsp,
    &layout_status_item_other,
    &layout_named_group_list,
    &layout_ec_point_format_list,
    &layout_signature_scheme_list,
    &layout_protocol_name_list,
    &layout_sct_list,
    &layout_record_size_limit,
    &layout_renegotiation_info,
    &layout_certificate_entry,
    &layout_distinguished_name,
    &layout_ocsp_response,
    &layout_certificate_status_multi,
    &layout_url_and_hash,
    &layout_supplemental_user_mapping,
    &layout_supplemental_other,
    &layout_user_mapping_upn,
    &layout_user_mapping_other,
    &layout_responder_id,
    &layout_protocol_name,
    &layout_serialized_sct,
};
#define LAYOUTS (sizeof layouts / sizeof *layouts)
#define EACH_LAYOUT(l) \
    for (const struct layout *const *each = layouts, *l; each < layouts + LAYOUTS && (l = *each); each++)

/* ---- random ---- */
static uint32_t state_of_draw;
static uint32_t draw(uint32_t bound)
{
    state_of_draw ^= state_of_draw << 13;
    state_of_draw ^= state_of_draw >> 17;
    state_of_draw ^= state_of_draw << 5;
    return bound ? state_of_draw % bound : 0;
}

static uint8_t noise[1 << 17];
static struct slice some_noise(size_t len)
{
    return slice_of(noise + draw((uint32_t)(sizeof noise - len)), len);
}

/* ---- values: memory that fits the C struct of any layout ---- */
union value {
    max_align_t align;
    uint8_t bytes[256];
};

static struct slice *slice_at(const struct field *f, union value *v)
{
    return (struct slice *)(void *)(v->bytes + f->at);
}

/* Mostly short, sometimes exactly at a bound: that is where the mistakes are. */
static size_t random_len(const struct field *f)
{
    uint32_t most = f->max < 65535 ? f->max : 65535;
    switch (draw(8)) {
    case 0:
        return f->min;
    case 1:
        return draw(8) ? f->min : most - most % f->unit;
    default:
        most = most - f->min < 40 ? most - f->min : 40;
        return f->min + draw(most + 1) / f->unit * f->unit;
    }
}

/* A uint24 lives in a uint32_t, so its bytes are not as on the wire. */
static size_t number_size(const struct field *f)
{
    return f->width == 3 ? sizeof(uint32_t) : f->width;
}

static void randomize(const struct layout *l, union value *v)
{
    memset(v, 0, sizeof *v);
    assert_true(l->size <= sizeof *v);
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        if (f->kind == FIELD_NUMBER && f->width == 3) {
            uint32_t number = draw(1 << 24);
            memcpy(v->bytes + f->at, &number, sizeof number);
        } else if (f->kind == FIELD_NUMBER) {
            memcpy(v->bytes + f->at, some_noise(f->width).data, f->width);
        } else if (f->kind != FIELD_TAIL || draw(3)) {
            *slice_at(f, v) = some_noise(random_len(f));
        }
    }
}

static void assert_same(const struct layout *l, union value *a, union value *b)
{
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        if (f->kind == FIELD_NUMBER) {
            assert_memory_equal(a->bytes + f->at, b->bytes + f->at, number_size(f));
        } else {
            assert_true(slice_equal(*slice_at(f, a), *slice_at(f, b)));
            assert_int_equal(slice_at(f, a)->data == NULL, slice_at(f, b)->data == NULL);
        }
    }
}

static uint8_t encoded[400000], encoded_again[400000];

static struct slice encode(const struct layout *l, const union value *v)
{
    struct writer w = writer_of(encoded, sizeof encoded);
    assert_int_equal(layout_encode(l, v, &w), OK);
    return written(&w);
}

static void assert_encodes_to(const struct layout *l, const union value *v, struct slice expected)
{
    struct writer w = writer_of(encoded_again, sizeof encoded_again);
    assert_int_equal(layout_encode(l, v, &w), OK);
    assert_true(slice_equal(written(&w), expected));
}

/* Exactly so much memory that ASan sees a read beyond the message. */
static enum err decode_exactly(const struct layout *l, struct slice message, union value *out)
{
    uint8_t *copy = malloc(message.len ? message.len : 1);
    assert_non_null(copy);
    if (message.len) {
        memcpy(copy, message.data, message.len);
    }
    enum err e = layout_decode(l, slice_of(copy, message.len), out);
    free(copy);
    return e;
}

/* ---- the properties ---- */
static void values_survive(void **state)
{
    (void)state;
    union value v, back;
    EACH_LAYOUT(l)
    {
        for (int i = 0; i < 400; i++) {
            randomize(l, &v);
            struct slice message = encode(l, &v);
            assert_int_equal(layout_decode(l, message, &back), OK);
            assert_same(l, &v, &back);
            assert_encodes_to(l, &back, message);
        }
    }
}

/* Where a message may end but at its end: before a tail, which RFC 5246 7.4.1.2 lets be missing, and where
 * what is left of its last field is still of a length that the field may have. */
static bool may_end_at(const struct layout *l, struct slice message, size_t len)
{
    struct field_view view;
    for (size_t i = 0; layout_describe(l, message, i, &view); i++) {
        const struct field *f = &l->fields[i];
        if (view.kind == FIELD_TAIL) {
            return len == view.offset;
        }
        if (view.kind == FIELD_REST) {
            size_t rest = len - view.offset;
            return len >= view.offset && rest >= f->min && rest <= f->max && rest % f->unit == 0;
        }
    }
    return false;
}

static void no_strict_prefix_decodes(void **state)
{
    (void)state;
    union value v, back;
    EACH_LAYOUT(l)
    {
        for (int i = 0; i < 40; i++) {
            randomize(l, &v);
            struct slice message = encode(l, &v);
            size_t step = message.len < 1000 ? 1 : message.len / 500;
            for (size_t len = 0; len < message.len; len += step) {
                enum err e = decode_exactly(l, slice_of(message.data, len), &back);
                assert_int_equal(e, may_end_at(l, message, len) ? OK : E_MALFORMED_MESSAGE);
            }
            assert_int_equal(decode_exactly(l, slice_of(message.data, message.len - 1), &back),
                             E_MALFORMED_MESSAGE);
        }
    }
}

static void nothing_may_follow(void **state)
{
    (void)state;
    union value v, back;
    EACH_LAYOUT(l)
    {
        for (int i = 0; i < 200; i++) {
            randomize(l, &v);
            struct slice message = encode(l, &v);
            encoded[message.len] = (uint8_t)draw(256);
            assert_int_equal(layout_decode(l, slice_of(encoded, message.len + 1), &back),
                             E_MALFORMED_MESSAGE);
        }
    }
}

/* The same message with one field of another length: written by hand, because encode would not. */
static struct slice with_length(const struct layout *l, union value *v, const struct field *wrong, size_t len)
{
    struct writer w = writer_of(encoded, sizeof encoded);
    for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
        if (f->kind == FIELD_NUMBER) {
            write_bytes(&w, slice_of(v->bytes + f->at, f->width)); /* whatever it is: of the right length */
            continue;
        }
        struct slice s = f == wrong ? some_noise(len) : *slice_at(f, v);
        if (f->kind == FIELD_BYTES || f->kind == FIELD_REST) {
            write_bytes(&w, s);
        } else if (s.data) {
            write_vector(&w, f->width, s);
        }
    }
    assert_false(w.full);
    return written(&w);
}

static void assert_refused(const struct layout *l, const struct field *f, size_t len)
{
    union value v, back;
    randomize(l, &v);
    bool expressible = f->width == 0 || len >> 8 * f->width == 0;
    if (expressible && len < sizeof noise && f->kind != FIELD_BYTES) {
        assert_int_equal(layout_decode(l, with_length(l, &v, f, len), &back), E_MALFORMED_MESSAGE);
    }
    *slice_at(f, &v) = slice_of(noise, len);
    struct writer w = writer_of(encoded, sizeof encoded);
    assert_int_equal(layout_encode(l, &v, &w), E_INTERNAL);
    assert_true(w.full);
}

static void broken_bounds_are_refused(void **state)
{
    (void)state;
    int refused = 0;
    EACH_LAYOUT(l)
    {
        for (const struct field *f = l->fields; f->kind != FIELD_END; f++) {
            if (f->kind == FIELD_NUMBER) {
                continue;
            }
            for (size_t len = 0; len < f->min && len < 100; len++, refused++) {
                assert_refused(l, f, len);
            }
            for (size_t over = 1; over <= 3; over++, refused++) {
                assert_refused(l, f, (size_t)f->max + over);
            }
            if (f->unit > 1) {
                assert_refused(l, f, f->min + 1);
            }
        }
    }
    assert_true(refused > 50);
}

static void encode_never_writes_past_its_room(void **state)
{
    (void)state;
    union value v;
    EACH_LAYOUT(l)
    {
        for (int i = 0; i < 20; i++) {
            randomize(l, &v);
            size_t len = encode(l, &v).len;
            size_t cap = draw((uint32_t)len);
            uint8_t *room = malloc(cap ? cap : 1);
            struct writer w = writer_of(room, cap);
            assert_int_equal(layout_encode(l, &v, &w), E_INTERNAL);
            assert_true(w.full && w.len <= cap);
            free(room);
        }
    }
}

static void describe_covers_the_message(void **state)
{
    (void)state;
    union value v;
    EACH_LAYOUT(l)
    {
        for (int n = 0; n < 50; n++) {
            randomize(l, &v);
            struct slice message = encode(l, &v);
            struct field_view view;
            size_t at = 0, i = 0;
            for (; layout_describe(l, message, i, &view); i++) {
                assert_string_equal(view.name, l->fields[i].name);
                assert_int_equal(view.offset, at);
                at += view.length;
                if (view.kind != FIELD_NUMBER) {
                    assert_true(slice_equal(view.bytes, *slice_at(&l->fields[i], &v)));
                }
            }
            assert_int_equal(at, message.len);
        }
    }
}

static void assert_harmless(const struct layout *l, struct slice bytes)
{
    union value v;
    uint8_t *copy = malloc(bytes.len ? bytes.len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.len);
    struct slice message = slice_of(copy, bytes.len);
    if (layout_decode(l, message, &v) == OK) {
        assert_encodes_to(l, &v, message);
    }
    struct field_view view;
    for (size_t i = 0; layout_describe(l, message, i, &view); i++) {
        assert_true(view.offset + view.length <= message.len);
    }
    struct list list = list_of(message);
    struct extension_entry entry;
    size_t sum = 0;
    while (list_next_extension(&list, &entry)) {
        sum += 4 + entry.body.len;
    }
    assert_true(list.bad ? sum < message.len : sum == message.len);
    struct certificate_entry13 certificate;
    list = list_of(message);
    for (sum = 0; list_next_certificate(&list, &certificate);) {
        assert_true(certificate.cert_data.len > 0);
        sum += 5 + certificate.cert_data.len + certificate.extensions.len;
    }
    assert_true(list.bad ? sum < message.len : sum == message.len);
    free(copy);
}

static void noise_does_no_harm(void **state)
{
    (void)state;
    union value v;
    EACH_LAYOUT(l)
    {
        for (int i = 0; i < 2000; i++) {
            assert_harmless(l, some_noise(draw(draw(20) ? 100 : 2000)));
        }
        for (int i = 0; i < 2000; i++) {
            randomize(l, &v);
            struct slice message = encode(l, &v);
            if (message.len > 400) {
                continue;
            }
            for (uint32_t flips = 1 + draw(3); flips; flips--) {
                encoded[draw((uint32_t)message.len)] = (uint8_t)draw(256);
            }
            assert_harmless(l, slice_of(encoded, message.len - draw(2)));
        }
    }
}

/* The largest vector of all, once: a length of three bytes. */
static void the_longest_certificate_list_survives(void **state)
{
    (void)state;
    const size_t len = 0xffffff;
    uint8_t *list = calloc(1, len), *message = malloc(len + 3);
    assert_true(list && message);
    struct certificate_message m = {slice_of(list, len)}, back;
    struct writer w = writer_of(message, len + 3);
    assert_int_equal(layout_encode(&layout_certificate_message, &m, &w), OK);
    assert_int_equal(layout_decode(&layout_certificate_message, written(&w), &back), OK);
    assert_int_equal(back.certificate_list.len, len);
    m.certificate_list.len++;
    w = writer_of(message, len + 3);
    assert_int_equal(layout_encode(&layout_certificate_message, &m, &w), E_INTERNAL);
    free(list);
    free(message);
}

static bool is_tried(const struct layout *wanted)
{
    for (size_t i = 0; i < LAYOUTS; i++) {
        if (layouts[i] == wanted) {
            return true;
        }
    }
    return wanted == NULL;
}

static void no_message_s_layout_is_left_out(void **state)
{
    (void)state;
    for (int m = 0; m < MESSAGE_COUNT; m++) {
        const struct message_row *row = message_row((enum message)m);
        assert_true(is_tried(row->layout) && is_tried(row->layout13));
        /* RFC 8446 4: each is called what it is called in both versions */
        assert_true(row->layout13 == NULL || strcmp(row->layout13->name, row->name) == 0 ||
                    m == HELLO_RETRY_REQUEST); /* 4.1.3: which has the shape of a ServerHello */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_survive),
        cmocka_unit_test(no_strict_prefix_decodes),
        cmocka_unit_test(nothing_may_follow),
        cmocka_unit_test(broken_bounds_are_refused),
        cmocka_unit_test(encode_never_writes_past_its_room),
        cmocka_unit_test(describe_covers_the_message),
        cmocka_unit_test(noise_does_no_harm),
        cmocka_unit_test(the_longest_certificate_list_survives),
        cmocka_unit_test(no_message_s_layout_is_left_out),
    };
    const char *wish = getenv("HF_SEED");
    uint32_t seed = wish ? (uint32_t)strtoul(wish, NULL, 0) : 20080801;
    state_of_draw = seed ? seed : 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        noise[i] = (uint8_t)(draw(1 << 16) >> 5);
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (failed) {
        fprintf(stderr, "test_layout: repeat with HF_SEED=%u\n", (unsigned)seed);
    }
    return failed;
}
