/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"
#include "handshake/fit.h"

/* Freezing a config: the whole is judged, and all that handshakes share is made once. */

static bool all_anonymous(const struct config *c)
{
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
    bool overruled = c->asks & ASK_VERIFY;
    if (c->side == CLIENT && c->verify && !overruled && !all_anonymous(c)) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "a client that verifies needs trust anchors: call hf_config_trust_path or "
                       "hf_config_trust_system (RFC 5280 6.1)");
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

static hf_err check_groups(const struct config *c, hf_problem *why)
{
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

static bool can_sign(const struct config *c, const struct key_shape *key)
{
    for (size_t i = 0; i < c->sign_schemes.count; i++) {
        if (scheme_fits(scheme_of(c->sign_schemes.code[i]), key)) {
            return true;
        }
    }
    return false;
}

static bool identity_serves(const struct config *c, const struct identity *identity,
                            const struct suite *suite)
{
    /* a key that lives elsewhere is asked for signatures and nothing else */
    bool able = suite_key_use(suite) == KEY_SIGNS ? can_sign(c, certificate_key(identity->leaf))
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

static hf_err check_server(const struct config *c, hf_problem *why)
{
    if (c->side == CLIENT) {
        return HF_OK;
    }
    for (size_t i = 0; i < c->suites.count; i++) {
        if (can_serve(c, suite_of(c->suites.code[i]))) {
            return HF_OK;
        }
    }
    if (!c->identity_count) {
        return problem(why, HF_CONFIG_INCOMPLETE,
                       "a server needs an identity: call hf_config_identity (RFC 5246 7.4.2)");
    }
    return problem(
        why, HF_CONFIG_INCOMPLETE,
        "no cipher suite of the list can be served with the certificates and signature schemes given");
}

/* ---- CertificateRequest, RFC 5246 7.4.4 ---- */
static enum err write_ca_names(const struct config *c, struct buffer *names)
{
    for (size_t i = 0; c->send_ca_names; i++) {
        struct slice name = trust_name(c->trust, i);
        if (!name.len) {
            break;
        }
        uint8_t prefix[] = {(uint8_t)(name.len >> 8), (uint8_t)name.len};
        TRY(buffer_append(names, slice_of(prefix, sizeof prefix)));
        TRY(buffer_append(names, name));
    }
    return OK;
}

static bool lists_static_ecdh(const struct config *c)
{
    for (size_t i = 0; i < c->suites.count; i++) {
        if (suite_of(c->suites.code[i])->kx == KX_ECDH) {
            return true;
        }
    }
    return false;
}

static enum err encode_request(struct config *c, struct slice names)
{
    static const uint8_t known[] = {CLIENT_CERTIFICATE_ECDSA_SIGN, CLIENT_CERTIFICATE_RSA_SIGN,
                                    CLIENT_CERTIFICATE_ECDSA_FIXED_ECDH, CLIENT_CERTIFICATE_RSA_FIXED_ECDH};
    struct slice types = slice_of(known, lists_static_ecdh(c) ? 4 : 2);
    uint8_t schemes[2 * CODES_MAX];
    struct writer s = writer_of(schemes, sizeof schemes);
    for (size_t i = 0; i < c->accept_schemes.count; i++) {
        write_number(&s, c->accept_schemes.code[i], 2);
    }
    struct certificate_request m = {types, written(&s), names};
    size_t size = HANDSHAKE_HEADER + 1 + types.len + 2 + s.len + 2 + names.len;
    void *memory;
    TRY(memory_new(size, &memory));
    c->certificate_request = (struct span){memory, size};
    struct writer w = writer_of(memory, size);
    write_number(&w, message_row(CERTIFICATE_REQUEST)->type, 1);
    size_t mark = write_open(&w, 3);
    TRY(layout_encode(&layout_certificate_request, &m, &w));
    write_close(&w, mark, 3);
    return w.full ? E_INTERNAL : OK;
}

static hf_err make_request(struct config *c, hf_problem *why)
{
    bool may_ask = c->side == SERVER && c->renegotiation != RENEGOTIATE_NEVER &&
                   (trust_count(c->trust) || c->asks & ASK_VERIFY);
    if ((c->client_auth == CLIENT_AUTH_NONE && !may_ask) || c->certificate_request.data) {
        return HF_OK;
    }
    struct buffer names = {.limit = 65535};
    enum err e = write_ca_names(c, &names);
    if (e == OK) {
        e = encode_request(c, names.data ? buffer_slice(&names) : slice_of("", 0));
    }
    buffer_free(&names);
    if (e == E_BUFFER_LIMIT) {
        return problem(
            why, HF_CONFIG_INCOMPLETE,
            "the names of %zu trust anchors do not fit in a CertificateRequest (65535 bytes): trust "
            "fewer, or call hf_config_send_ca_names(config, false)",
            trust_count(c->trust));
    }
    return public_err(e);
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
    put_codes(&w, &c->suites);
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

static enum err make_context(struct config *c)
{
    struct hash_run run;
    uint8_t digest[HASH_MAX];
    TRY(hash_start(&run, HASH_SHA256));
    enum err e = add_settings(c, &run);
    if (e == OK) {
        e = add_identities(c, &run);
    }
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
    bool resumes = c->session_capacity || c->tickets || c->asks & ASK_LOOK_UP_SESSION;
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
    hf_err e = check_trust(c, why);
    e = e == HF_OK ? check_groups(c, why) : e;
    e = e == HF_OK ? check_server(c, why) : e;
    e = e == HF_OK ? make_request(c, why) : e;
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
    config->frozen = true;
    return HF_OK;
}
