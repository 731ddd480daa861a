/* SPDX-License-Identifier: MIT */
#include "edited_hello.h"

#include <stdio.h>

static void write_extension(struct writer *w, uint16_t code, struct slice body)
{
    write_number(w, code, 2);
    write_vector(w, 2, body);
}

static void edit_extensions(const struct edit *e, struct slice old, struct writer *w)
{
    struct list l = list_of(old);
    struct extension_entry x;
    for (size_t i = 0; e->kind == ADD_FIRST && i <= e->count; i++) {
        write_extension(w, (uint16_t)(e->code + i), e->bytes);
    }
    while (list_next_extension(&l, &x)) {
        bool this = x.type == e->code;
        if (this ? e->kind == REMOVE : e->kind == KEEP_ONLY) {
            continue;
        }
        write_extension(w, x.type, this && e->kind == REPLACE ? e->bytes : x.body);
        if (this && e->kind == TWICE) {
            write_extension(w, x.type, x.body);
        }
    }
    for (size_t i = 0; e->kind == ADD && i <= e->count; i++) {
        write_extension(w, (uint16_t)(e->code + i), e->bytes);
    }
}

void apply_edit(struct puppet *p, enum message m)
{
    static uint8_t block[70000], body[80000];
    const struct edit *e = p->about;
    bool client = p->conn->config->settings.side == CLIENT;
    if (m != (client ? CLIENT_HELLO : SERVER_HELLO)) {
        return;
    }
    union any_message hello;
    const struct layout *l = client ? &layout_client_hello : &layout_server_hello;
    assert_int_equal(layout_decode(l, puppet_body(p), &hello), OK);
    struct slice *extensions = client ? &hello.client_hello.extensions : &hello.server_hello.extensions;
    struct writer w = writer_of(block, sizeof block), out = writer_of(body, sizeof body);
    edit_extensions(e, *extensions, &w);
    *extensions = e->kind == NO_BLOCK      ? slice_of(NULL, 0)
                  : e->kind == EMPTY_BLOCK ? slice_of(block, 0)
                                           : written(&w);
    if (e->session_id) {
        *(client ? &hello.client_hello.session_id : &hello.server_hello.session_id) = *e->session_id;
    }
    if (e->version) {
        *(client ? &hello.client_hello.version : &hello.server_hello.version) = *e->version;
    }
    if (e->suites) {
        hello.client_hello.cipher_suites = *e->suites;
    }
    if (e->compression) {
        hello.client_hello.compression_methods = *e->compression;
    }
    if (e->suite) {
        hello.server_hello.cipher_suite = *e->suite;
    }
    assert_int_equal(layout_encode(l, &hello, &out), OK);
    puppet_set_body(p, written(&out));
}

struct meeting tell_edit(enum side liar, const struct trait *client, const struct edit *e)
{
    struct meeting m = meet(liar, client, &server_trait, false);
    m.liar->lie = apply_edit;
    m.liar->about = e;
    converse(m.liar->conn, m.subject);
    assert_true(m.liar->told);
    return m;
}

const char *edit_label(enum side liar, const struct edit *e)
{
    static char text[160];
    const char *name = name_of(&extension_names, e->code);
    size_t at = (size_t)snprintf(text, sizeof text,
                                 "%s, edit %d of %s (%u):", liar == CLIENT ? "ClientHello" : "ServerHello",
                                 e->kind, name ? name : "?", e->code);
    for (size_t i = 0; i < e->bytes.len && i < 16; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, " %02x", e->bytes.data[i]);
    }
    return text;
}

void edit_refused(enum side liar, const struct edit *e, hf_err row)
{
    struct meeting m = tell_edit(liar, &client_trait, e);
    expect_refused(m.subject, m.liar->conn, row, edit_label(liar, e));
    part(&m);
}

void edit_accepted(enum side liar, const struct edit *e)
{
    struct meeting m = tell_edit(liar, &client_trait, e);
    expect_complete(m.liar->conn, m.subject, edit_label(liar, e));
    part(&m);
}
