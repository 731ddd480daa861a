/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_API_STATUS_H
#define HF_TESTS_API_STATUS_H

/* Two sides for the tests of OCSP stapling and SCT delivery: RFC 6066 8, RFC 6961, RFC 7633, RFC 6962. */
#include "ocsp.h"
#include "pair.h"

hf_config *client_with(hf_status_policy policy);
/* The response of this spec is given to the server. */
hf_err staple(hf_config *server, const struct test_ocsp *spec, hf_problem *why);
/* A server with this identity, and the response of this spec for it. */
hf_config *server_with(const struct test_identity *identity, const struct test_ocsp *spec);
const hf_summary *seen_by_client(const struct pair *p);

/* A SignedCertificateTimestampList of two; the NUL behind it is no part of it. */
extern const char two_scts[10];

#endif
