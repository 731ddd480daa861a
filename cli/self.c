/* SPDX-License-Identifier: MIT */
#include "cli/self.h"

#include <handfast/early.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/self_cast.h"

enum { NOON = 1767268800 /* 2026-01-01 12:00 UTC */ };

/* splitmix64. Not for secrets: for bytes that are the same each time. */
struct dice {
    uint64_t state;
    int64_t late; /* seconds that its owner's clock is past noon */
};

static int roll(void *arg, uint8_t *out, size_t len)
{
    struct dice *d = arg;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t z = d->state += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        for (size_t j = i; j < len && j < i + 8; j++) {
            out[j] = (uint8_t)(z >> (8 * (j - i)));
        }
    }
    return 0;
}

static int64_t stopped_clock(void *late)
{
    return NOON + *(const int64_t *)late;
}

static hf_bytes bytes_of(const char *string)
{
    return (hf_bytes){(const uint8_t *)string, strlen(string)};
}

static hf_err add_identity(hf_config *config, const char *chain, const char *key)
{
    return hf_config_identity(config, bytes_of(chain), bytes_of(key), NULL);
}

static hf_err add_status(hf_config *config, hf_side side)
{
    if (side == HF_CLIENT) {
        hf_err err = hf_config_trust_pem(config, bytes_of(self_status_ca));
        return err != HF_OK ? err : hf_config_status(config, HF_STATUS_HARD);
    }
    hf_err err = add_identity(config, self_status_chain, self_status_key);
    return err != HF_OK ? err : hf_config_staple(config, self_status_response, NULL);
}

/* RFC 5878's type for authorization data, and its two extensions. */
enum { AUTHZ_DATA = 16386, CLIENT_AUTHZ = 7, SERVER_AUTHZ = 8 };

static hf_err add_supplemental(hf_config *config, hf_side side, enum supplemental what)
{
    static const uint8_t formats[] = {1, 0};
    const hf_user_mapping hint = {bytes_of("alice@server.example"), {NULL, 0}};
    hf_supplemental_type type = {.type = AUTHZ_DATA,
                                 .extension = CLIENT_AUTHZ,
                                 .client_sends = true,
                                 .when = what == DOUBLE ? HF_AFTER_DOUBLE_HANDSHAKE : HF_UNSAFE_IN_CLEAR,
                                 .extension_data = {formats, sizeof formats}};
    if (what == USER_MAPPING) {
        return hf_config_user_mapping(config, side == HF_CLIENT ? &hint : NULL, HF_UNSAFE_IN_CLEAR);
    }
    if (what == NO_SUPPLEMENTAL) {
        return HF_OK;
    }
    hf_err err = hf_config_supplemental(config, &type);
    type.extension = SERVER_AUTHZ;
    type.client_sends = false;
    type.server_sends = true;
    return err != HF_OK ? err : hf_config_supplemental(config, &type);
}

struct manuscript {
    const struct cast *cast;
    const char *policy; /* NULL: the default */
};

/* Which versions, and of which groups: one each, so that a share of the wrong one can be sent. */
static hf_err set_version(hf_config *config, hf_side side, const struct cast *cast, bool another)
{
    const uint16_t version = cast->tls13 ? 0x0304 : 0x0303;
    const char *groups = another && cast->psk_alone       ? "secp384r1"
                         : cast->groups_of_server == NULL ? "x25519"
                         : side == HF_SERVER              ? cast->groups_of_server
                         : cast->groups_of_client         ? cast->groups_of_client
                                                          : "x25519:secp256r1";
    hf_err err = hf_config_versions(config, version, version);
    err = err != HF_OK ? err : hf_config_groups(config, groups, NULL);
    err = err != HF_OK || cast->suites == NULL ? err : hf_config_suites(config, cast->suites, NULL);
    err = err != HF_OK || !cast->tls13 ? err : self_add_psk(config, side, cast);
    if (err == HF_OK && cast->tls13 && cast->again == FOR_CERTIFICATE && side == HF_CLIENT) {
        err = hf_config_post_handshake_auth(config, true);
    }
    if (err == HF_OK && !cast->tls13 && cast->again != NOT_AGAIN) {
        err = hf_config_renegotiation(config, HF_RENEGOTIATE_ACCEPT, 0, 0);
    }
    return err;
}

