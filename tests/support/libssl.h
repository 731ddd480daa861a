/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_LIBSSL_H
#define HF_TESTS_SUPPORT_LIBSSL_H

#include <openssl/ssl.h>

#include "pair.h"

/*
 * One of our connections and one of libssl's, carried in memory: for what our own two sides would never say
 * to each other. libssl's side has server[TEST_P256], or trusts the test root and is alice; its security
 * level is 0.
 */
struct mixed {
    hf_conn *ours;
    SSL *theirs;
    SSL_CTX *context;
    hf_side we_are;
    struct test_bytes received; /* plaintext we got */
    int shaken;                 /* last answer of SSL_do_handshake */
};
/* Takes the config. session may be NULL. */
struct mixed *mixed_new(hf_config *config, hf_side we_are);
void mixed_free(struct mixed *m);
/* Carries until nothing moves; libssl shakes hands and reads. */
void mixed_run(struct mixed *m);
void mixed_assert_complete(const struct mixed *m);
/* len bytes to them and back. */
void mixed_echo(struct mixed *m, size_t len);

#endif
