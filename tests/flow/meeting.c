/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <stdio.h>

static size_t met;

struct meeting meet_under(enum side liar, const hf_config *client, const hf_config *server,
                          hf_session *session)
{
    struct meeting m = {
        .liar = puppet_new(liar == CLIENT ? client : server, liar == CLIENT ? session : NULL)};
    m.subject = honest_new(liar == CLIENT ? server : client, liar == CLIENT ? NULL : session);
    met++;
    return m;
}

struct meeting meet(enum side liar, const struct trait *client, const struct trait *server, bool resume)
{
    const hf_config *c = shared_config(client), *s = shared_config(server);
    hf_session *session = resume ? earn_session(c, s) : NULL;
    struct meeting m = meet_under(liar, c, s, session);
    m.session = session;
    return m;
}

void part(struct meeting *m)
{
    hf_conn_free(m->subject);
    puppet_free(m->liar);
    hf_session_free(m->session);
}

void expect_refusal(struct meeting *m, hf_err row, const char *what)
{
    converse(m->liar->conn, m->subject);
    assert_true(m->liar->told);
    expect_refused(m->subject, m->liar->conn, row, what);
    part(m);
}

int meetings_teardown(void **state)
{
    print_message("%zu handshakes with a lie in them\n", met);
    return shared_configs_teardown(state);
}

void say_body(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        puppet_set_body(p, *(const struct slice *)p->about);
    }
}

void leave_out(struct puppet *p, enum message m)
{
    if (m == (enum message)p->number) {
        p->len = 0;
        p->told = true;
    }
}

static const struct layout *layout_of(enum message m)
{
    return m == SERVER_KEY_EXCHANGE   ? &layout_server_key_exchange_ecdhe
           : m == CLIENT_KEY_EXCHANGE ? &layout_client_key_exchange_ecdhe
                                      : version_tls12.message[m].layout;
}

void lie_in_field(struct puppet *p, enum message m)
{
    static uint8_t body[PUPPET_MESSAGE_MAX];
    const struct field_lie *lie = p->about;
    if (m != lie->m) {
        return;
    }
    struct writer w = writer_of(body, sizeof body);
    struct slice old = puppet_body(p);
    struct field_view view;
    for (size_t i = 0; layout_describe(layout_of(m), old, i, &view); i++) {
        const struct field *f = &layout_of(m)->fields[i];
        bool prefixed = f->kind == FIELD_VECTOR || f->kind == FIELD_TAIL;
        size_t before = w.len;
        if (strcmp(view.name, lie->field) != 0) {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
        } else if (!lie->flip && prefixed) {
            write_vector(&w, f->width, lie->bytes);
        } else if (!lie->flip) {
            write_bytes(&w, lie->bytes);
        } else {
            write_bytes(&w, slice_of(old.data + view.offset, view.length));
            size_t at = lie->from_end ? w.len - 1 - lie->at : before + (prefixed ? f->width : 0u) + lie->at;
            assert_true(at < w.len);
            body[at] ^= lie->flip;
        }
    }
    assert_false(w.full);
    puppet_set_body(p, written(&w));
}

void try_field(enum side liar, const struct trait *client, const struct trait *server,
               const struct field_lie *lie, hf_err row)
{
    char what[120];
    struct meeting m = meet(liar, client, server, false);
    m.liar->lie = lie_in_field;
    m.liar->about = lie;
    int at = snprintf(what, sizeof what, "%s.%s, byte %zu:", message_row(lie->m)->name, lie->field, lie->at);
    for (size_t i = 0; i < lie->bytes.len && i < 8; i++) {
        at += snprintf(what + at, sizeof what - (size_t)at, " %02x", lie->bytes.data[i]);
    }
    converse(m.liar->conn, m.subject);
    expect_refused(m.subject, m.liar->conn, row, what);
    const char *step = hf_failed(m.subject)->step;
    /* what two shares make together is computed in a step of its own, and a chain is judged in one */
    if (strcmp(step, "agree_secret") != 0) {
        assert_string_equal(step, message_row(lie->m)->name);
    }
    part(&m);
}