/* Who the side is: what it shows. */
static hf_err set_identity(hf_config *config, hf_side side, const struct cast *cast)
{
    hf_err err = HF_OK;
    if (cast->stapled) {
        return add_status(config, side);
    }
    if (cast->compressed) {
        err = self_add_compression(config, side);
    } else if (cast->rsa) {
        err = self_add_rsa(config, side);
    } else if (side == HF_SERVER) {
        err = add_identity(config, self_server_chain, self_server_key);
    } else if (cast->client_has_certificate) {
        err = add_identity(config, self_client_chain, self_client_key);
    }
    return err != HF_OK || side == HF_CLIENT ? err : hf_config_client_auth(config, cast->client_auth);
}

/* another: the server that the client meets later. NULL: *why says for what reason. */
static hf_config *make_config(hf_side side, const struct manuscript *m, struct dice *dice, bool another,
                              hf_err *why)
{
    const struct cast *cast = m->cast;
    hf_config *config = side == HF_CLIENT ? hf_config_client() : hf_config_server();
    if (config == NULL) {
        *why = HF_NO_MEMORY;
        return NULL;
    }
    hf_err err = hf_config_clock(config, stopped_clock, &dice->late);
    err = err != HF_OK ? err : hf_config_random(config, roll, dice);
    err = err != HF_OK || m->policy == NULL ? err : hf_config_policy(config, m->policy, NULL);
    err = err != HF_OK ? err : set_version(config, side, cast, another);
    err = err != HF_OK ? err : hf_config_trust_pem(config, bytes_of(self_ca));
    err = err != HF_OK ? err : set_identity(config, side, cast);
    err = err != HF_OK || !cast->extensions ? err : self_add_extensions(config, side);
    if (err == HF_OK && cast->by_url) {
        err = side == HF_SERVER
                  ? hf_config_ask(config, HF_ASK_FETCH_URL)
                  : hf_config_identity_url(config, 0, true, "http://pki.example/client.pkipath");
    }
    err = err != HF_OK ? err : add_supplemental(config, side, cast->supplemental);
    err = err != HF_OK || side == HF_CLIENT || !cast->tickets ? err : self_add_tickets(config, another);
    err = err != HF_OK ? err : hf_config_freeze(config, NULL);
    if (err != HF_OK) {
        hf_config_free(config);
        *why = err;
        return NULL;
    }
    return config;
}

struct stage {
    hf_conn *conns[2];       /* by side */
    const hf_config *client; /* where the client's certificate is found by its URL */
    struct self_result *result;
};

/* FNV-1a, 64 bits: enough to see that bytes are the same. */
static void mark(struct self_result *result, hf_side by, hf_bytes wire)
{
    for (size_t i = 0; i < wire.len; i++) {
        result->fingerprint = (result->fingerprint ^ wire.data[i]) * 0x100000001b3u;
    }
    *(by == HF_CLIENT ? &result->to_server : &result->to_client) += wire.len;
}

#define QUESTION "Who is there?\n"
#define ANSWER "server.example\n"

/* Early data is answered at once: RFC 8446 2, figure 4. */
static void drop_all_app(hf_conn *conn)
{
    size_t used = 0, early = hf_peek_early(conn).len;
    hf_drop_early(conn, early);
    if (early > 0 && hf_push_app(conn, bytes_of(ANSWER), &used) != HF_OK) {
        hf_abort(conn, HF_INTERNAL);
    }
    hf_bytes app = hf_peek_app(conn);
    hf_drop_app(conn, app.len);
}

