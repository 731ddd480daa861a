/* SPDX-License-Identifier: MIT */
#include "second_handshake.h"

void tell_second(struct puppet *p, enum message m)
{
    const struct stage *s = p->about;
    hello_edit *edit = s->again ? s->lie->edit : s->lie->first;
    if ((m != CLIENT_HELLO && m != SERVER_HELLO) || !edit) {
        return;
    }
    static struct hello h;
    struct test_bytes message = {0};
    hello_parse(&h, p->bytes);
    edit(&h, p);
    hello_build(&h, &message);
    assert_true(message.len <= sizeof p->bytes);
    memcpy(p->bytes, message.data, message.len);
    p->len = message.len;
    p->told = true;
    test_bytes_free(&message);
}

void second_begin(struct stage *s, enum side subject, const struct lie *lie)
{
    struct trait client = {.side = CLIENT, .suites = lie->suites, AGAIN},
                 server = {.side = SERVER, .suites = lie->suites, AGAIN};
    const hf_config *configs[2] = {shared_config(&client), shared_config(&server)};
    *s = (struct stage){.lie = lie};
    s->subject = honest_new(configs[subject], NULL);
    s->liar = puppet_new(configs[other_side(subject)], NULL);
    s->liar->lie = tell_second;
    s->liar->about = s;
    converse(s->subject, s->liar->conn);
    if (!lie->first) {
        expect_complete(s->subject, s->liar->conn, lie->name);
    }
    s->again = true;
    s->liar->told = false;
}

void second_end(struct stage *s)
{
    hf_conn_free(s->subject);
    puppet_free(s->liar);
}

void no_ri(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, RI);
}

void scsv_too(struct hello *h, void *arg)
{
    (void)arg;
    h->suites[h->suite_count++] = SCSV;
}

void scsv_instead(struct hello *h, void *arg)
{
    no_ri(h, arg);
    scsv_too(h, arg);
}

/* ---- what must not change ---- */
void no_ems(struct hello *h, void *arg)
{
    (void)arg;
    hello_drop(h, EMS);
}

int second_forget(void **state)
{
    (void)state;
    shared_configs_free();
    return 0;
}
