/* SPDX-License-Identifier: MIT */
#include "floor.h"

#include <stdlib.h>
#include <string.h>

#include "fail.h"

enum { RECORD_HEADER = 5, EXPLICIT_NONCE = 8, MESSAGE_MAX = 16384, TAG = 16 };
enum { TRANSCRIPT_EC = 1000, TRANSCRIPT_LONG = 1500, TRANSCRIPT_RESUMED = 500 };
enum { FLIGHTS13 = 700, FLIGHTS13_MUTUAL = 1300, FLIGHTS13_RESUMED = 80 };

static void exchange(struct floor *floor, enum side side)
{
    if (floor->work.retry && side == CLIENT) /* the share that the server does not take */
        floor_make_x25519(floor);
    if (floor->work.psk_alone) /* RFC 8446 4.2.9: the client's share goes out for nothing */
        side == CLIENT ? floor_make_share(floor) : (void)0;
    else if (floor->work.x25519)
        floor_make_x25519(floor), floor_agree_x25519(floor);
    else
        floor_make_share(floor), floor_agree(floor);
}

void floor_full(struct floor *floor, enum side side)
{
    bool longer = floor->work.mutual || floor->work.key == KEY_RSA;
    exchange(floor, side);
    if (side == SERVER || floor->work.mutual)
        floor_sign(floor);
    if (side == CLIENT || floor->work.mutual) {
        if (!floor->work.chain_known)
            floor_verify_chain(floor);
        floor_verify(floor);
    }
    if (floor->work.tls13)
        floor_tail13(floor, longer ? TRANSCRIPT_LONG : TRANSCRIPT_EC, longer ? FLIGHTS13_MUTUAL : FLIGHTS13);
    else
        floor_tail_full(floor, longer ? TRANSCRIPT_LONG : TRANSCRIPT_EC);
}

void floor_resumed(struct floor *floor, enum side side)
{
    if (floor->work.tls13) {
        exchange(floor, side);
        floor_tail13(floor, TRANSCRIPT_RESUMED, FLIGHTS13_RESUMED);
        return;
    }
    floor_tail_resumed(floor, TRANSCRIPT_RESUMED);
}

static void *floor_prepare(const struct work *work, const struct pki *pki)
{
    struct floor *floor = calloc(1, sizeof *floor);
    CHECK(floor != NULL);
    floor->work = *work;
    floor_keys_make(floor, pki);
    return floor;
}

static void floor_release(void *prepared)
{
    floor_keys_free(prepared);
    free(prepared);
}

static void floor_start(struct end *end)
{
    end->conn = NULL;
}

static enum progress floor_step(struct end *end)
{
    struct floor *floor = end->prepared;
    if (floor->work.resume)
        floor_resumed(floor, end->side);
    else
        floor_full(floor, end->side);
    return DONE;
}

static void floor_check(const struct end *end, const struct work *work)
{
    (void)end, (void)work; /* every primitive checks its own result */
}

static struct floor_aead *kept_aead(struct end *end, bool sealing)
{
    static const uint8_t key[16] = {1, 2, 3};
    struct floor *floor = end->prepared;
    if (end->conn == NULL)
        end->conn = floor_aead_new(floor, key, sealing);
    return end->conn;
}

/* What the next record of a message of which len bytes are left holds. */
static size_t fragment_of(const struct end *end, size_t len)
{
    const struct floor *floor = end->prepared;
    return floor->work.fragment && len > floor->work.fragment ? floor->work.fragment : len;
}

/*
 * Room is left for the header, so that the bytes lie as in the other columns; the record's number is its
 * nonce. It is sealed in a place of its own and then put on the wire, as in the other columns: the copy
 * stands for the system call, and is nobody's merit.
 */
static void seal_record(struct end *end, const uint8_t *message, size_t len)
{
    struct wire *out = end->out;
    size_t whole = RECORD_HEADER + EXPLICIT_NONCE + len + TAG;
    static uint8_t record[RECORD_HEADER + EXPLICIT_NONCE + MESSAGE_MAX + TAG];
    CHECK(whole <= sizeof record);
    memcpy(record + RECORD_HEADER, &out->tail, EXPLICIT_NONCE);
    floor_aead_seal(kept_aead(end, true), record + RECORD_HEADER, message, len);
    wire_write(out, record, whole);
}

static void floor_seal(struct end *end, const uint8_t *message, size_t len)
{
    for (size_t done = 0, part; done < len; done += part) {
        part = fragment_of(end, len - done);
        seal_record(end, message + done, part);
    }
}

static void open_record(struct end *end, size_t len, uint8_t *copy)
{
    struct wire *in = end->in;
    size_t whole = RECORD_HEADER + EXPLICIT_NONCE + len + TAG;
    CHECK(whole <= in->tail - in->head);
    uint8_t *record = in->bytes + in->head;
    floor_aead_open(kept_aead(end, false), record + RECORD_HEADER, len);
    if (copy != NULL)
        memcpy(copy, record + RECORD_HEADER + EXPLICIT_NONCE, len);
    in->head += whole;
}

static void floor_open(struct end *end, size_t len, uint8_t *copy)
{
    for (size_t done = 0, part; done < len; done += part) {
        part = fragment_of(end, len - done);
        open_record(end, part, copy != NULL ? copy + done : NULL);
    }
}

static void floor_close(struct end *end)
{
    floor_aead_free(end->conn);
}

const struct implementation floor_implementation = {
    .name = "floor",
    .prepare = floor_prepare,
    .release = floor_release,
    .start = floor_start,
    .step = floor_step,
    .check = floor_check,
    .seal = floor_seal,
    .open = floor_open,
    .close = floor_close,
};