/* What a fetch would bring, or what there is to send beside the handshake. False: nothing was asked. */
static bool answer(const struct stage *s, hf_conn *asked)
{
    static const hf_supplemental data = {.type = AUTHZ_DATA,
                                         .data = {(const uint8_t *)"an attribute certificate, say", 29}};
    uint8_t path[4096];
    size_t len = sizeof path;
    if (hf_asked(asked, NULL) == HF_ASK_SUPPLEMENTAL) {
        return hf_answer_supplemental(asked, &data, 1) == HF_OK;
    }
    return hf_asked(asked, NULL) == HF_ASK_FETCH_URL &&
           hf_config_identity_pkipath(s->client, 0, path, &len) == HF_OK &&
           hf_answer_fetched(asked, (hf_bytes){path, len}) == HF_OK;
}

/* What one side has to send goes to the other; true when there was something. */
static bool carry(struct stage *s, hf_side from)
{
    hf_conn *sender = s->conns[from], *receiver = s->conns[from == HF_CLIENT ? HF_SERVER : HF_CLIENT];
    hf_bytes wire = hf_peek_wire(sender);
    uint8_t *copy = wire.len == 0 ? NULL : malloc(wire.len);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, wire.data, wire.len);
    mark(s->result, from, wire);
    bool went_on = true;
    for (size_t at = 0, used = 0; at < wire.len && went_on && hf_failed(receiver) == NULL; at += used) {
        used = 0;
        if (hf_push_wire(receiver, copy + at, wire.len - at, &used) != HF_OK) {
            break;
        }
        drop_all_app(receiver);
        went_on = answer(s, receiver) || used > 0;
    }
    hf_drop_wire(sender, wire.len);
    free(copy);
    return true;
}

static void carry_all(struct stage *s)
{
    bool moved = true;
    while (moved) {
        moved = carry(s, HF_CLIENT);
        moved |= carry(s, HF_SERVER);
    }
}

static bool say_to(struct stage *s, hf_side from, const char *line)
{
    size_t used = 0;
    bool said = hf_push_app(s->conns[from], bytes_of(line), &used) == HF_OK;
    carry_all(s);
    return said;
}

static hf_err shake_hands_again(struct stage *s, enum again again)
{
    hf_session *session = NULL;
    hf_err err = HF_OK;
    switch (again) {
    case BY_CLIENT:
        err = hf_renegotiate(s->conns[HF_CLIENT]);
        break;
    case BY_RESUMING:
        session = hf_conn_session(s->conns[HF_CLIENT]);
        err = hf_renegotiate_resuming(s->conns[HF_CLIENT], session);
        hf_session_free(session);
        break;
    case BY_SERVER:
        err = hf_renegotiate(s->conns[HF_SERVER]);
        break;
    case FOR_CERTIFICATE:
        err = hf_request_client_certificate(s->conns[HF_SERVER]);
        break;
    case NEW_KEYS:
        err = hf_update_keys(s->conns[HF_CLIENT], true);
        break;
    case NOT_AGAIN:
        break;
    }
    carry_all(s);
    return err;
}

/* A question, its answer, and both sides' farewell. */
static void talk(struct stage *s, enum again again)
{
    carry_all(s);
    if (!hf_negotiated(s->conns[HF_CLIENT])->complete || !hf_negotiated(s->conns[HF_SERVER])->complete ||
        shake_hands_again(s, again) != HF_OK) {
        return;
    }
    bool answered = hf_negotiated(s->conns[HF_CLIENT])->early_data == HF_EARLY_ACCEPTED;
    bool well = (answered || (say_to(s, HF_CLIENT, QUESTION) && say_to(s, HF_SERVER, ANSWER))) &&
                hf_close(s->conns[HF_CLIENT]) == HF_OK;
    carry_all(s);
    if (well && hf_close(s->conns[HF_SERVER]) == HF_OK) {
        carry_all(s);
    }
}

