/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"
#include "peers.h"

/*
 * Two sides that are right, and one of them is told more: records of any content under the keys of the
 * moment, in a second handshake. Input: variant, how it begins and who is told, then orders: at which turn,
 * content type, length, content. However it ends: no fault of ours, and no plaintext that was not sent.
 */
enum { BY_CLIENT, BY_RESUMING, BY_SERVER, FOR_CERTIFICATE, BEGINNINGS, TELL_SERVER = 128 };

struct story {
    const uint8_t *at, *end;
    hf_conn *teller, *told;
    uint64_t data; /* bytes of application data that were told */
};

static void begin(hf_conn *client, hf_conn *server, unsigned how)
{
    if (fuzz_playing() & WITH_TLS13) { /* RFC 8446 4.6: the same calls where there is no renegotiation */
        (void)!(how == FOR_CERTIFICATE
                    ? hf_request_client_certificate(server)
                    : hf_update_keys(how == BY_SERVER ? server : client, how == BY_RESUMING));
        return;
    }
    hf_session *session = how == BY_RESUMING ? hf_conn_session(client) : NULL;
    hf_err e = session              ? hf_renegotiate_resuming(client, session)
               : how <= BY_RESUMING ? hf_renegotiate(client)
               : how == BY_SERVER   ? hf_renegotiate(server)
                                    : hf_request_client_certificate(server);
    hf_session_free(session);
    REQUIRE(e == HF_OK);
}

/* What the input says at this turn goes into the teller's queue, behind what waits there. */
static void tell(struct story *s, uint8_t turn)
{
    static const enum content_type types[] = {CONTENT_HANDSHAKE, CONTENT_ALERT, CONTENT_CHANGE_CIPHER_SPEC,
                                              CONTENT_APPLICATION_DATA};
    while (s->end - s->at >= 3 && s->at[0] == turn && !hf_failed(s->teller)) {
        size_t len = s->at[2], rest = (size_t)(s->end - s->at) - 3;
        len = len < rest ? len : rest;
        enum content_type type = types[s->at[1] % 4];
        bool told = record_write(&s->teller->out, type, slice_of(s->at + 3, len)) == OK;
        REQUIRE(told ||
                fuzz_playing() & WITH_TLS13); /* where a ChangeCipherSpec behind the keys is no record */
        s->data += told && type == CONTENT_APPLICATION_DATA ? len : 0;
        s->at += 3 + len;
    }
}

static void play(uint32_t variant, uint8_t how, struct slice orders)
{
    hf_conn *client = fuzz_conn(HF_CLIENT, variant), *server = fuzz_conn(HF_SERVER, variant);
    fuzz_converse(client, server);
    if (hf_failed(client) || hf_failed(server)) { /* a client without the certificate that is required */
        hf_conn_free(client);
        hf_conn_free(server);
        return;
    }
    bool to_server = how & TELL_SERVER;
    struct story s = {orders.data, orders.data + orders.len, to_server ? client : server,
                      to_server ? server : client};
    tell(&s, 0);
    begin(client, server, how % BEGINNINGS);
    for (uint8_t turn = 1; turn < 32; turn++) {
        tell(&s, turn);
        if (fuzz_carry(client, server) + fuzz_carry(server, client) == 0) {
            break;
        }
    }
    REQUIRE(hf_conn_stats(s.told).bytes_in <= s.data && hf_conn_stats(s.teller).bytes_in == 0);
    REQUIRE(orders.len || variant & WITH_TLS13 ||
            (hf_conn_stats(client).renegotiations == 1 && hf_conn_stats(server).renegotiations == 1));
    hf_conn_free(client);
    hf_conn_free(server);
}

static void write_seed(const char *folder, uint32_t variant)
{
    static const uint8_t orders[][12] = {
        {1, 0, 4, 0, 0, 0, 0},          /* HelloRequest */
        {1, 0, 8, 1, 0, 0, 4, 3, 3, 0}, /* a ClientHello cut short */
        {2, 1, 2, 1, 100},              /* no_renegotiation */
        {2, 1, 2, 1, 0},                /* close_notify */
        {2, 2, 1, 1},                   /* ChangeCipherSpec */
        {1, 3, 3, 'h', 'e', 'y'},       /* data */
        {2, 0, 4, 20, 0, 0, 12, 1, 2},  /* Finished */
    };
    for (uint8_t how = 0; how < BEGINNINGS; how++) {
        for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
            char name[20] = "told-0-0";
            uint8_t head = (uint8_t)(how | (i % 2 ? TELL_SERVER : 0));
            name[5] = (char)('0' + how);
            name[7] = (char)('0' + i);
            if (!variant) {
                seed_write(folder, name, variant, slice_of(&head, 1), slice_of(orders[i], sizeof orders[i]));
            }
        }
    }
    seed_write(folder, "none", variant, slice_of("", 1), slice_of(NULL, 0));
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
    if (size >= VARIANT_SIZE + 1) {
        play(fuzz_variant(data), data[VARIANT_SIZE],
             slice_of(data + VARIANT_SIZE + 1, size - VARIANT_SIZE - 1));
    }
    return 0;
}
