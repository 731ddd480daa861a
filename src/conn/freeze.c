/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/fit.h"

/* Freezing a config: the whole is judged, and all that handshakes share is made once. */

static bool all_anonymous(const struct config *c)
{
    if (c->max_version >= TLS_1_3) {
        return false;
    }
    for (size_t i = 0; i < c->suites.count; i++) {
        if (suite_of(c->suites.code[i])->auth != AUTH_ANON) {
            return false;
        }
    }
    return true;
}

static hf_err check_trust(const struct config *c, hf_problem *why)
{
    if (trust_count(c->trust)) {
        return HF_OK;
    }
    bool overruled = c->asks & ASK_VERIFY || c->trusted_keys;
    if (c->side == CLIENT && c->verify && !overruled && !all_anonymous(c) && !c->psk_only) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "a client that verifies needs trust anchors: call hf_config_trust_path or "
                       "hf_config_trust_system (RFC 5280 6.1), or hf_config_trust_key (RFC 7250)");
    }
    if (c->client_auth != CLIENT_AUTH_NONE && !overruled) {
        return problem(
            why, HF_CONFIG_INCOMPLETE,
            "client authentication needs trust anchors: call hf_config_trust_path (RFC 5246 7.4.4)");
    }
    return HF_OK;
}

/* Whether the list of groups has one of the kind that an ephemeral key exchange needs. */
static bool has_group(const struct config *c, const struct suite *suite)
{
    bool needed = suite->kx == KX_ECDHE || suite->kx == KX_DHE;
    for (size_t i = 0; needed && i < c->groups.count; i++) {
        const struct group *g = group_of(c->groups.code[i]);
        if (suite->kx == KX_DHE ? g->kind == GROUP_FFDHE : group_is_curve(g)) {
            return true;
        }
    }
    return !needed;
}

/* A version without a suite in the list is not spoken; nor is TLS 1.3 where the application wants what it
 * does not have: RFC 8446 B.3 reserves SupplementalData, and 4.1.2 ends renegotiation. */
static hf_err settle_versions(struct config *c, hf_problem *why)
{
    if ((c->double_handshake || c->supplemental_count) && c->max_version >= TLS_1_3) {
        if (c->min_version >= TLS_1_3) {
            return problem(why, HF_CONFIG_INCOMPLETE,
                           "TLS 1.3 has neither supplemental data nor a double handshake (RFC 8446 B.3): "
                           "allow TLS 1.2, or do without");
        }
        c->max_version = TLS_1_2;
    }
    if (!c->suites13.count && c->max_version >= TLS_1_3) {
        c->max_version = TLS_1_2;
    }
    if (!c->suites.count && c->min_version < TLS_1_3) {
        c->min_version = TLS_1_3;
    }
    if (c->min_version > c->max_version) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "the list of cipher suites has none of the versions that hf_config_versions allows");
    }
    return HF_OK;
}

static hf_err check_groups(const struct config *c, hf_problem *why)
{
    if (c->max_version >= TLS_1_3 && c->groups.count) {
        return HF_OK;
    }
    for (size_t i = 0; i < c->suites.count; i++) {
        if (has_group(c, suite_of(c->suites.code[i]))) {
            return HF_OK;
        }
    }
    return problem(
        why, HF_CONFIG_INCOMPLETE,
        "no cipher suite of the list finds a group in the list of groups: ECDHE needs a curve, DHE a group "
        "of RFC 7919");
}

typedef bool fits(const struct scheme *s, const struct key_shape *key);

static bool can_sign(const struct config *c, const struct key_shape *key, fits *fit)
{
    for (size_t i = 0; i < c->sign_schemes.count; i++) {
        if (fit(scheme_of(c->sign_schemes.code[i]), key)) {
            return true;
        }
    }
    return false;
}

static bool identity_serves(const struct config *c, const struct identity *identity,
                            const struct suite *suite)
{
    /* a key that lives elsewhere is asked for signatures and nothing else */
    bool able = suite_key_use(suite) == KEY_SIGNS ? can_sign(c, certificate_key(identity->leaf), scheme_fits)
                                                  : identity->key != NULL;
    return able && certificate_serves(identity->leaf, suite);
}

static bool can_serve(const struct config *c, const struct suite *suite)
{
    if (!has_group(c, suite) || suite->auth == AUTH_ANON) {
        return has_group(c, suite);
    }
    for (size_t i = 0; i < c->identity_count; i++) {
        if (identity_serves(c, &c->identities[i], suite)) {
            return true;
        }
    }
    return false;
}

