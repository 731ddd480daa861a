/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* What is told of a step beside its message: which records carry it, why it is there, the transcript behind
 * it. */

/* Where the next handshake message begins: in this record, when bytes of it are left. */
static void note_beginning(hf_conn *c, const hf_event *e)
{
    const struct hs *hs = c->hs;
    size_t have = hs ? buffer_len(&hs->incoming) + hs->input.len : 0;
    c->first_in = have > e->size ? c->records_in : 0;
}

static void records_in(hf_conn *c, hf_event *e, bool is_handshake)
{
    const uint64_t next = c->in.protection.sequence;
    e->record = e->first_record = c->records_in;
    e->sequence = next ? next - 1 : 0;
    if (is_handshake) {
        e->first_record = c->first_in ? c->first_in : c->records_in;
        note_beginning(c, e);
    }
}

/* An open record has its end still to come: what of the message is in it, and how many whole ones are before
 * it. */
static void records_out(const hf_conn *c, hf_event *e, bool is_handshake)
{
    const struct record_out *out = &c->out;
    const struct protection *p = &out->protection;
    bool open = out->open != RECORD_NOT_OPEN;
    e->record = e->first_record = out->records + (open ? 1 : 0);
    e->sequence = open || !p->sequence ? p->sequence : p->sequence - 1;
    if (is_handshake && open) {
        size_t held = buffer_len(&out->queue) - out->open - RECORD_HEADER - protection_head(p);
        size_t before = e->size > held ? e->size - held : 0;
        e->first_record -= (uint32_t)((before + out->fragment - 1) / out->fragment);
    }
}

void event_records(hf_conn *c, hf_event *e, bool received, bool is_handshake)
{
    if (received) {
        records_in(c, e, is_handshake);
    } else {
        records_out(c, e, is_handshake);
    }
}

const char *event_why(const hf_conn *c, const struct step *step, char *room, size_t size)
{
    room[0] = 0;
    return c->hs ? step_why(step, room, size) : room;
}

hf_bytes event_transcript(const hf_conn *c, uint8_t room[HASH_MAX])
{
    struct slice hash;
    bool known = c->hs && c->hs->transcript.run.hash != HASH_NONE &&
                 transcript_hash(&c->hs->transcript, room, &hash) == OK;
    return known ? bytes_of_slice(hash) : (hf_bytes){0};
}
