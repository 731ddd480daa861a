/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "peers.h"

/*
 * A server, given a client's bytes. Input: variant, piece size, then what arrives. The server's random bytes
 * never change, so the words of a client to it that were recorded once lead it through a whole handshake.
 */
enum { HEAD = VARIANT_SIZE + 1 };
#define RECORDED_MAX 65536
static struct {
    uint8_t bytes[RECORDED_MAX];
    size_t len;
} recorded;

static size_t carry_and_record(hf_conn *from, hf_conn *to)
{
    hf_bytes b = hf_peek_wire(from);
    REQUIRE(recorded.len + b.len <= RECORDED_MAX);
    memcpy(recorded.bytes + recorded.len, b.data ? b.data : recorded.bytes, b.len);
    recorded.len += b.len;
    return fuzz_carry(from, to);
}

static void write_seed(const char *folder, uint32_t variant)
{
    size_t used;
    recorded.len = 0;
    hf_conn *client = fuzz_conn(HF_CLIENT, variant), *server = fuzz_conn(HF_SERVER, variant);
    fuzz_begin(client);
    size_t first = carry_and_record(client, server);
    fuzz_carry(server, client);
    while (carry_and_record(client, server) + fuzz_carry(server, client) > 0) {}
    if (hf_negotiated(client)->complete) {
        static const uint8_t hello[] = "hello";
        REQUIRE(hf_push_app(client, (hf_bytes){hello, 5}, &used) == HF_OK && hf_close(client) == HF_OK);
        carry_and_record(client, server);
    }
    seed_write(folder, "client-says", variant, slice_of("\377", 1), slice_of(recorded.bytes, recorded.len));
    /* the same words lead another one through the same handshake */
    hf_conn *again = fuzz_conn(HF_SERVER, variant);
    fuzz_take(again, slice_of(recorded.bytes, recorded.len), 7);
    REQUIRE(hf_negotiated(again)->complete == hf_negotiated(server)->complete);
    REQUIRE(hf_negotiated(again)->resumed == hf_negotiated(server)->resumed);
    hf_conn_free(again);
    if (variant & WITH_COOKIE) { /* to a server that remembers nothing, RFC 8446 4.2.2 */
        struct slice second = slice_of(recorded.bytes + first, recorded.len - first);
        hf_conn *another = fuzz_conn(HF_SERVER, variant);
        seed_write(folder, "client-returns", variant, slice_of("\377", 1), second);
        fuzz_take(another, second, 7);
        REQUIRE(hf_negotiated(another)->hello_retry_request && !hf_negotiated(another)->complete);
        hf_conn_free(another);
    }
    hf_conn_free(client);
    hf_conn_free(server);
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
    uint8_t piece = data[VARIANT_SIZE];
    hf_conn *server = fuzz_conn(HF_SERVER, fuzz_variant(data));
    fuzz_take(server, slice_of(data + HEAD, size - HEAD), piece == 255 ? size : piece + 1u);
    hf_conn_free(server);
    return 0;
}
