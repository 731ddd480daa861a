/* SPDX-License-Identifier: MIT */
/* The n-th allocation fails, ours or libcrypto's, for every n of every scenario: an honest error, no leak, no
 * crash, no handshake that should not be. */
#include "fault_sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * What libcrypto 3.0 itself does wrong when it is out of memory. The rows: its error queue names another
 * cause or none, so that the answer cannot be told from the one it gives for bad bytes. All of them refuse;
 * only the name is wrong.
 */
static const struct known_fault known[] = {
    {KNOWN_ROW, HF_UNKNOWN_CA, NULL,
     "X509_verify_cert: an issuer whose extensions or name it could not cache is not an issuer"},
    {KNOWN_ROW, HF_BAD_CERTIFICATE_SIGNATURE, NULL,
     "X509_verify: digest or key operation could not be set up"},
    {KNOWN_ROW, HF_UNSUPPORTED_CERTIFICATE, NULL, "X509_get0_pubkey: the decoder's result is missing"},
    {KNOWN_ROW, HF_WEAK_KEY, NULL, "EVP_PKEY_get_bits: 0"},
    {KNOWN_ROW, HF_MALFORMED_CERTIFICATE, NULL, "d2i_X509: a key that OSSL_DECODER did not decode"},
    {KNOWN_ROW, HF_BAD_PEM, NULL, "PEM_read_bio_PrivateKey: no decoder found"},
    {KNOWN_ROW, HF_KEY_MISMATCH, NULL, "d2i_PUBKEY, EVP_PKEY_eq"},
    {KNOWN_ROW, HF_CHAIN_REFUSED, NULL, "X509_CRL_verify: as X509_verify"},
    {KNOWN_ROW, HF_BAD_SIGNATURE, NULL,
     "RSA_verify, ECDSA_verify, EVP_DigestVerify: 0 or -1 for whatever fails"},
#ifdef HF_CRYPTO_EVP_ONLY
    {KNOWN_ROW, HF_BAD_KEY_SHARE, NULL, "EVP_PKEY_fromdata: 0 for a bad point and for no memory"},
#endif
    {KNOWN_ROW, HF_SCHEME_UNFIT_FOR_KEY, NULL,
     "EVP_DigestVerifyInit: refuses as for parameters that forbid it"},
    {KNOWN_ROW, HF_BAD_STATUS_RESPONSE, NULL, "the same, where an OCSP response or its signer is verified"},
    {KNOWN_ROW, HF_STAPLE_OF_ANOTHER, NULL, "PEM_read_bio: a certificate of the chain is not there"},
    {KNOWN_LEAK, HF_OK, "ASN1_item_d2i_ex", "d2i_X509 answers NULL and leaves a part of what it had decoded"},
    {KNOWN_LEAK, HF_OK, "EVP_PKEY_get1_RSA",
     "the CRT parameters it had copied when the list of them could not grow"},
    {KNOWN_END, HF_OK, NULL, NULL},
};

/* The same n in every run, unless somebody explores: HF_FAULT_RUNS for each scenario, 0 for every n;
 * HF_FAULT_OFFSET for others. */
static unsigned long number(const char *variable, unsigned long otherwise)
{
    const char *text = getenv(variable);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

static void sweep(const struct fault_scenario *s, unsigned kinds, unsigned long most)
{
    struct sweep what = {
        .scenario = s, .kinds = kinds, .offset = (unsigned)number("HF_FAULT_OFFSET", 0), .known = known};
    what.most = most ? number("HF_FAULT_RUNS", most) : 0;
    struct swept done = sweep_run(&what);
    print_message(
        "# %s: %lu allocations, every %lu. of them failed once: %lu runs, %lu ended in an error, %lu did without, "
        "%lu of libcrypto's known faults, %lu left a cache\n",
        s->name, done.events, done.step, done.runs, done.failed, done.survived, done.known, done.cached);
    for (size_t row = 0; row < sizeof done.rows / sizeof done.rows[0]; row++) {
        if (row && done.rows[row]) {
            print_message("# %u of them under the name %s\n", done.rows[row], hf_err_name((hf_err)row));
        }
    }
    if (done.step > 1) {
        print_message("# sampled: HF_FAULT_RUNS=0 makes every one fail; these are at offset %u\n",
                      what.offset);
    }
    assert_int_equal(done.problems, 0);
    assert_true(done.runs > 0);
    assert_true(done.failed > 0);
}

static void each_of_ours(void **state)
{
    sweep(*state, FAULT_OURS, 0);
}

static void each_of_all(void **state)
{
    sweep(*state, FAULT_MEMORY, 600);
}

#define TESTS_MAX 192
int main(int argc, char **argv)
{
    static struct CMUnitTest tests[TESTS_MAX];
    static char names[TESTS_MAX][64];
    size_t count = 0;
    fault_install();
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]); /* each_allocation_full-*; valgrind.sh has no time for all */
    }
    fault_pki_make();
    if (2 * fault_scenario_count > TESTS_MAX) {
        fprintf(stderr, "TESTS_MAX is too small\n");
        return 1;
    }
    for (size_t i = 0; i < fault_scenario_count; i++) {
        for (int all = 0; all < 2; all++, count++) {
            const struct fault_scenario *s = &fault_scenarios[i];
            (void)snprintf(names[count], sizeof names[count], "%s_%s",
                           all ? "each_allocation" : "each_of_our_allocations", s->name);
            tests[count] = (struct CMUnitTest){names[count], all ? each_of_all : each_of_ours, NULL, NULL,
                                               (void *)(uintptr_t)s};
        }
    }
    return _cmocka_run_group_tests("memory", tests, count, NULL, NULL);
}
