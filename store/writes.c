/* SPDX-License-Identifier: MIT */
#include "store/inside.h"

#include <stdio.h>
#include <string.h>

/* What was forgotten is remembered for as long as a session can live at most. */
#define NEGATIVE_LIFE (25 * 3600 * UINT64_C(1000))
#define JITTER_PARTS 20             /* a twentieth, 5 % */
#define TELL_MOST (AWAITED_MAX / 4) /* at once: lookups want room on a link too */

void full_name(const struct hf_store *s, const char *kind, const char *key, char out[FULL_NAME_SIZE])
{
    snprintf(out, FULL_NAME_SIZE, "%s%s%s", s->prefix, kind, key);
}

/* base64url, as the library makes them: no braces, which would mean something to a cluster, and nothing a URL
 * or a terminal could take amiss. */
bool key_fits(const char *key)
{
    size_t len = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return len > 0 && len < KEY_SIZE && key[len] == '\0';
}

bool key_forgotten(struct hf_store *s, const char *key)
{
    return lru_find(&s->negative, key, s->now) != NULL;
}

/* Where a write goes, and its words. Room must live until it is encoded. */
struct room {
    char name[FULL_NAME_SIZE], number[24];
};

static void write_name(const struct hf_store *s, const struct write *w, char out[FULL_NAME_SIZE])
{
    bool of_index = w->verb >= WRITE_ADD;
    full_name(s, of_index ? "i:" : "", of_index ? w->index : w->key, out);
}

static bool write_words(struct hf_store *s, const struct write *w, struct room *room, struct command *c)
{
    static const char *const verbs[] = {"SET", "UNLINK", "SADD", "PEXPIRE", "PEXPIRE", "PEXPIRE"};
    command_text(c, verbs[w->verb]);
    command_text(c, room->name);
    if (w->verb == WRITE_SET) { /* the record is kept here as well: a redirected SET finds it again */
        const struct lru_entry *e = lru_find(&s->records, w->key, s->now);
        if (e == NULL) {
            return false;
        }
        command_add(c, e->bytes, e->len);
        command_text(c, "PX");
        command_number(c, room->number, w->life);
        command_text(c, "NX");
    } else if (w->verb == WRITE_ADD) {
        command_text(c, w->key);
    } else if (w->verb != WRITE_UNLINK) {
        command_number(c, room->number, w->life);
        if (w->verb != WRITE_EXPIRE) {
            command_text(c, w->verb == WRITE_EXPIRE_FIRST ? "NX" : "GT");
        }
    }
    return true;
}

static bool write_on(struct hf_store *s, struct link *l, const struct write *w, bool redirected)
{
    struct room room;
    struct command c = {.argc = 0};
    struct pending p = {.what = AWAIT_WRITE, .redirected = redirected, .write = *w};
    write_name(s, w, room.name);
    return write_words(s, w, &room, &c) && link_send(s, l, &c, &p);
}

/* False when there is nobody to tell now. */
static bool write_send(struct hf_store *s, struct write *w)
{
    char name[FULL_NAME_SIZE];
    write_name(s, w, name);
    struct server *server = server_of_name(s, name);
    struct link *l = server && server->breaker.state == HF_BREAKER_CLOSED
                         ? server_link(server, w->verb >= WRITE_ADD ? w->index : w->key)
                         : NULL;
    if (l && server->old && w->verb == WRITE_EXPIRE_FIRST) {
        return true; /* the other one does it alone */
    }
    if (l && server->old && w->verb == WRITE_EXPIRE_LATER) {
        w->verb = WRITE_EXPIRE;
    }
    return l && write_on(s, l, w, false);
}

static void write_index(struct hf_store *s, struct write w, const char *index)
{
    if (!key_fits(index)) {
        return;
    }
    memcpy(w.index, index, strlen(index) + 1);
    for (w.verb = WRITE_ADD; w.verb <= WRITE_EXPIRE_LATER; w.verb++) {
        struct write one = w;
        if (!write_send(s, &one)) {
            s->stats.put_errors += w.verb == WRITE_ADD;
            return;
        }
    }
}

