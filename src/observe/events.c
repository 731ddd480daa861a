/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "observe/observe.h"

/* What is told, and the public functions of a tap. */

hf_event tap_event(const struct hf_tap *t, const struct lane *l, hf_event_kind kind)
{
    static const char *const keys[] = {"", "early data", "handshake", "application"}; /* by enum stage13 */
    hf_side by = l->by == CLIENT ? HF_CLIENT : HF_SERVER;
    return (hf_event){
        .kind = kind,
        .by = by,
        .seen_by = by,
        .name = "",
        .rfc = "",
        .text = "",
        .why = "",
        .about = "",
        .keys = l->in_clear ? "" : keys[l->stage],
        .epoch = l->in_clear ? 0 : l->epoch,
        .record = l->records,
        .first_record = l->records,
        .sequence = l->in_clear ? 0 : l->sequence,
        .protected_by = l->epoch && !l->in_clear ? l->suite : 0,
        .handshake = t->now.number,
        .version = t->now.version,
        .suite = t->now.code,
        .certificate_type = t->now.certificate_type[l->by],
        .alert = HF_NO_ALERT,
        .time = t->time,
    };
}

void tap_emit(struct hf_tap *t, const hf_event *e)
{
    if (t->observer) {
        t->observer(t->arg, e);
    }
}

/* The first reason is kept: what follows is mostly its consequence. Reasons live longer than the tap or are
 * copied here. */
static void remember(struct hf_tap *t, const char *why)
{
    if (t->why[0] == 0) {
        size_t len = strlen(why);
        len = len < sizeof t->why ? len : sizeof t->why - 1;
        memcpy(t->why, why, len);
        t->why[len] = 0;
    }
}

void tap_hidden(struct hf_tap *t, struct lane *l, size_t size, const char *why)
{
    hf_event e = tap_event(t, l, HF_EVENT_HIDDEN);
    e.name = t->hidden_name;
    e.size = size;
    e.text = why;
    t->summary.hidden++;
    remember(t, why);
    tap_emit(t, &e);
}

void tap_lose(struct hf_tap *t, struct lane *l, enum err err, const char *why)
{
    hf_event e = tap_event(t, l, HF_EVENT_HIDDEN);
    e.err = (hf_err)err;
    e.rfc = err_row(err)->rfc;
    e.text = why;
    l->lost = true;
    remember(t, why);
    tap_emit(t, &e);
}

/* ---- public ---- */
hf_tap *hf_tap_new(const hf_secrets *keylog, hf_observer *observer, void *arg)
{
    void *memory;
    if (crypto_start() != OK || memory_new(sizeof(hf_tap), &memory) != OK) {
        return NULL;
    }
    hf_tap *t = memory;
    t->keylog = keylog;
    t->observer = observer;
    t->arg = arg;
    t->summary.why = t->why;
    t->hidden_name = "";
    t->lane[CLIENT].by = CLIENT;
    t->lane[SERVER].by = SERVER;
    return t;
}

void hf_tap_free(hf_tap *t)
{
    if (t) {
        lane_wipe(&t->lane[CLIENT]);
        lane_wipe(&t->lane[SERVER]);
        tap_forget(&t->now);
        memory_free(t, sizeof *t);
    }
}

static struct lane *lane_of(hf_tap *t, hf_side from)
{
    return &t->lane[from == HF_CLIENT ? CLIENT : SERVER];
}

void hf_tap_time(hf_tap *t, int64_t microseconds)
{
    if (t) {
        t->time = microseconds;
    }
}

void hf_tap_push(hf_tap *t, hf_side from, hf_bytes bytes)
{
    if (t && (bytes.data || !bytes.len)) {
        lane_push(t, lane_of(t, from), slice_of(bytes.data, bytes.len));
    }
}

void hf_tap_miss(hf_tap *t, hf_side from, uint64_t len)
{
    if (t) {
        lane_miss(t, lane_of(t, from), len);
    }
}

void hf_tap_end(hf_tap *t, hf_side from, bool cut)
{
    if (!t || lane_of(t, from)->ended) {
        return;
    }
    struct lane *l = lane_of(t, from);
    l->ended = true;
    t->summary.unread += buffer_len(&l->partial);
    /* Behind a fatal alert nobody owes a close_notify, and whether a hidden alert was one is not known. */
    bool owes = l->begun && !l->closed && !l->gave_up && !l->hidden && !l->lost;
    if (owes || (l->begun && cut && !l->closed)) {
        hf_event e = tap_event(t, l, HF_EVENT_CLOSED);
        e.err = HF_TRUNCATED;
        e.name = err_row(E_TRUNCATED)->name;
        e.rfc = err_row(E_TRUNCATED)->rfc;
        e.text = cut ? "the stream was cut" : err_row(E_TRUNCATED)->sentence;
        tap_emit(t, &e);
    }
}

const hf_tap_summary *hf_tap_look(const hf_tap *t)
{
    static const hf_tap_summary none = {.why = ""};
    return t ? &t->summary : &none;
}
