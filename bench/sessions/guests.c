/* SPDX-License-Identifier: MIT */
#include "bench/sessions/guests.h"

#include <string.h>
#include <time.h>

#include "bench/fail.h"

static void must(hf_err err, const char *call)
{
    if (err != HF_OK)
        fail_because(call, hf_err_sentence(err));
}

static hf_bytes text_bytes(const char *text)
{
    return (hf_bytes){(const uint8_t *)text, strlen(text)};
}

static void add_identity(hf_config *config, const struct identity *own)
{
    must(hf_config_identity(config, text_bytes(own->certificate_pem), text_bytes(own->key_pem), NULL),
         "hf_config_identity");
}

static void set_memory(struct hosts *h, enum memory memory)
{
    must(hf_config_keyring(h->server, h->keyring), "hf_config_keyring");
    if (memory != OWN_MEMORY)
        must(hf_config_session_cache(h->server, 0), "hf_config_session_cache");
    if (memory == TICKETS)
        must(hf_config_tickets(h->server, true), "hf_config_tickets");
    if (memory == STORE) {
        must(hf_config_session_effects(h->server, hf_store_effect, h->carrier->store),
             "hf_config_session_effects");
        must(hf_config_ask(h->server, HF_ASK_LOOK_UP_SESSION), "hf_config_ask");
    }
}

void hosts_make(struct hosts *h, enum memory memory, bool mutual, struct carrier *carrier)
{
    *h = (struct hosts){.carrier = carrier, .mutual = mutual};
    pki_make(&h->pki, KEY_ECDSA);
    h->keyring = hf_keyring_new(NULL);
    h->client = hf_config_client();
    h->server = hf_config_server();
    CHECK(h->keyring != NULL && h->client != NULL && h->server != NULL);
    must(hf_config_versions(h->client, 0x0303, 0x0303), "hf_config_versions"); /* by session ID */
    must(hf_keyring_rotate(h->keyring, (int64_t)time(NULL), NULL), "hf_keyring_rotate");
    must(hf_config_trust_pem(h->client, text_bytes(h->pki.root.certificate_pem)), "hf_config_trust_pem");
    add_identity(h->server, &h->pki.server);
    if (mutual) {
        add_identity(h->client, &h->pki.client);
        must(hf_config_trust_pem(h->server, text_bytes(h->pki.root.certificate_pem)), "hf_config_trust_pem");
        must(hf_config_client_auth(h->server, HF_CLIENT_AUTH_REQUIRE), "hf_config_client_auth");
    }
    set_memory(h, memory);
    must(hf_config_freeze(h->client, NULL), "hf_config_freeze, client");
    must(hf_config_freeze(h->server, NULL), "hf_config_freeze, server");
}

void hosts_free(struct hosts *h)
{
    hf_config_free(h->client);
    hf_config_free(h->server);
    hf_keyring_free(h->keyring);
    pki_free(&h->pki);
}

/* ---- connections ---- */
void guest_begin(struct guest *g, struct hosts *h, hf_session *session)
{
    *g = (struct guest){.hosts = h};
    g->client = hf_conn_new(h->client, BENCH_HOST, NULL);
    g->server = hf_conn_new(h->server, NULL, NULL);
    CHECK(g->client != NULL && g->server != NULL);
    if (session != NULL)
        must(hf_conn_resume(g->client, session), "hf_conn_resume");
}

static void answer(void *arg, hf_bytes record, hf_resumption why)
{
    struct guest *g = arg;
    g->parked = false;
    g->waited = wall_now() - g->asked;
    must(record.len > 0 ? hf_answer_session(g->server, record) : hf_answer_no_session(g->server, why),
         "answer");
}

static bool carry(hf_conn *from, hf_conn *to)
{
    uint8_t bytes[8192];
    hf_bytes out = hf_peek_wire(from);
    size_t len = out.len < sizeof bytes ? out.len : sizeof bytes, used = 0;
    if (len == 0)
        return false;
    memcpy(bytes, out.data, len);
    for (size_t at = 0; at < len; at += used) {
        must(hf_push_wire(to, bytes + at, len - at, &used), "hf_push_wire");
        if (used == 0) {
            hf_drop_wire(from, at);
            return at > 0;
        }
    }
    hf_drop_wire(from, len);
    return true;
}

static void ask(struct guest *g)
{
    hf_question question;
    if (g->parked || hf_asked(g->server, &question) != HF_ASK_LOOK_UP_SESSION)
        return;
    g->parked = true;
    g->asked = wall_now();
    g->lookup =
        hf_store_look_up(g->hosts->carrier->store, question.session_key, answer, g, clock_milliseconds());
}

bool guest_run(struct guest *g)
{
    bool moved = true;
    while (moved && !g->parked) {
        moved = carry(g->client, g->server);
        ask(g);
        moved |= !g->parked && carry(g->server, g->client);
    }
    return hf_negotiated(g->client)->complete && hf_negotiated(g->server)->complete;
}

void guest_end(struct guest *g)
{
    if (g->parked)
        hf_store_cancel(g->hosts->carrier->store, g->lookup);
    hf_conn_free(g->client);
    hf_conn_free(g->server);
}

hf_session *earn(struct hosts *h)
{
    struct guest g;
    guest_begin(&g, h, NULL);
    CHECK(guest_run(&g));
    hf_session *session = hf_conn_session(g.client);
    guest_end(&g);
    return session;
}
