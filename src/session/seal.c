/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "session/box.h"
#include "session/keyring.h"

/* Sessions under lock: whatever a byte is changed in, or where it is moved to, it does not open. */
#define PAD 256   /* lengths tell as little as they can */
#define AEAD_ID 2 /* AES-256-GCM, as RFC 5116 6 numbers it */

/* ---- a session as plaintext: its length, the form, zeroes to a round size ---- */
static size_t padded_size(const struct session *s)
{
    return (session_plain_size(s) + 2 + PAD - 1) / PAD * PAD;
}

static bool can_be_sealed(const struct session *s)
{
    size_t leaf = s->peer ? chain_leaf(slice_of_span(s->peer->chain)).len : 0;
    return leaf <= SESSION_LEAF_MAX && session_plain_size(s) <= SESSION_PLAIN_MAX - 2 && !s->ticket.len;
}

static void pad(const struct session *s, uint8_t *plain, size_t size)
{
    struct writer w = writer_of(plain, size);
    write_number(&w, (uint32_t)session_plain_size(s), 2);
    session_encode_plain(s, &w);
    memset(plain + w.len, 0, size - w.len);
}

static enum err unpad(struct slice padded, struct session **out)
{
    struct reader r = reader_of(padded);
    struct slice plain = read_vector(&r, 2);
    return r.bad ? E_BAD_SESSION : session_decode_plain(plain, out);
}

static enum err seal_padded(const struct box *b, const struct session *s, struct writer *w)
{
    uint8_t plain[SESSION_PLAIN_MAX];
    size_t size = padded_size(s);
    if (size > sizeof plain || w->cap - w->len < size + BOX_TAG_SIZE) {
        return E_BUFFER_LIMIT;
    }
    pad(s, plain, size);
    enum err e = box_seal(b, slice_of(plain, size), w->base + w->len);
    wipe(plain, size);
    w->len += e == OK ? size + BOX_TAG_SIZE : 0;
    return e;
}

static enum err open_padded(const struct box *b, struct slice sealed, struct session **out)
{
    uint8_t plain[SESSION_PLAIN_MAX];
    if (sealed.len < BOX_TAG_SIZE || sealed.len - BOX_TAG_SIZE > sizeof plain) {
        return E_BAD_SESSION;
    }
    enum err e = box_open(b, sealed, plain);
    e = e == OK                 ? unpad(slice_of(plain, sealed.len - BOX_TAG_SIZE), out)
        : e == E_BAD_RECORD_MAC ? E_BAD_SESSION
                                : e;
    wipe(plain, sealed.len - BOX_TAG_SIZE);
    return e;
}

/* ---- records ---- */
#define RECORD_MAGIC "HFS1"
#define RECORD_HEAD 20 /* magic, format, AEAD, flags, a zero; epoch; not_after */
#define RECORD_LABEL "handfast session v1"

struct bindings {
    char store_key[STORE_KEY_SIZE];
    const uint8_t *context;
    struct slice id;
};

/* header ‖ salt ‖ store key ‖ context ‖ ID, in one piece */
#define ADDITIONAL_MAX (RECORD_HEAD + BOX_SALT_SIZE + STORE_KEY_SIZE + CONTEXT_SIZE + SESSION_ID_MAX)
static struct slice additional_of(struct slice head, const struct bindings *b, uint8_t out[ADDITIONAL_MAX])
{
    struct writer w = writer_of(out, ADDITIONAL_MAX);
    write_bytes(&w, head);
    write_bytes(&w, slice_of_string(b->store_key));
    write_bytes(&w, slice_of(b->context, CONTEXT_SIZE));
    write_bytes(&w, b->id);
    return written(&w);
}

static void write_head(struct writer *w, const struct epoch *e, int64_t not_after)
{
    write_bytes(w, slice_of(RECORD_MAGIC, 4));
    write_number(w, 1, 1);
    write_number(w, AEAD_ID, 1);
    write_number(w, 0, 2);
    write_number(w, e->id, 4);
    write_number(w, (uint32_t)((uint64_t)not_after >> 32), 4);
    write_number(w, (uint32_t)((uint64_t)not_after & 0xffffffff), 4);
}

enum err record_seal_session(const struct sealing *by, const struct session *s, const char *store_key,
                             struct writer *w)
{
    uint8_t additional[ADDITIONAL_MAX];
    size_t start = w->len;
    struct bindings b = {.context = s->context, .id = slice_of(s->id, s->id_len)};
    struct box box = {.label = RECORD_LABEL};
    if (!can_be_sealed(s) || strlen(store_key) >= sizeof b.store_key) {
        return E_BUFFER_LIMIT;
    }
    memcpy(b.store_key, store_key, strlen(store_key) + 1);
    struct keyring_hold hold = keyring_enter(by->keyring);
    /* the epoch that the ID names: both end together */
    const struct epoch *e = s->id_len ? keyring_find_low(&hold, s->id[0] % EPOCHS_MAX, by->now) : NULL;
    enum err err = e ? OK : E_BAD_KEYRING;
    if (e) {
        write_head(w, e, s->expires);
        err = box_salt(by->random, w, &box.salt);
    }
    if (err == OK) {
        box.secret = slice_of(e->record_key, sizeof e->record_key);
        box.additional =
            additional_of(slice_of(w->base + start, RECORD_HEAD + BOX_SALT_SIZE), &b, additional);
        err = seal_padded(&box, s, w);
    }
    keyring_leave(hold);
    w->len = err == OK ? w->len : start;
    return err;
}

