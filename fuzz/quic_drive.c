/* SPDX-License-Identifier: MIT */
#include "quic_drive.h"

#include <string.h>

enum { INTERNAL_ERROR = 1, PARAMETERS_MOST = 65535, TAKEN_MOST = 16384 };

/* Each once, of a level that has keys, as long as the suite's hash. RFC 9001 4.1.4 */
static void take_secrets(hf_conn *conn)
{
    hf_quic_secret s;
    for (unsigned taken = 0; hf_quic_take_secret(conn, &s); taken++) {
        size_t len = s.suite == 0x1302 ? 48 : 32; /* RFC 8446 B.4 */
        REQUIRE(taken < 5 && s.level > HF_QUIC_INITIAL && s.level <= HF_QUIC_APPLICATION);
        REQUIRE(s.secret.len == len && s.suite >= 0x1301 && s.suite <= 0x1303);
    }
}

static void check(const hf_conn *conn)
{
    uint64_t error = hf_quic_error(conn);
    bool complete = hf_negotiated(conn)->complete;
    fuzz_check(conn);
    REQUIRE((error != 0) == (hf_failed(conn) != NULL) && error != INTERNAL_ERROR);
    REQUIRE(hf_quic_peer_parameters(conn).len <= PARAMETERS_MOST);
    REQUIRE(!complete || hf_quic_peer_parameters(conn).data); /* RFC 9001 8.2 */
    REQUIRE(!complete || hf_negotiated(conn)->version == 0x0304);
}

static void push(hf_conn *conn, hf_quic_level level, struct slice piece)
{
    bool failed = hf_failed(conn);
    uint8_t *copy = malloc(piece.len ? piece.len : 1);
    REQUIRE(copy);
    memcpy(copy, piece.data ? piece.data : copy, piece.len);
    hf_err e = hf_quic_push(conn, level, (hf_bytes){copy, piece.len});
    free(copy); /* what is kept is kept elsewhere */
    REQUIRE(e != HF_TOO_EARLY || (hf_failed(conn) != NULL) == failed);
    REQUIRE(!failed || e == HF_FAILED_BEFORE);
    REQUIRE(failed || e == HF_OK || e == HF_TOO_EARLY || hf_failed(conn));
    fuzz_answer(conn);
    take_secrets(conn);
    check(conn);
}

void quic_take(hf_conn *conn, hf_quic_level level, struct slice bytes, size_t piece)
{
    do {
        size_t len = bytes.len < piece ? bytes.len : piece;
        push(conn, level, slice_of(bytes.data, len));
        bytes = slice_after(bytes, len);
    } while (bytes.len && !hf_failed(conn));
}

size_t quic_carry(hf_conn *from, hf_conn *to, quic_heard *heard)
{
    size_t carried = 0;
    hf_quic_level level = HF_QUIC_INITIAL;
    for (hf_bytes b = hf_quic_peek(from, &level); b.len; b = hf_quic_peek(from, &level)) {
        REQUIRE(level != HF_QUIC_EARLY && b.len <= TAKEN_MOST); /* RFC 9001 8.3 */
        if (heard) {
            heard(level, slice_of(b.data, b.len));
        }
        push(to, level, slice_of(b.data, b.len));
        hf_quic_drop(from, b.len);
        take_secrets(from);
        carried += b.len;
    }
    return carried;
}

void quic_converse(hf_conn *client, hf_conn *server)
{
    for (unsigned turns = 0; quic_carry(client, server, NULL) + quic_carry(server, client, NULL) > 0;
         turns++) {
        REQUIRE(turns < 64);
    }
}

void quic_drop(hf_conn *conn)
{
    hf_quic_level level = HF_QUIC_INITIAL;
    for (hf_bytes b = hf_quic_peek(conn, &level); b.len; b = hf_quic_peek(conn, &level)) {
        REQUIRE(level != HF_QUIC_EARLY);
        hf_quic_drop(conn, b.len > 1000 ? 1000 : b.len); /* as much as a datagram holds */
    }
    take_secrets(conn);
}
