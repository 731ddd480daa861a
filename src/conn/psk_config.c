/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "conn/conn.h"

/* psk.h: what a config says of external pre-shared keys. */
_Static_assert(HF_PSK_MIN == EXTERNAL_PSK_MIN && HF_PSK_MAX == EXTERNAL_PSK_MAX &&
                   HF_PSK_IDENTITY_MAX == EXTERNAL_IDENTITY_MAX && HF_PSKS_MAX == EXTERNAL_PSKS_MAX &&
                   HF_PSKS_OFFERED == EXTERNAL_OFFERED_MAX,
               "limits are the same numbers");
_Static_assert((int)HF_PSK_CLIENT_AUTH == (int)PSK_CLIENT_AUTH, "verdicts are the same numbers");

/* ---- setters ---- */
static enum hash hash_of(hf_psk_hash hash)
{
    return hash == HF_PSK_SHA256 ? HASH_SHA256 : hash == HF_PSK_SHA384 ? HASH_SHA384 : HASH_NONE;
}

static hf_err check(const hf_config *config, hf_bytes identity, hf_bytes key, hf_psk_hash hash)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if (!identity.data || !key.data) {
        return HF_NULL_ARGUMENT;
    }
    if (!identity.len || identity.len > HF_PSK_IDENTITY_MAX || key.len > HF_PSK_MAX || !hash_of(hash)) {
        return HF_BAD_ARGUMENT;
    }
    return key.len < HF_PSK_MIN ? HF_PSK_TOO_SHORT : HF_OK; /* RFC 9257 6 */
}

/* A client's are all offered: there must be room for them. */
static bool has_room(const struct config *c, size_t more)
{
    return c->psks.count + more <= (c->side == CLIENT ? EXTERNAL_OFFERED_MAX : EXTERNAL_PSKS_MAX);
}

hf_err hf_config_psk(hf_config *config, hf_bytes identity, hf_bytes key, hf_psk_hash hash)
{
    hf_err e = check(config, identity, key, hash);
    if (e != HF_OK) {
        return e;
    }
    if (!has_room(&config->settings, 1)) {
        return HF_BAD_ARGUMENT;
    }
    struct external_psk psk = {.hash = hash_of(hash)};
    psk.identity = psk.name = slice_of_bytes(identity);
    enum err added = secret_set(&psk.key, slice_of_bytes(key));
    added = added == OK ? external_psk_add(&config->settings.psks, &psk) : added;
    secret_wipe(&psk.key);
    return public_err(added);
}

hf_err hf_config_psk_import(hf_config *config, hf_bytes external_identity, hf_bytes context, hf_bytes key,
                            hf_psk_hash hash)
{
    hf_err e = check(config, external_identity, key, hash);
    if (e != HF_OK) {
        return e;
    }
    if (!context.data && context.len) {
        return HF_NULL_ARGUMENT;
    }
    if (!has_room(&config->settings, 2)) {
        return HF_BAD_ARGUMENT;
    }
    const struct importable_psk from = {
        .external_identity = slice_of_bytes(external_identity),
        .context = slice_of_bytes(context),
        .key = slice_of_bytes(key),
        .hash = hash_of(hash),
    };
    return public_err(external_psk_import(&config->settings.psks, &from));
}

hf_err hf_config_psk_for_client_auth(hf_config *config, bool allow)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable == HF_OK) {
        config->settings.psk_for_client_auth = allow;
    }
    return settable;
}

/* ---- freezing ---- */
static bool has_suite(const struct config *c, enum hash hash)
{
    for (size_t i = 0; i < c->suites13.count; i++) {
        const struct suite *s = suite13_of(c->suites13.code[i]);
        if (s && s->hash == hash) {
            return true;
        }
    }
    return false;
}

/* "router-7", or its bytes where they are no text. */
static const char *readable(const struct external_psk *psk, char out[2 * 40 + 1])
{
    size_t len = psk->name.len < 40 ? psk->name.len : 40;
    bool text = true;
    for (size_t i = 0; i < len; i++) {
        text &= psk->name.data[i] >= 0x20 && psk->name.data[i] < 0x7f;
    }
    for (size_t i = 0; i < len; i++) {
        (void)snprintf(out + (text ? i : 2 * i), 3, text ? "%c" : "%02x", psk->name.data[i]);
    }
    return out;
}

static hf_err check_hashes(const struct config *c, hf_problem *why)
{
    char name[81];
    for (size_t i = 0; i < c->psks.count; i++) {
        const struct external_psk *psk = c->psks.list[i];
        if (!psk->imported && !has_suite(c, psk->hash)) {
            return problem(why, HF_CONFIG_INCOMPLETE,
                           "the pre-shared key of %s is for %s, and no TLS 1.3 cipher suite of the list has "
                           "that hash (RFC 8446 4.2.11)",
                           readable(psk, name), psk->hash == HASH_SHA384 ? "SHA-384" : "SHA-256");
        }
    }
    return HF_OK;
}

/* RFC 9258 6: what was imported for a hash that is not spoken is left out. */
void psks_keep_usable(struct config *c)
{
    struct external_psks *all = &c->psks;
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (has_suite(c, all->list[i]->hash)) {
            all->list[kept++] = all->list[i];
        } else {
            external_psk_free(all->list[i]);
        }
    }
    all->count = kept;
}

static hf_err twice(const struct external_psk *psk, hf_problem *why)
{
    char name[81];
    return problem(why, HF_BAD_ARGUMENT, "two pre-shared keys have the identity %s", readable(psk, name));
}