static bool can_serve13(const struct config *c)
{
    for (size_t i = 0; c->max_version >= TLS_1_3 && i < c->identity_count; i++) {
        const struct certificate *leaf = c->identities[i].leaf;
        if (certificate_may_sign(leaf) && can_sign(c, certificate_key(leaf), scheme_fits13)) {
            return true;
        }
    }
    return false;
}

static hf_err check_server(const struct config *c, hf_problem *why)
{
    if (c->side == CLIENT || can_serve13(c) || config_takes_psks(c)) {
        return HF_OK;
    }
    for (size_t i = 0; i < c->suites.count; i++) {
        if (can_serve(c, suite_of(c->suites.code[i]))) {
            return HF_OK;
        }
    }
    if (!c->identity_count) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "a server needs an identity: call hf_config_identity (RFC 5246 7.4.2), or for TLS 1.3 "
                       "hf_config_psk (RFC 8446 2.2)");
    }
    return problem(
        why, HF_CONFIG_INCOMPLETE,
        "no cipher suite of the list can be served with the certificates and signature schemes given");
}

/* ---- what sessions are bound to ---- */
static void put_codes(struct writer *w, const struct codes *codes)
{
    write_number(w, (uint32_t)codes->count, 2);
    for (size_t i = 0; i < codes->count; i++) {
        write_number(w, codes->code[i], 2);
    }
}

/* Everything that decides who may resume with whom; a canonical encoding, so that equal settings on two
 * machines bind alike. */
static enum err add_settings(const struct config *c, struct hash_run *run)
{
    uint8_t bytes[512], trust[32];
    TRY(trust_digest(c->trust, trust));
    struct writer w = writer_of(bytes, sizeof bytes);
    write_bytes(&w, slice_of_string("handfast session context v1"));
    write_number(&w, c->side, 1);
    write_number(&w, c->verify, 1);
    write_number(&w, (c->asks & ASK_VERIFY) != 0, 1); /* who judged the peer */
    write_number(&w, c->client_auth, 1);
    write_number(&w, c->min_version, 2);
    write_number(&w, c->require_ems, 1);
    write_number(&w, c->etm_required, 1);
    write_number(&w, c->status, 1);
    write_number(&w, c->min_dh_bits, 2);
    write_number(&w, c->max_fragment, 2);
    write_number(&w, c->chain.max_depth, 2);
    write_number(&w, c->chain.min_rsa_bits, 2);
    write_number(&w, c->chain.min_ec_bits, 2);
    if (c->double_handshake) { /* a session of the first knows no client yet */
        write_bytes(&w, slice_of_string("double handshake"));
    }
    if (c->quic) { /* RFC 9001 4.5: a session of one transport is none of another's */
        write_bytes(&w, slice_of_string("quic"));
    }
    put_codes(&w, &c->suites);
    if (c->max_version >= TLS_1_3) {
        put_codes(&w, &c->suites13);
    }
    put_codes(&w, &c->accept_schemes);
    write_bytes(&w, slice_of(trust, sizeof trust));
    write_number(&w, (uint32_t)c->generation.len, 3);
    TRY(w.full ? E_INTERNAL : hash_add(run, written(&w)));
    TRY(hash_add(run, slice_of_span(c->generation)));
    w = writer_of(bytes, sizeof bytes);
    write_number(&w, (uint32_t)c->alpn.len, 3);
    TRY(hash_add(run, written(&w)));
    return hash_add(run, slice_of_span(c->alpn));
}

static enum err add_identities(const struct config *c, struct hash_run *run)
{
    for (size_t i = 0; i < c->identity_count; i++) {
        uint8_t digest[HASH_MAX];
        TRY(hash_once(HASH_SHA256, certificate_public_key(c->identities[i].leaf), digest));
        TRY(hash_add(run, slice_of(digest, 32)));
    }
    return OK;
}

/* Whom one knows by a raw key, and that keys are known at all; and which identities are raw. Nothing is added
 * where there are none. RFC 7250 */
