/* SPDX-License-Identifier: MIT */
#include "again.h"

int64_t renegotiation_now = TEST_NOW;

hf_config *config_renegotiating(hf_side side, hf_renegotiation mode)
{
    hf_config *c = test_config(side);
    assert_int_equal(hf_config_renegotiation(c, mode, 0, 0), HF_OK);
    assert_int_equal(hf_config_clock(c, test_clock, &renegotiation_now), HF_OK);
    return c;
}

struct pair *connected_pair(hf_config *client, hf_config *server)
{
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    return p;
}

struct pair *both_renegotiating(hf_renegotiation mode)
{
    return connected_pair(config_renegotiating(HF_CLIENT, mode), config_renegotiating(HF_SERVER, mode));
}

hf_renegotiation_state state_of(const struct pair *p, hf_side side)
{
    return hf_negotiated(pair_conn(p, side))->renegotiation;
}

void assert_again(const struct pair *p, unsigned times)
{
    pair_assert_complete(p);
    for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
        const hf_summary *n = hf_negotiated(pair_conn(p, side));
        assert_int_equal(n->renegotiation, times ? HF_RENEGOTIATED : HF_NOT_RENEGOTIATED);
        assert_int_equal(hf_conn_stats(pair_conn(p, side)).renegotiations, times);
        assert_true(n->secure_renegotiation && n->extended_master_secret);
    }
    hf_bytes client = hf_tls_unique(p->client), server = hf_tls_unique(p->server);
    assert_int_equal(client.len, 12);
    assert_memory_equal(client.data, server.data, 12);
}

/* ---- the client's certificate, later ---- */
hf_config *asking(void)
{
    hf_config *server = config_renegotiating(HF_SERVER, HF_RENEGOTIATE_WHEN_WE_ASK);
    test_trust(server, test_pki()->root);
    return server;
}

hf_config *alice(hf_renegotiation mode, enum test_key key)
{
    hf_config *client = config_renegotiating(HF_CLIENT, mode);
    test_add_identity(client, &test_pki()->client[key]);
    return client;
}