/* A client offers its keys in the order they came. */
static hf_err settle_client(struct config *c, hf_problem *why)
{
    size_t size = 0;
    for (size_t i = 0; i < c->psks.count; i++) {
        const struct external_psk *psk = c->psks.list[i];
        size += 2 + psk->identity.len + 4 + 1 + hash_size(psk->hash);
        for (size_t j = 0; j < i; j++) {
            if (slice_equal(psk->identity, c->psks.list[j]->identity)) {
                return twice(psk, why);
            }
        }
    }
    if (size + 8 > EXTERNAL_OFFERED_SIZE) {
        return problem(
            why, HF_BAD_ARGUMENT,
            "the pre-shared keys take %zu bytes in a ClientHello, and %d are the most: give fewer, "
            "or shorter identities",
            size + 8, EXTERNAL_OFFERED_SIZE);
    }
    c->psk_only = !trust_count(c->trust) && !c->trusted_keys && c->verify && !(c->asks & ASK_VERIFY);
    return HF_OK;
}

hf_err psks_settle(struct config *c, hf_problem *why)
{
    const struct external_psk *again = NULL;
    if (!config_takes_psks(c)) {
        return HF_OK;
    }
    if (c->max_version < TLS_1_3) {
        return problem(
            why, HF_CONFIG_INCOMPLETE,
            "external pre-shared keys are of TLS 1.3: allow it with hf_config_versions (RFC 8446 2.2)");
    }
    hf_err e = check_hashes(c, why);
    if (e != HF_OK) {
        return e;
    }
    if (c->side == SERVER) {
        external_psks_sort(&c->psks, &again);
    }
    e = again ? twice(again, why) : c->side == CLIENT ? settle_client(c, why) : HF_OK;
    bool without_certificate = c->side == CLIENT ? c->psk_only : !c->identity_count;
    if (e == HF_OK && without_certificate) {
        c->min_version = TLS_1_3;
    }
    return e;
}

/* ---- a key that is asked for ---- */
/* Taken as the answer to the question; psk NULL: none. */
static hf_err answered(hf_conn *conn, struct external_psk *psk)
{
    struct negotiated *n = conn->hs->negotiated;
    external_psk_free(n->asked_psk);
    n->asked_psk = psk;
    return conn_answered(conn, ASK_LOOK_UP_PSK);
}

static hf_err check_answer(const hf_conn *conn, hf_bytes key, hf_psk_hash hash)
{
    if (!conn_is_asked(conn, ASK_LOOK_UP_PSK)) {
        return HF_NOT_ASKED;
    }
    if (!key.data && key.len) {
        return HF_NULL_ARGUMENT;
    }
    if (key.len > HF_PSK_MAX || (key.len && !hash_of(hash))) {
        return HF_BAD_ARGUMENT;
    }
    return key.len && key.len < HF_PSK_MIN ? HF_PSK_TOO_SHORT : HF_OK; /* RFC 9257 6 */
}

hf_err hf_answer_psk(hf_conn *conn, hf_bytes key, hf_psk_hash hash)
{
    struct external_psk *made = NULL, psk = {.hash = hash_of(hash)};
    hf_err e = check_answer(conn, key, hash);
    if (e != HF_OK || !key.len) {
        return e == HF_OK ? answered(conn, NULL) : e;
    }
    psk.identity = psk.name = conn->hs->question.psk_identity;
    enum err err = secret_set(&psk.key, slice_of_bytes(key));
    err = err == OK ? external_psk_new(&psk, &made) : err;
    secret_wipe(&psk.key);
    return err == OK ? answered(conn, made) : public_err(err);
}

hf_err hf_answer_psk_import(hf_conn *conn, hf_bytes key, hf_psk_hash hash)
{
    struct external_psk *made = NULL;
    const struct importable_psk from = {.key = slice_of_bytes(key), .hash = hash_of(hash)};
    hf_err e = check_answer(conn, key, hash);
    if (e != HF_OK || !key.len) {
        return e == HF_OK ? answered(conn, NULL) : e;
    }
    enum err err = external_psk_import_as(conn->hs->question.psk_identity, &from, &made);
    return err == OK ? answered(conn, made) : public_err(err);
}

/* ---- words ---- */
static const struct {
    const char *name, *sentence;
} verdicts[] = {
    [HF_PSK_NONE] = {"none", "no external pre-shared key was offered"},
    [HF_PSK_USED] = {"used", "both sides know each other by a pre-shared key"},
    [HF_PSK_UNKNOWN] = {"unknown", "no pre-shared key was taken: the server knows none of the identities"},
    [HF_PSK_PARAMETERS] = {"parameters",
                           "the pre-shared key was not taken: no cipher suite in common has its "
                           "hash (RFC 8446 4.2.11)"},
    [HF_PSK_CLIENT_AUTH] = {"client_auth", "the pre-shared key was not taken: the server requires a client "
                                           "certificate, for which a key does not stand (RFC 8446 4.3.2)"},
};
#define VERDICTS (sizeof verdicts / sizeof *verdicts)

const char *hf_psk_verdict_name(hf_psk_verdict verdict)
{
    return (size_t)verdict < VERDICTS ? verdicts[verdict].name : "unknown";
}

const char *hf_psk_verdict_sentence(hf_psk_verdict verdict)
{
    return (size_t)verdict < VERDICTS ? verdicts[verdict].sentence : "";
}