static enum err add_raw_keys(const struct config *c, struct hash_run *run)
{
    const struct trusted_keys *t = c->trusted_keys;
    uint8_t bytes[64];
    struct writer w = writer_of(bytes, sizeof bytes);
    if (t || c->raw_keys_asked) {
        write_bytes(&w, slice_of_string("trusted raw keys"));
        write_number(&w, c->raw_keys_asked, 1);
        write_number(&w, t ? (uint32_t)t->count : 0, 2);
        TRY(hash_add(run, written(&w)));
        TRY(t ? hash_add(run, slice_of(t->digest, t->count * KEY_DIGEST_SIZE)) : OK);
    }
    if (c->oid_filters.len) { /* RFC 8446 4.2.5 */
        TRY(hash_add(run, slice_of_string("oid filters")));
        TRY(hash_add(run, slice_of_span(c->oid_filters)));
    }
    for (size_t i = 0; i < c->identity_count; i++) {
        if (certificate_is_raw_key(c->identities[i].leaf)) {
            w = writer_of(bytes, sizeof bytes);
            write_bytes(&w, slice_of_string("own raw key"));
            write_number(&w, (uint32_t)i, 4);
            TRY(hash_add(run, written(&w)));
        }
    }
    return OK;
}

static enum err make_context(struct config *c)
{
    struct hash_run run;
    uint8_t digest[HASH_MAX];
    TRY(hash_start(&run, HASH_SHA256));
    enum err e = add_settings(c, &run);
    if (e == OK) {
        e = add_identities(c, &run);
    }
    e = e == OK ? add_raw_keys(c, &run) : e;
    if (e == OK) {
        e = hash_snapshot(&run, digest);
    }
    hash_end(&run);
    if (e == OK) {
        memcpy(c->context, digest, CONTEXT_SIZE);
    }
    return e;
}

/* A server's own, in memory: it rotates when a handshake finds that it is due. */
static enum err make_keyring(struct config *c)
{
    bool resumes = c->session_capacity || c->tickets || c->asks & ASK_LOOK_UP_SESSION || c->retry_cookie;
    if (c->side == CLIENT || c->keyring || !resumes) {
        return OK;
    }
    struct keyring_plan plan = {.life = c->session_life};
    TRY(keyring_new(&plan, &c->keyring));
    keyring_rotate_itself(c->keyring);
    return OK;
}

static enum err make_stores(struct config *c)
{
    /* with CRLs a verdict can change while the config stays as it is: they expire too */
    if (c->chain_capacity && !c->chains && !trust_has_crls(c->trust)) {
        TRY(chain_cache_new(c->chain_capacity, &c->chains));
    }
    if (c->side == SERVER && !c->counts) {
        TRY(counts_new(&c->counts));
    }
    bool sessions = c->side == SERVER && c->session_capacity && !c->sessions;
    TRY(sessions ? session_store_new(c->session_capacity, &c->sessions) : OK);
    return make_keyring(c);
}

hf_err hf_config_freeze(hf_config *config, hf_problem *why)
{
    if (!config) {
        return problem(why, HF_NULL_ARGUMENT, "hf_config_freeze needs a config");
    }
    if (config->frozen) {
        return HF_OK;
    }
    struct config *c = &config->settings;
    hf_err e = settle_versions(c, why);
    e = e == HF_OK ? psks_settle(c, why) : e;
    e = e == HF_OK ? quic_settle(c, why) : e;
    e = e == HF_OK ? check_trust(c, why) : e;
    e = e == HF_OK ? raw_keys_check(c, why) : e;
    e = e == HF_OK ? check_groups(c, why) : e;
    e = e == HF_OK ? check_server(c, why) : e;
    e = e == HF_OK ? certificate_requests_make(c, why) : e;
    e = e == HF_OK ? certificate_compressions_make(c, why) : e;
    e = e == HF_OK ? trusted_cas_make(c, why) : e;
    e = e == HF_OK ? certificate_urls_make(c, why) : e;
    if (e != HF_OK) {
        return why && why->err != e ? problem(why, e, "%s", err_row((enum err)e)->sentence) : e;
    }
    enum err made = make_context(c);
    if (made == OK) {
        made = make_stores(c);
    }
    if (made != OK) {
        return problem(why, public_err(made), "%s", err_row(made)->sentence);
    }
    if (c->max_fragment && !c->record_size_limit_set) {
        c->record_size_limit = 0; /* RFC 8449 5: beside it max_fragment_length would be ignored */
    }
    for (size_t i = 0; i < c->identity_count; i++) {
        c->any_names |= c->identities[i].has_names;
    }
    psks_keep_usable(c);
    config->frozen = true;
    return HF_OK;
}
