/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "peers.h"

/*
 * A client, given a server's bytes. Input: variant, piece size, then what arrives. The client's random bytes
 * never change, so the answers of a server to it that were recorded once lead it through a whole handshake.
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
    while (fuzz_carry(client, server) + carry_and_record(server, client) > 0) {}
    if (hf_negotiated(server)->complete) {
        static const uint8_t hello[] = "hello";
        REQUIRE(hf_push_app(server, (hf_bytes){hello, 5}, &used) == HF_OK && hf_close(server) == HF_OK);
        carry_and_record(server, client);
    }
    seed_write(folder, "server-says", variant, slice_of("\377", 1), slice_of(recorded.bytes, recorded.len));
    /* the same words lead another one through the same handshake */
    hf_conn *again = fuzz_conn(HF_CLIENT, variant);
    fuzz_begin(again);
    fuzz_take(again, slice_of(recorded.bytes, recorded.len), 7);
    REQUIRE(hf_negotiated(again)->complete == hf_negotiated(client)->complete);
    REQUIRE(hf_negotiated(again)->resumed == hf_negotiated(client)->resumed);
    hf_conn_free(again);
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
    hf_conn *client = fuzz_conn(HF_CLIENT, fuzz_variant(data));
    fuzz_begin(client);
    hf_drop_wire(client, hf_peek_wire(client).len);
    fuzz_take(client, slice_of(data + HEAD, size - HEAD), piece == 255 ? size : piece + 1u);
    hf_conn_free(client);
    return 0;
}