static void put(struct hf_store *s, const hf_session_record *record)
{
    struct write w = {.verb = WRITE_SET};
    uint64_t life = (record->life < LONGEST_LIFE ? record->life : LONGEST_LIFE) * UINT64_C(1000);
    if (record->sealed.len > HF_SESSION_RECORD_MAX || life == 0 || key_forgotten(s, record->key) ||
        s->ending) {
        s->stats.put_errors++;
        return;
    }
    s->stats.puts++;
    s->stats.put_bytes += record->sealed.len;
    lru_put(&s->records, record->key, record->sealed, s->now + life);
    if (s->url.kind == URL_MEMORY) {
        return;
    }
    memcpy(w.key, record->key, strlen(record->key) + 1);
    w.life = life - store_random(s) % (life / JITTER_PARTS + 1);
    if (!write_send(s, &w)) {
        s->stats.put_errors++;
        return;
    }
    w.life = life;
    for (size_t i = 0; i < record->index_count; i++) {
        write_index(s, w, record->indexes[i]);
    }
}

static void forget(struct hf_store *s, const char *key)
{
    struct write w = {.verb = WRITE_UNLINK};
    s->stats.forgets++;
    lru_drop(&s->records, key);
    lru_put(&s->negative, key, (hf_bytes){NULL, 0}, s->now + NEGATIVE_LIFE);
    if (s->url.kind != URL_MEMORY) {
        memcpy(w.key, key, strlen(key) + 1);
        if (!write_send(s, &w)) {
            write_untold(s);
        }
    }
}

void hf_store_effect(void *store, const hf_session_record *record)
{
    struct hf_store *s = store;
    if (!key_fits(record->key)) {
        s->stats.put_errors++;
    } else if (record->sealed.len == 0) {
        forget(s, record->key);
    } else {
        put(s, record);
    }
}

void write_untold(struct hf_store *s)
{
    if (!s->untold) {
        s->untold = true;
        s->tell_at = s->now + TELL_PAUSE;
    }
}

void writes_tell(struct hf_store *s)
{
    if (!s->untold || s->ending) {
        return;
    }
    s->untold = false;
    const struct lru_entry *e = s->negative.oldest, *newer;
    for (size_t left = s->negative.count, room = TELL_MOST; left > 0; left--, e = newer) {
        struct write w = {.verb = WRITE_UNLINK};
        newer = e->newer;
        memcpy(w.key, e->key, sizeof w.key);
        if (e->told) {
            continue;
        }
        if (room == 0 || !write_send(s, &w)) {
            write_untold(s); /* another time */
            continue;
        }
        room--;
        lru_find(&s->negative, w.key, s->now); /* now the newest: next time the others go first */
    }
}

void writes_tick(struct hf_store *s)
{
    if (s->untold && s->now >= s->tell_at) {
        writes_tell(s);
    }
}

uint64_t writes_due(const struct hf_store *s)
{
    return s->untold && any_ready(s) ? s->tell_at : UINT64_MAX;
}

static void write_refused(struct hf_store *s, struct link *l, const struct pending *p,
                          const hf_store_reply *r)
{
    struct write w = p->write;
    bool option = w.verb == WRITE_EXPIRE_FIRST || w.verb == WRITE_EXPIRE_LATER;
    if (option && reply_begins(r, "ERR")) { /* before Redis 7 */
        l->server->old = true;
        w.verb = WRITE_EXPIRE;
        if (p->write.verb == WRITE_EXPIRE_LATER) {
            write_on(s, l, &w, p->redirected);
        }
        return;
    }
    struct link *to = p->redirected ? NULL : redirect(s, l, r);
    if (to && write_on(s, to, &w, true)) {
        return;
    }
    s->stats.put_errors += w.verb == WRITE_SET;
    if (w.verb == WRITE_UNLINK) {
        write_untold(s);
    }
    reply_problem(s, l, r);
}

void write_reply(struct hf_store *s, struct link *l, const struct pending *p, const hf_store_reply *r)
{
    if (r->kind == HF_REPLY_ERROR) {
        write_refused(s, l, p, r);
    } else if (p->write.verb == WRITE_UNLINK) {
        struct lru_entry *e = lru_find(&s->negative, p->write.key, s->now);
        if (e) {
            e->told = true;
        }
    }
}
