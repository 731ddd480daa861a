/* SPDX-License-Identifier: MIT */
#include "handshake/psk.h"

struct psk psk_of_session(const struct session *s)
{
    return (struct psk){.identity = s->ticket,
                        .secret = session_secret(s),
                        .hash = session_suite(s)->hash,
                        .binder = "res binder"};
}

/* RFC 9258 5.2: who imports a key and who takes it as it is do not meet. */
struct psk psk_of_external(const struct external_psk *psk)
{
    return (struct psk){.identity = psk->identity,
                        .secret = secret_slice(&psk->key),
                        .hash = psk->hash,
                        .binder = psk->imported ? "imp binder" : "ext binder",
                        .external = psk};
}

/* ---- client ---- */
/* RFC 8446 4.2.11.1: since the ticket came, in milliseconds, and not to be recognised by it. */
static uint32_t obfuscated_age(const struct hs *hs, const struct session *s)
{
    int64_t age = hs->now_ms > s->issued_ms ? hs->now_ms - s->issued_ms : 0;
    return (uint32_t)(uint64_t)age + s->age_add;
}

size_t psk_offered(const struct hs *hs, struct psk list[PSKS_MAX])
{
    const struct session *s = hs->session;
    const struct external_psks *external = &hs->config->psks;
    size_t count = 0;
    if (s && s->version >= TLS_1_3) {
        list[count] = psk_of_session(s);
        list[count++].age = obfuscated_age(hs, s);
    }
    for (size_t i = 0; i < external->count && count < PSKS_MAX; i++) {
        if (!cursor_has(&hs->cursor, RETRY) || external->list[i]->hash == hs->negotiated->suite->hash) {
            list[count++] = psk_of_external(external->list[i]); /* RFC 8446 4.1.4 */
        }
    }
    return count;
}

size_t psk_binders_size(const struct psk *list, size_t count)
{
    size_t size = 2;
    for (size_t i = 0; i < count; i++) {
        size += 1 + hash_size(list[i].hash);
    }
    return size;
}

size_t psk_extension_size(const struct hs *hs)
{
    struct psk list[PSKS_MAX];
    size_t count = psk_offered(hs, list), size = 4 + 2;
    for (size_t i = 0; i < count; i++) {
        size += 2 + list[i].identity.len + 4;
    }
    return count ? size + psk_binders_size(list, count) : 0;
}

/* ---- server ---- */
bool psk_at(const struct hs *hs, size_t i, struct slice *identity, struct slice *binder)
{
    struct reader identities = reader_of(hs->offer.psk_identities);
    struct reader binders = reader_of(hs->offer.psk_binders);
    for (size_t at = 0; at <= i; at++) {
        *identity = read_vector(&identities, 2);
        (void)read_number(&identities, 4); /* obfuscated_ticket_age: who is let in does not hang on it */
        *binder = read_vector(&binders, 1);
    }
    return !identities.bad && !binders.bad;
}

/* RFC 8446 4.2.9 */
bool psk_mode_fits(const struct hs *hs)
{
    const struct offer *o = &hs->offer;
    return (o->psk_dhe && o->has_groups) || (o->psk_alone && hs->config->psk_alone);
}

bool psk_resumes(const struct hs *hs)
{
    const struct config *c = hs->config;
    return c->keyring && (c->sessions || c->asks & ASK_LOOK_UP_SESSION || c->tickets);
}
