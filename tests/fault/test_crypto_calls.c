/* SPDX-License-Identifier: MIT */
/* The n-th call of the crypto contract fails, for every n of every scenario, on either side (checklist S12;
 * RFC 5246 7.2.2): the handshake fails with that row, the peer is told internal_error, and nothing goes on
 * with what was never made. */
#include "fault_sweep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <handfast/unstable/quic.h>

#include "conn/conn.h"
#include "crypto/ocsp.h"

/*
 * Every function of crypto.h, and of protecting records, that can fail and that handshakes use;
 * test_crypto_calls.wrap gives the same names to the linker. What fails leaves its results as they were:
 * whoever looks at them anyway finds zeros, such as a verdict that says OK.
 */
/* clang-format off */
#define CALLS(CALL) \
    CALL(crypto_start, (void), ()) \
    CALL(random_fill, (const struct random_source *r, struct span out), (r, out)) \
    CALL(hash_start, (struct hash_run *run, enum hash h), (run, h)) \
    CALL(hash_add, (struct hash_run *run, struct slice bytes), (run, bytes)) \
    CALL(hash_snapshot, (const struct hash_run *run, uint8_t out[HASH_MAX]), (run, out)) \
    CALL(hash_once, (enum hash h, struct slice bytes, uint8_t out[HASH_MAX]), (h, bytes, out)) \
    CALL(hmac_pieces, (const struct hmac_key *k, const struct slice *pieces, size_t count, uint8_t out[HASH_MAX]), (k, pieces, count, out)) \
    CALL(hkdf_extract, (enum hash h, struct slice salt, struct slice secret, uint8_t out[HASH_MAX]), (h, salt, secret, out)) \
    CALL(hkdf_expand_label, (const struct hmac_key *secret, const char *label, struct slice context, struct span out), \
         (secret, label, context, out)) \
    CALL(hmac_once, (enum hash h, struct slice key, struct slice message, uint8_t out[HASH_MAX]), (h, key, message, out)) \
    CALL(hash_copy, (struct hash_run *to, const struct hash_run *from), (to, from)) \
    CALL(hkdf_expand, (enum hash h, struct slice prk, struct slice label, struct span out), (h, prk, label, out)) \
    CALL(hmac_key_set, (struct hmac_key *k, enum hash h, struct slice key), (k, h, key)) \
    CALL(prf12_expand, (const struct hmac_key *secret, const char *label, struct slice seed, struct span out), (secret, label, seed, out)) \
    CALL(prf12, (enum hash h, struct slice secret, const char *label, struct slice seed, struct span out), (h, secret, label, seed, out)) \
    CALL(aead_key_set, (struct aead_key *k, enum aead a, enum aead_use use, struct slice key), (k, a, use, key)) \
    CALL(aead_seal, (struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional, struct slice plain, uint8_t *out), \
         (k, nonce, additional, plain, out)) \
    CALL(aead_seal_joined, (struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional, struct slice plain, \
                            struct span out), (k, nonce, additional, plain, out)) \
    CALL(aead_open, (struct aead_key *k, const uint8_t nonce[AEAD_NONCE_SIZE], struct slice additional, struct slice sealed, uint8_t *out), \
         (k, nonce, additional, sealed, out)) \
    CALL(cbc_hmac_key_set, (struct cbc_hmac_key *k, const struct cbc_form *form, enum aead_use use, struct slice key, struct slice mac_key), \
         (k, form, use, key, mac_key)) \
    CALL(cbc_hmac_seal, (struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct slice plain, uint8_t *out), \
         (k, prefix, plain, out)) \
    CALL(cbc_hmac_open, (struct cbc_hmac_key *k, const uint8_t prefix[CBC_PREFIX], struct span sealed, struct span *plain), \
         (k, prefix, sealed, plain)) \
    CALL(kx_start, (const struct group *g, const struct random_source *r, struct key_share *out), (g, r, out)) \
    CALL(kx_start_dh, (const struct dh_group *numbers, unsigned min_bits, const struct random_source *r, struct key_share *out), \
         (numbers, min_bits, r, out)) \
    CALL(kx_finish, (struct key_share *k, struct slice peer, struct premaster *shared), (k, peer, shared)) \
    CALL(kx_finish13, (struct key_share *k, struct slice peer, struct premaster *shared), (k, peer, shared)) \
    CALL(kx_respond, (const struct group *g, struct slice peer, const struct random_source *r, struct key_share *share, \
                      struct premaster *shared), (g, peer, r, share, shared)) \
    CALL(private_key_load, (struct slice bytes, const char *password, struct private_key **out), (bytes, password, out)) \
    CALL(private_key_sign, (const struct private_key *k, const struct scheme *s, struct slice message, struct signature *out), \
         (k, s, message, out)) \
    CALL(private_key_decrypt_premaster, (const struct private_key *k, uint16_t client_version, struct slice encrypted, \
                                         struct premaster *out), (k, client_version, encrypted, out)) \
    CALL(private_key_agree, (const struct private_key *k, struct slice peer, struct premaster *out), (k, peer, out)) \
    CALL(certificate_encrypt_premaster, (const struct certificate *c, uint16_t client_version, const struct random_source *r, \
                                         struct premaster *out, struct span *encrypted), (c, client_version, r, out, encrypted)) \
    CALL(certificate_point, (const struct certificate *c, uint8_t out[KEY_SHARE_MAX], size_t *len), (c, out, len)) \
    CALL(certificate_parse, (struct slice der, struct certificate **out), (der, out)) \
    CALL(certificate_next, (struct slice * rest, struct span * der), (rest, der)) \
    CALL(certificate_verify_signature, (const struct certificate *c, const struct scheme *s, struct slice message, struct slice signature), \
         (c, s, message, signature)) \
    CALL(trust_new, (struct trust **out), (out)) \
    CALL(trust_add_pem, (struct trust *t, struct slice pem, size_t *added), (t, pem, added)) \
    CALL(trust_add_path, (struct trust *t, const char *file_or_directory, size_t *added), (t, file_or_directory, added)) \
    CALL(trust_add_system, (struct trust *t), (t)) \
    CALL(trust_add_crls, (struct trust *t, struct slice pem), (t, pem)) \
    CALL(trust_digest, (const struct trust *t, uint8_t out[32]), (t, out)) \
    CALL(chain_check, (const struct trust *t, const struct certificate *leaf, struct slice chain, const struct chain_policy *policy, \
                       struct chain_verdict *out), (t, leaf, chain, policy, out)) \
    CALL(ocsp_check, (const struct trust *t, const struct ocsp_evidence *evidence, const struct chain_policy *policy, \
                      struct ocsp_verdict *out), (t, evidence, policy, out)) \
    CALL(ocsp_read, (struct slice response, const struct certificate *c, struct slice issuer_key, struct ocsp_notice *out), \
         (response, c, issuer_key, out)) \
    CALL(protection_set, (struct protection *p, const struct suite *s, enum aead_use use, const struct record_keys *keys), \
         (p, s, use, keys)) \
    CALL(protection_seal, (struct protection *p, uint8_t type, struct slice plain, uint8_t *out, size_t padding), \
         (p, type, plain, out, padding)) \
    CALL(protection_open, (struct protection *p, uint8_t type, struct span fragment, struct span *plain), (p, type, fragment, plain))
