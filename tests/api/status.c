/* SPDX-License-Identifier: MIT */
#include "status.h"

hf_config *client_with(hf_status_policy policy)
{
    hf_config *c = test_client_config();
    assert_int_equal(hf_config_status(c, policy), HF_OK);
    return c;
}

hf_err staple(hf_config *server, const struct test_ocsp *spec, hf_problem *why)
{
    hf_bytes response = test_ocsp_make(spec);
    hf_err err = hf_config_staple(server, response, why);
    test_ocsp_free(response);
    return err;
}

hf_config *server_with(const struct test_identity *identity, const struct test_ocsp *spec)
{
    hf_config *s = test_server_without_identity();
    hf_problem why;
    test_add_identity(s, identity);
    assert_int_equal(staple(s, spec, &why), HF_OK);
    return s;
}

const hf_summary *seen_by_client(const struct pair *p)
{
    return hf_negotiated(p->client);
}

const char two_scts[10] = "\0\7\0\1a\0\2bc";
