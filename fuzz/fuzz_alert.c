/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "conn/conn.h"
#include "peers.h"

/*
 * Records under the keys of a complete handshake: alerts, handshake messages, data, ChangeCipherSpec, from a
 * peer that holds the keys. Input: variant, whose turn it is, then one record each: type, length, content.
 */
static void write_seed(const char *folder, uint32_t variant)
{
    static const uint8_t hello_request[] = {2, 4, 0, 0, 0, 0}, data[] = {3, 5, 'h', 'e', 'l', 'l', 'o'},
                         warning[] = {1, 2, 1, 100}, fatal[] = {1, 2, 2, 40}, close_notify[] = {1, 2, 1, 0},
                         cut_hello[] = {2, 4, 1, 0, 0, 3, 2, 3, 1, 2, 3}, empty[] = {3, 0, 3, 0, 3, 1, 'x'};
    const struct slice all[] = {
        slice_of(hello_request, sizeof hello_request),
        slice_of(data, sizeof data),
        slice_of(warning, sizeof warning),
        slice_of(fatal, sizeof fatal),
        slice_of(close_notify, sizeof close_notify),
        slice_of(cut_hello, sizeof cut_hello),
        slice_of(empty, sizeof empty),
    };
    for (size_t i = 0; variant == 0 && i < 2 * (sizeof all / sizeof *all); i++) {
        char name[] = "record-a";
        name[7] = (char)('a' + i);
        seed_write(folder, name, variant, slice_of(i % 2 ? "\1" : "\0", 1), all[i / 2]);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    fuzz_start();
    seeds_wanted(*argc, *argv, write_seed);
    return 0;
}

/* What arrives as data is what was sent as data, as long as nothing else ended the connection. */
static void give(hf_conn *from, hf_conn *to, uint8_t type, struct slice content)
{
    if (record_write(&from->out, (enum content_type)type, content) != OK) {
        return;
    }
    hf_bytes b = hf_peek_wire(from);
    uint8_t *copy = malloc(b.len + 1);
    REQUIRE(copy);
    memcpy(copy, b.data ? b.data : copy, b.len);
    for (size_t at = 0, used = 1; at < b.len && used && !hf_failed(to); at += used) {
        (void)!hf_push_wire(to, copy + at, b.len - at, &used);
        hf_bytes plain = hf_peek_app(to);
        REQUIRE(plain.len == 0 || (type == CONTENT_APPLICATION_DATA && plain.len == content.len &&
                                   memcmp(plain.data, content.data, plain.len) == 0));
        hf_drop_app(to, plain.len);
    }
    hf_drop_wire(from, b.len);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < VARIANT_SIZE + 1) {
        return 0;
    }
    uint32_t variant = fuzz_variant(data) & (uint32_t)~WITH_CLIENT; /* all of these complete */
    hf_conn *client = fuzz_conn(HF_CLIENT, variant), *server = fuzz_conn(HF_SERVER, variant);
    fuzz_converse(client, server);
    REQUIRE(hf_negotiated(client)->complete && hf_negotiated(server)->complete);
    hf_conn *from = data[VARIANT_SIZE] & 1 ? client : server, *to = data[VARIANT_SIZE] & 1 ? server : client;
    struct slice rest = slice_of(data + VARIANT_SIZE + 1, size - VARIANT_SIZE - 1);
    while (rest.len >= 2) {
        size_t len = rest.data[1] < rest.len - 2 ? rest.data[1] : rest.len - 2;
        give(from, to, (uint8_t)(CONTENT_CHANGE_CIPHER_SPEC + rest.data[0] % 4),
             slice_of(rest.data + 2, len));
        rest = slice_after(rest, 2 + len);
        fuzz_carry(to, from);
    }
    fuzz_take(to, slice_of(NULL, 0), 1);
    hf_conn_free(client);
    hf_conn_free(server);
    return 0;
}
