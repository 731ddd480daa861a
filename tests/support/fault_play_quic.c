/* SPDX-License-Identifier: MIT */
#include "fault_play.h"

#include <handfast/early.h>
#include <handfast/unstable/quic.h>
#include <string.h>

/* The two connections where QUIC carries the handshake: bytes by level, and the secrets, which must be the
 * same. */
#define LEVELS 4

struct kept {
    uint8_t bytes[2][LEVELS][64]; /* by who writes */
    size_t len[2][LEVELS];
};

static void take_secrets(struct play *p, int side, struct kept *kept)
{
    hf_quic_secret s;
    while (hf_quic_take_secret(p->conn[side], &s)) {
        int writer = s.writes ? side : !side;
        uint8_t *there = kept->bytes[writer][s.level];
        if (kept->len[writer][s.level] && memcmp(there, s.secret.data, s.secret.len) != 0) {
            play_problem(p, "the sides have different secrets at level %d", (int)s.level);
        }
        memcpy(there, s.secret.data, s.secret.len);
        kept->len[writer][s.level] = s.secret.len;
    }
}

static bool carry(struct play *p, int from, struct kept *kept)
{
    hf_quic_level level = HF_QUIC_INITIAL;
    hf_conn *to = p->conn[!from];
    hf_bytes bytes = hf_quic_peek(p->conn[from], &level);
    take_secrets(p, from, kept);
    if (!bytes.len) {
        return false;
    }
    hf_err e = to && !hf_failed(to) ? hf_quic_push(to, level, bytes) : HF_OK;
    if (e == HF_TOO_EARLY) {
        play_problem(p, "bytes at level %d are too early", (int)level);
    }
    hf_quic_drop(p->conn[from], bytes.len);
    return true;
}

/* CONNECTION_CLOSE, as far as the handshake hears of it. */
static void part(struct play *p)
{
    for (int side = 0; side < 2; side++) {
        hf_conn *c = p->conn[side];
        if (c && !hf_failed(c)) {
            bool alone = !p->conn[!side] || hf_failed(p->conn[!side]);
            hf_err e = alone ? hf_end_wire(c) : hf_close(c);
            (void)e;
        }
    }
}

/* A call that finds no memory has changed nothing, and is made once more. */
static hf_err give_parameters(hf_conn *c)
{
    hf_bytes some = {(const uint8_t *)"some", 4};
    hf_err e = hf_quic_parameters(c, some);
    return e == HF_NO_MEMORY ? hf_quic_parameters(c, some) : e;
}

void play_quic(struct play *p)
{
    struct kept kept = {.len = {{0}}};
    bool moving = true;
    play_connect(p);
    for (int side = 0; side < 2; side++) {
        if (p->conn[side] && p->local[side] == HF_OK) {
            p->local[side] = give_parameters(p->conn[side]);
        }
    }
    bool early = p->scenario->early && p->session && p->conn[HF_CLIENT] && p->local[HF_CLIENT] == HF_OK;
    if (early) {
        p->local[HF_CLIENT] = hf_quic_offer_early(p->conn[HF_CLIENT]);
    }
    while (moving) {
        moving = p->conn[HF_CLIENT] && carry(p, HF_CLIENT, &kept);
        moving |= p->conn[HF_SERVER] && carry(p, HF_SERVER, &kept);
    }
    part(p);
}