static void note_failure(const struct stage *s)
{
    for (hf_side side = HF_CLIENT; side <= HF_SERVER && s->result->failure.err == HF_OK; side++) {
        const hf_failure *failure = hf_failed(s->conns[side]);
        if (failure != NULL) {
            s->result->failure = *failure;
            s->result->failure.step = s->result->failure.got = ""; /* they live with the connection */
            s->result->failed = side;
        }
    }
}

/* One connection; t NULL: nobody looks. session: offered when there is one, and the new one afterwards. */
static hf_err connection(hf_config *const configs[2], struct trace *t, hf_session **session,
                         struct self_result *result, const struct cast *cast)
{
    size_t used = 0;
    const bool first = *session == NULL && cast->met_before;
    struct stage s = {.client = configs[HF_CLIENT], .result = result};
    s.conns[HF_CLIENT] = hf_conn_new(configs[HF_CLIENT], "server.example", NULL);
    s.conns[HF_SERVER] = hf_conn_new(configs[HF_SERVER], NULL, NULL);
    hf_err err = s.conns[0] == NULL || s.conns[1] == NULL ? HF_NO_MEMORY : HF_OK;
    if (err == HF_OK && *session != NULL) {
        err = hf_conn_resume(s.conns[HF_CLIENT], *session);
    }
    if (err == HF_OK) {
        if (t != NULL) {
            for (hf_side side = HF_CLIENT; side <= HF_SERVER; side++) {
                hf_conn_observe(s.conns[side], trace_watch_own, t);
                hf_conn_observe_secrets(s.conns[side], t->secrets);
            }
        }
        if (*session != NULL && cast->early != NO_EARLY) {
            err = hf_push_early(s.conns[HF_CLIENT], bytes_of(QUESTION), &used);
        }
        talk(&s, first ? NOT_AGAIN : cast->again);
        note_failure(&s);
        hf_session_free(*session);
        *session = hf_conn_session(s.conns[HF_CLIENT]);
    }
    hf_conn_free(s.conns[0]);
    hf_conn_free(s.conns[1]);
    return err;
}

static hf_err play(const struct cast *cast, const char *policy, uint64_t seed, struct trace *t,
                   struct self_result *result)
{
    struct dice dice[3] = {{seed * 3, 0}, {seed * 3 + 1, 0}, {seed * 3 + 2, 0}};
    hf_session *session = NULL;
    const struct manuscript m = {cast, policy};
    hf_err err = HF_OK;
    hf_config *configs[2] = {make_config(HF_CLIENT, &m, &dice[0], false, &err),
                             make_config(HF_SERVER, &m, &dice[1], false, &err)};
    hf_config *another = make_config(HF_SERVER, &m, &dice[2], true, &err);
    if (err == HF_OK && cast->met_before) {
        err = connection(configs, NULL, &session, result, cast);
        dice[1].late = cast->early == EARLY_BUT_LATE ? 60 : 0;
        result->fingerprint = 0xcbf29ce484222325u;
        result->to_server = result->to_client = 0;
    }
    if (err == HF_OK) {
        if (cast->note != NULL) {
            trace_note(t, cast->note);
        }
        hf_config *now[2] = {configs[HF_CLIENT], cast->server_forgot ? another : configs[HF_SERVER]};
        err = connection(now, t, &session, result, cast);
    }
    hf_session_free(session);
    hf_config_free(configs[0]);
    hf_config_free(configs[1]);
    hf_config_free(another);
    return err;
}

hf_err self_play(const char *scenario, const char *policy, uint64_t seed, struct trace *t,
                 struct self_result *result)
{
    *result = (struct self_result){.fingerprint = 0xcbf29ce484222325u};
    const struct cast *cast = self_cast(scenario);
    return cast == NULL ? HF_UNKNOWN_NAME : play(cast, policy, seed, t, result);
}