/* clang-format on */

#define NUMBER_OF(name, parameters, arguments) NUMBER_OF_##name,
enum call_number { CALLS(NUMBER_OF) CALL_COUNT };
#define NAME_OF(name, parameters, arguments) #name,
static const char *const call_name[] = {CALLS(NAME_OF)};
_Static_assert(CALL_COUNT <= sizeof(((struct swept *)0)->calls) / sizeof(((struct swept *)0)->calls[0]),
               "each has its count");
static unsigned long counted[CALL_COUNT];

static bool due(enum call_number number)
{
    if (sweep_shared) {
        sweep_shared->calls[number]++;
    }
    return fault_due(FAULT_CALL, call_name[number]);
}

static enum err row_of(enum call_number number)
{
    return number == NUMBER_OF_random_fill ? E_RANDOM_FAILED : E_CRYPTO_FAILED;
}

#define WRAP(name, parameters, arguments)                                                  \
    enum err __real_##name parameters;                                                     \
    enum err __wrap_##name parameters;                                                     \
    enum err __wrap_##name parameters                                                      \
    {                                                                                      \
        return due(NUMBER_OF_##name) ? row_of(NUMBER_OF_##name) : __real_##name arguments; \
    }
CALLS(WRAP)

/* ---- what must be true ---- */
static const char *const side_name[] = {"client", "server"};

static hf_err row_that_failed(void)
{
    return strcmp(fault_fired_name(), "random_fill") == 0 ? HF_RANDOM_FAILED : HF_CRYPTO_FAILED;
}

/* What a client says under its early keys, its alert too, is passed over by a server that has asked for
 * another ClientHello and has no such keys (RFC 8446 4.2.10): it sees the end of the stream. */
static bool is_passed_over(const struct play *p, int side, const hf_failure *heard)
{
    return side == HF_CLIENT && p->scenario->early && p->scenario->server_groups &&
           hf_negotiated(p->conn[side])->early_data == HF_EARLY_OFFERED &&
           heard->err == HF_CLOSED_IN_HANDSHAKE;
}

/* The side that failed told it: fatal internal_error, which is what its peer heard, unless that had closed
 * already. Behind a close_notify of its own it may say nothing more. */
static void check_told(struct play *p, int side)
{
    const hf_failure *f = hf_failed(p->conn[side]);
    const hf_conn *peer = p->conn[!side];
    const hf_failure *heard = peer ? hf_failed(peer) : NULL;
    bool closed = p->conn[side]->close_sent;
    if (closed && f->alert == HF_NO_ALERT && f->alert_direction == HF_NO_DIRECTION) {
        return;
    }
    if (closed || f->alert != ALERT_internal_error || f->alert_direction != HF_SENT) {
        play_problem(p, "the %s does not send internal_error", side_name[side]);
    } else if (heard && heard->err != p->scenario->expected[!side] && !is_passed_over(p, side, heard) &&
               (heard->err != HF_ALERT_RECEIVED || heard->alert != ALERT_internal_error)) {
        play_problem(p, "the %s does not hear internal_error, but ends with %s", side_name[!side],
                     hf_err_name(heard->err));
    } else if (peer && !heard && !peer->close_received) {
        play_problem(p, "the %s hears nothing", side_name[!side]);
    }
}

/* RFC 9001 4.8: its stack says it to the peer's. */
static void check_told_quic(struct play *p, int side)
{
    uint64_t error = hf_quic_error(p->conn[side]);
    if (error != 0x100 + ALERT_internal_error) {
        play_problem(p, "the %s has CONNECTION_CLOSE say 0x%llx", side_name[side], (unsigned long long)error);
    }
}

/* Nothing goes on: no handshake completes and no plaintext is accepted on the side that failed. */
static void check_stopped(struct play *p, int side)
{
    if (p->conn[side]->negotiated.complete && !p->complete_when_fired[side]) {
        play_problem(p, "the %s completes its handshake all the same", side_name[side]);
    } else if (p->got[side] != p->got_when_fired[side]) {
        play_problem(p, "the %s has %zu bytes of application data, and had %zu when it failed",
                     side_name[side], p->got[side], p->got_when_fired[side]);
    }
}

/* An application's store can fail no handshake: a session whose bytes cannot be digested is not kept, or not
 * found. play_judge has seen that the handshake is as sound as without it. */
static bool loses_only_a_session(const struct play *p)
{
    return p->scenario->asks && strcmp(fault_fired_name(), "hash_once") == 0;
}

static void judge(struct play *p)
{
    hf_err row = row_that_failed();
    int failed = -1;
    bool refused = false;
    for (int side = 0; side < 2; side++) {
        const hf_failure *f = p->conn[side] ? hf_failed(p->conn[side]) : NULL;
        if (f && f->err == row) {
            failed = side;
        }
        /* the call of an application answers it; without a config or keyring there is no row, but NULL */
        refused |= p->local[side] == row || (!p->config[side] && p->local[side] != HF_OK) ||
                   (p->none_made && p->local[side] == HF_NO_MEMORY);
        /* only the alert of a refusal that was due anyway was lost */
        refused |= f && f->err == p->scenario->expected[side] && f->err != HF_ALERT_RECEIVED;
    }
    if (failed >= 0) {
        check_stopped(p, failed);
        if (p->scenario->quic) {
            check_told_quic(p, failed);
        } else if (p->scenario->play != play_stream) {
            check_told(p, failed);
        }
    } else if (!refused && !loses_only_a_session(p)) {
        play_problem(p, "%s fails and nobody says so", fault_fired_name());
    }
}

static void each_call(void **state)
{
    const struct fault_scenario *s = *state;
    struct swept done = sweep_run(&(struct sweep){.scenario = s, .kinds = FAULT_CALL, .judge = judge});
    print_message("# %s: each of %lu calls failed once, %lu ended in an error\n", s->name, done.runs,
                  done.failed);
    assert_int_equal(done.problems, 0);
    /* a refusal that is due anyway ends the same when its alert cannot be sealed */
    assert_true(done.failed == done.runs || s->expected[HF_CLIENT] != HF_OK || s->asks);
    for (size_t i = 0; i < CALL_COUNT; i++) {
        counted[i] += done.calls[i];
    }
}

static void the_systems_trust(void **state)
{
    (void)state;
    hf_config *c = hf_config_client();
    assert_non_null(c);
    fault_arm(1, FAULT_CALL);
    assert_int_equal(hf_config_trust_system(c), HF_CRYPTO_FAILED);
    counted[NUMBER_OF_trust_add_system] += fault_disarm();
    hf_config_free(c);
}

/* The linker's --wrap works between object files alone: a function that is not reached would be tested by
 * nothing. */
static void each_function_was_reached(void **state)
{
    (void)state;
    for (size_t i = 0; i < CALL_COUNT; i++) {
        print_message("# %s: %lu calls\n", call_name[i], counted[i]);
    }
    for (size_t i = 0; i < CALL_COUNT; i++) {
        assert_true(counted[i] > 0);
    }
}

#define TESTS_MAX 128
int main(void)
{
    static struct CMUnitTest tests[TESTS_MAX];
    static char names[TESTS_MAX][64];
    size_t count = 0;
    fault_install();
    fault_pki_make();
    if (fault_scenario_count + 2 > TESTS_MAX) {
        fprintf(stderr, "TESTS_MAX is too small\n");
        return 1;
    }
    for (; count < fault_scenario_count; count++) {
        const struct fault_scenario *s = &fault_scenarios[count];
        (void)snprintf(names[count], sizeof names[count], "each_call_%s", s->name);
        tests[count] = (struct CMUnitTest){names[count], each_call, NULL, NULL, (void *)(uintptr_t)s};
    }
    tests[count++] = (struct CMUnitTest){"the_systems_trust", the_systems_trust, NULL, NULL, NULL};
    tests[count++] =
        (struct CMUnitTest){"each_function_was_reached", each_function_was_reached, NULL, NULL, NULL};
    return _cmocka_run_group_tests("crypto_calls", tests, count, NULL, NULL);
}
