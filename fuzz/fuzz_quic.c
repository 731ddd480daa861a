/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "quic_drive.h"

/*
 * The door of QUIC stacks (RFC 9001 4, 8): a client or a server, given the CRYPTO bytes of its peer. Input:
 * variant, who is told, then what arrives: level (and above it 0, or the size of the pieces), length in two
 * bytes, bytes. Nothing random ever changes, so what the other side said once leads through a whole
 * handshake.
 */
enum { OP_HEAD = 3, RECORDED_MAX = 65536, HEAD = VARIANT_SIZE + 1 };
static struct {
    uint8_t bytes[RECORDED_MAX];
    size_t len;
} recorded;

static void record(hf_quic_level level, struct slice bytes)
{
    uint8_t head[OP_HEAD] = {(uint8_t)level, (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len};
    REQUIRE(recorded.len + OP_HEAD + bytes.len <= RECORDED_MAX);
    memcpy(recorded.bytes + recorded.len, head, OP_HEAD);
    memcpy(recorded.bytes + recorded.len + OP_HEAD, bytes.data, bytes.len);
    recorded.len += OP_HEAD + bytes.len;
}

static hf_conn *side_new(hf_side side, uint32_t variant)
{
    hf_conn *conn = fuzz_conn(side, variant);
    if (side == HF_CLIENT && variant & WITH_EARLY) {
        hf_err e = hf_quic_offer_early(conn);
        REQUIRE(e == HF_OK || e == HF_EARLY_DATA_UNAVAILABLE);
    } else if (side == HF_SERVER && variant & WITH_OWN) { /* RFC 9001 4.6.3: the stack remembers too little */
        REQUIRE(hf_quic_refuse_early(conn) == HF_OK);
    }
    return conn;
}

/* What is told by this one, as long as it likes to hear. */
static void tell(hf_conn *conn, struct slice ops)
{
    quic_drop(conn); /* a client begins */
    while (ops.len >= OP_HEAD && !hf_failed(conn)) {
        size_t len = (size_t)ops.data[1] << 8 | ops.data[2], rest = ops.len - OP_HEAD;
        size_t piece = ops.data[0] >> 2;
        len = len < rest ? len : rest;
        quic_take(conn, (hf_quic_level)(ops.data[0] & 3), slice_of(ops.data + OP_HEAD, len),
                  piece ? piece : SIZE_MAX);
        quic_drop(conn);
        ops = slice_after(ops, OP_HEAD + len);
    }
    REQUIRE(hf_quic_push(conn, (hf_quic_level)4, (hf_bytes){NULL, 0}) == HF_BAD_ARGUMENT);
}

static uint32_t variant_of(uint32_t variant)
{
    uint32_t none = WITH_LATER | WITH_URLS | WITH_TRUSTED_CAS; /* RFC 9001 4.4; TLS 1.2's */
    return (variant & ~none) | WITH_QUIC | WITH_TLS13;
}

static void write_one(const char *folder, uint32_t variant, hf_side told)
{
    hf_conn *c = side_new(HF_CLIENT, variant), *s = side_new(HF_SERVER, variant);
    quic_heard *to_client = told == HF_CLIENT ? record : NULL, *to_server = told == HF_SERVER ? record : NULL;
    uint8_t head = (uint8_t)told;
    recorded.len = 0;
    while (quic_carry(c, s, to_server) + quic_carry(s, c, to_client) > 0) {}
    seed_write(folder, told == HF_CLIENT ? "server-says" : "client-says", variant, slice_of(&head, 1),
               slice_of(recorded.bytes, recorded.len));
    /* the same words lead another one through the same handshake, in whatever pieces */
    hf_conn *of = told == HF_CLIENT ? c : s, *again = side_new(told, variant);
    recorded.bytes[0] |= 7 << 2;
    tell(again, slice_of(recorded.bytes, recorded.len));
    REQUIRE(hf_negotiated(again)->complete == hf_negotiated(of)->complete);
    REQUIRE(hf_negotiated(again)->resumed == hf_negotiated(of)->resumed);
    REQUIRE(hf_negotiated(again)->early_data == hf_negotiated(of)->early_data);
    hf_conn_free(again);
    hf_conn_free(c);
    hf_conn_free(s);
}

static void write_seed(const char *folder, uint32_t variant)
{
    static const uint8_t levels[] = {2, 0, 1, 0, 1, 0, 4, 'e', 'a', 'r', 'l', 3, 0, 0, 7, 0, 2, 1, 0};
    if (variant & WITH_TLS13 && !(variant & (WITH_LATER | WITH_TICKETS))) {
        write_one(folder, variant_of(variant), HF_CLIENT);
        write_one(folder, variant_of(variant), HF_SERVER);
    } else if (!variant) {
        seed_write(folder, "levels", variant, slice_of("\1", 1), slice_of(levels, sizeof levels));
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_start();
    seeds_wanted(*argc, *argv, write_seed);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) {
        return 0;
    }
    hf_side told = data[VARIANT_SIZE] & 1 ? HF_SERVER : HF_CLIENT;
    hf_conn *conn = side_new(told, variant_of(fuzz_variant(data)));
    tell(conn, slice_of(data + HEAD, size - HEAD));
    hf_conn_free(conn);
    return 0;
}
