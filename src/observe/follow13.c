/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/* What a message of TLS 1.3 changes for those behind it: RFC 8446 2, A. */

enum { TYPE_END_OF_EARLY_DATA = 5, TYPE_KEY_UPDATE = 24, TYPE_MESSAGE_HASH = 254 };

bool tap_is13(const struct hf_tap *t)
{
    return t->now.version == TLS_1_3;
}

/* RFC 8446 4.4.1: the first ClientHello is hashed as the hash of itself. */
void tap_retry_transcript(struct observed *o)
{
    uint8_t message[HANDSHAKE_HEADER + HASH_MAX] = {TYPE_MESSAGE_HASH, 0, 0};
    enum hash hash = o->suite.suite.hash;
    enum err e = o->suite.known
                     ? hash_once(hash, transcript_messages(&o->transcript), message + HANDSHAKE_HEADER)
                     : E_INTERNAL;
    transcript_wipe(&o->transcript);
    transcript_init(&o->transcript, OBSERVED_TRANSCRIPT_MAX, (struct span){NULL, 0});
    message[3] = (uint8_t)hash_size(hash);
    e = e == OK ? transcript_add(&o->transcript, slice_of(message, HANDSHAKE_HEADER + hash_size(hash))) : e;
    o->transcript_whole &= e == OK;
}

bool tap_changes_keys13(const struct lane *l, uint8_t type)
{
    switch (type) {
    case TYPE_END_OF_EARLY_DATA:
        return l->stage == STAGE_EARLY;
    case TYPE_KEY_UPDATE:
        return l->stage == STAGE_TRAFFIC;
    default:
        return type == message_row(FINISHED)->type && l->stage == STAGE_HANDSHAKE;
    }
}

void tap_no_early(struct hf_tap *t)
{
    struct lane *client = &t->lane[CLIENT];
    if (client->stage == STAGE_EARLY) {
        client->stage = STAGE_CLEAR;
        client->epoch = 0;
        client->hidden = NULL;
        protection_wipe(&client->protection);
    }
}

void tap_after13(struct hf_tap *t, struct lane *l, enum message m, uint8_t type)
{
    struct lane *client = &t->lane[CLIENT];
    if (m == HELLO_RETRY_REQUEST) { /* RFC 8446 4.2.10: no early data behind it */
        tap_no_early(t);
    } else if (m == SERVER_HELLO && t->now.has_hellos[SERVER]) {
        tap_keys13(t, l, STAGE_HANDSHAKE);
        if (client->stage != STAGE_EARLY) {
            tap_keys13(t, client, STAGE_HANDSHAKE);
        }
    } else if (!tap_changes_keys13(l, type)) {
        return;
    } else if (type == TYPE_KEY_UPDATE) {
        tap_update13(t, l);
    } else {
        tap_keys13(t, l, type == TYPE_END_OF_EARLY_DATA ? STAGE_HANDSHAKE : STAGE_TRAFFIC);
    }
}
