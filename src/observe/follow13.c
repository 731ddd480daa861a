/* SPDX-License-Identifier: MIT */
#include "observe/observe.h"

/* What a message of TLS 1.3 changes for those behind it: RFC 8446 2, A. */

bool tap_is13(const struct hf_tap *t)
{
    return t->now.version == TLS_1_3;
}

bool tap_may_be13(const struct hf_tap *t)
{
    return t->now.version ? tap_is13(t) : t->now.offers13;
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

bool tap_changes_keys13(const struct lane *l, enum message m)
{
    switch (m) {
    case END_OF_EARLY_DATA:
        return l->stage == STAGE_EARLY;
    case KEY_UPDATE:
        return l->stage == STAGE_TRAFFIC;
    case FINISHED:
        return l->stage == STAGE_HANDSHAKE;
    default:
        return false;
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

void tap_after13(struct hf_tap *t, struct lane *l, enum message m)
{
    struct lane *client = &t->lane[CLIENT];
    if (m == HELLO_RETRY_REQUEST) { /* RFC 8446 4.2.10: no early data behind it */
        tap_no_early(t);
    } else if (m == SERVER_HELLO && t->now.has_hellos[SERVER]) {
        tap_keys13(t, l, STAGE_HANDSHAKE);
        if (client->stage != STAGE_EARLY) {
            tap_keys13(t, client, STAGE_HANDSHAKE);
        }
    } else if (!tap_changes_keys13(l, m)) {
        return;
    } else if (m == KEY_UPDATE) {
        tap_update13(t, l);
    } else {
        tap_keys13(t, l, m == END_OF_EARLY_DATA ? STAGE_HANDSHAKE : STAGE_TRAFFIC);
    }
}
