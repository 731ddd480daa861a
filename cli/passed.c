/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "cli/passage.h"

/*
 * The sides log their secrets when they have them, and whoever reads the log is a little late: what passes is
 * kept, and looked at in a pause when the log has the connection's secrets; at the latest when the connection
 * ends or there is too much of it.
 */
enum { PASSED_MOST = 256 * 1024, PAUSE = 100 /* ms */ };
struct passed {
    struct passed *next;
    hf_side from;
    bool end, cut;
    int64_t time;
    size_t len;
    uint8_t bytes[];
};

static int64_t now(void)
{
    struct timeval t;
    gettimeofday(&t, NULL);
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void look(struct passage *p, const struct passed *one)
{
    hf_tap_time(p->watched->tap, one->time);
    if (one->end) {
        hf_tap_end(p->watched->tap, one->from, one->cut);
    } else {
        hf_tap_push(p->watched->tap, one->from, (hf_bytes){one->bytes, one->len});
    }
}

static void drain(struct passage *p)
{
    while (p->first != NULL) {
        struct passed *one = p->first;
        p->first = one->next;
        look(p, one);
        free(one);
    }
    p->last = &p->first;
    p->held = 0;
}

/* ---- pauses ---- */
/* RFC 5246 6.2.1, 7.4.1.2: where the first ClientHello has its random. */
static hf_bytes client_random(const struct passage *p)
{
    enum { AT = 5 + 4 + 2, SIZE = 32 };
    const struct passed *one = p->first;
    while (one != NULL && (one->from != HF_CLIENT || one->end)) {
        one = one->next;
    }
    return one != NULL && one->len >= AT + SIZE ? (hf_bytes){one->bytes + AT, SIZE} : (hf_bytes){NULL, 0};
}

static void on_pause(uv_timer_t *timer)
{
    struct passage *p = timer->data;
    const struct watch *w = &p->server->watch;
    (void)watch_read_keys(&p->server->watch); /* what cannot be read has been said */
    p->opened = p->opened || hf_secrets_have(w->secrets, client_random(p));
    if (p->opened) {
        drain(p);
    }
}

static void keep(struct passage *p, struct passed head, hf_bytes bytes)
{
    struct passed *one = p->watched == NULL ? NULL : malloc(sizeof *one + bytes.len);
    if (one == NULL) { /* what follows passes on unseen */
        if (p->watched != NULL) {
            hf_tap_miss(p->watched->tap, head.from, bytes.len);
        }
        return;
    }
    *one = head;
    one->time = now();
    one->len = bytes.len;
    if (bytes.len > 0) {
        memcpy(one->bytes, bytes.data, bytes.len);
    }
    if (p->looked) {
        look(p, one);
        free(one);
        return;
    }
    *p->last = one;
    p->last = &one->next;
    p->held += sizeof *one + bytes.len;
    if (p->held > PASSED_MOST) {
        passed_look(p);
    } else if (!p->over) {
        uv_timer_start(&p->settle, on_pause, PAUSE, 0);
    }
}

void passed_add(struct passage *p, hf_side from, hf_bytes bytes)
{
    keep(p, (struct passed){.from = from}, bytes);
}

void passed_end(struct passage *p, hf_side from, bool cut)
{
    keep(p, (struct passed){.from = from, .end = true, .cut = cut}, (hf_bytes){NULL, 0});
}

void passed_look(struct passage *p)
{
    if (!p->looked) {
        (void)watch_read_keys(&p->server->watch); /* what cannot be read has been said */
    }
    p->looked = true;
    drain(p);
}

void passed_finish(struct passage *p)
{
    if (p->watched != NULL) {
        passed_look(p);
        watched_end(p->watched);
        p->watched = NULL;
    }
}