enum err record_open_session(const struct sealing *by, struct slice id, struct slice sealed,
                             struct session **out)
{
    uint8_t additional[ADDITIONAL_MAX];
    struct bindings b = {.context = by->context, .id = id};
    struct box box = {.label = RECORD_LABEL};
    *out = NULL;
    if (sealed.len < RECORD_HEAD + BOX_SALT_SIZE + BOX_TAG_SIZE || sealed.len > RECORD_MAX ||
        memcmp(sealed.data, RECORD_MAGIC "\1\2\0\0", 8) != 0) {
        return E_BAD_SESSION;
    }
    struct reader r = reader_of(slice_after(sealed, 8));
    uint32_t epoch = read_number(&r, 4);
    TRY(session_store_key(by->keyring, by->context, by->now, id, b.store_key));
    box.salt = slice_of(sealed.data + RECORD_HEAD, BOX_SALT_SIZE);
    box.additional = additional_of(slice_of(sealed.data, RECORD_HEAD + BOX_SALT_SIZE), &b, additional);
    struct keyring_hold hold = keyring_enter(by->keyring);
    const struct epoch *e = keyring_find(&hold, epoch, by->now);
    enum err err = e ? OK : E_BAD_SESSION;
    if (e) {
        box.secret = slice_of(e->record_key, sizeof e->record_key);
        err = open_padded(&box, slice_after(sealed, RECORD_HEAD + BOX_SALT_SIZE), out);
    }
    keyring_leave(hold);
    return err;
}

/* ---- tickets: RFC 5077 4, with an AEAD instead of its CBC and HMAC ---- */
#define TICKET_LABEL "handfast ticket v1"
#define TICKET_HEAD (TICKET_NAME_SIZE + BOX_SALT_SIZE)

static struct slice ticket_additional(struct slice head, const uint8_t context[CONTEXT_SIZE],
                                      uint8_t out[ADDITIONAL_MAX])
{
    struct writer w = writer_of(out, ADDITIONAL_MAX);
    write_bytes(&w, head);
    write_bytes(&w, slice_of(context, CONTEXT_SIZE));
    return written(&w);
}

enum err ticket_seal(const struct sealing *by, const struct session *s, struct writer *w, int64_t *ends)
{
    uint8_t additional[ADDITIONAL_MAX];
    size_t start = w->len;
    struct box box = {.label = TICKET_LABEL};
    if (!can_be_sealed(s)) {
        return E_BUFFER_LIMIT;
    }
    struct keyring_hold hold = keyring_enter(by->keyring);
    const struct epoch *e = keyring_current(&hold, by->now);
    enum err err = e ? OK : E_BAD_KEYRING;
    if (e) {
        *ends = e->decrypt_until < s->expires ? e->decrypt_until : s->expires;
        write_bytes(w, slice_of(e->ticket_name, TICKET_NAME_SIZE));
        err = box_salt(by->random, w, &box.salt);
    }
    if (err == OK) {
        box.secret = slice_of(e->ticket_key, sizeof e->ticket_key);
        box.additional = ticket_additional(slice_of(w->base + start, TICKET_HEAD), s->context, additional);
        err = seal_padded(&box, s, w);
    }
    keyring_leave(hold);
    w->len = err == OK ? w->len : start;
    return err;
}

enum err ticket_open(const struct sealing *by, struct slice ticket, struct session **out, bool *renew)
{
    uint8_t additional[ADDITIONAL_MAX];
    struct box box = {.label = TICKET_LABEL};
    *out = NULL;
    if (ticket.len < TICKET_HEAD + BOX_TAG_SIZE) {
        return E_BAD_SESSION;
    }
    box.salt = slice_of(ticket.data + TICKET_NAME_SIZE, BOX_SALT_SIZE);
    box.additional = ticket_additional(slice_of(ticket.data, TICKET_HEAD), by->context, additional);
    struct keyring_hold hold = keyring_enter(by->keyring);
    const struct epoch *e = keyring_find_ticket(&hold, slice_of(ticket.data, TICKET_NAME_SIZE), by->now);
    enum err err = e ? OK : E_BAD_SESSION;
    if (e) {
        *renew = e != keyring_current(&hold, by->now);
        box.secret = slice_of(e->ticket_key, sizeof e->ticket_key);
        err = open_padded(&box, slice_after(ticket, TICKET_HEAD), out);
    }
    keyring_leave(hold);
    return err;
}
