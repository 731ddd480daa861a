/* SPDX-License-Identifier: MIT */
/*
 * quic_handshake CERT KEY CA NAME: what a QUIC stack does with the handshake, both ends in one process.
 * CRYPTO bytes go from one to the other by encryption level; of the secrets of 1-RTT the client seals a
 * packet and the server opens it (RFC 9001 5.1, 5.3; header protection is left out). A stack has packets,
 * acknowledgements and retransmission between the two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <handfast/handfast.h>
#include <handfast/unstable/quic.h>

static const char *const levels[] = {"Initial", "0-RTT", "Handshake", "1-RTT"};
struct end {
    const char *name;
    hf_conn *conn;
    uint8_t writes[64], reads[64]; /* secrets of 1-RTT */
    size_t len;
    uint16_t suite;
};

static void must(int fine, const char *what)
{
    if (!fine) {
        fprintf(stderr, "%s\n", what);
        exit(1);
    }
}

static void open_end(struct end *e, hf_config *config, const char *server, const char *parameters)
{
    hf_problem why = {.sentence = "no memory"};
    must(hf_config_quic(config) == HF_OK && hf_config_alpn(config, "h3", false) == HF_OK, "config");
    must(hf_config_freeze(config, &why) == HF_OK, why.sentence);
    e->conn = hf_conn_new(config, server, &why);
    must(e->conn != NULL, why.sentence);
    must(hf_quic_parameters(e->conn, (hf_bytes){(const uint8_t *)parameters, strlen(parameters)}) == HF_OK,
         "parameters");
    hf_config_free(config);
}

/* What the handshake has for the stack: keys to install, bytes for CRYPTO frames. */
static int pump(struct end *from, struct end *to)
{
    hf_quic_secret s;
    hf_quic_level level;
    hf_bytes bytes;
    int moved = 0;
    while (hf_quic_take_secret(from->conn, &s)) {
        printf("%s: %s key for %s\n", from->name, s.writes ? "write" : "read", levels[s.level]);
        if (s.level == HF_QUIC_APPLICATION) {
            memcpy(s.writes ? from->writes : from->reads, s.secret.data, s.secret.len);
            from->len = s.secret.len;
            from->suite = s.suite;
        }
    }
    while ((bytes = hf_quic_peek(from->conn, &level)).len) {
        printf("%s: %zu bytes of CRYPTO at %s\n", from->name, bytes.len, levels[level]);
        if (hf_quic_push(to->conn, level, bytes) != HF_OK) {
            printf("%s: CONNECTION_CLOSE 0x%llx: %s\n", to->name, (unsigned long long)hf_quic_error(to->conn),
                   hf_failed(to->conn) ? hf_err_sentence(hf_failed(to->conn)->err) : "too early");
            exit(1);
        }
        hf_quic_drop(from->conn, bytes.len);
        moved = 1;
    }
    return moved;
}

/* HKDF-Expand-Label, RFC 8446 7.1 */
static void expand_label(const struct end *e, const uint8_t *secret, const char *label, uint8_t *out,
                         size_t len)
{
    uint8_t info[64];
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    size_t name = strlen(label), at = 0;
    info[at++] = 0;
    info[at++] = (uint8_t)len;
    info[at++] = (uint8_t)(6 + name);
    memcpy(info + at, "tls13 ", 6);
    memcpy(info + at + 6, label, name);
    at += 6 + name;
    info[at++] = 0;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *run = EVP_KDF_CTX_new(kdf);
    char hash[] = "SHA256", other[] = "SHA384";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int("mode", &mode),
        OSSL_PARAM_construct_utf8_string("digest", e->suite == 0x1302 ? other : hash, 0),
        OSSL_PARAM_construct_octet_string("key", (void *)(uintptr_t)secret, e->len),
        OSSL_PARAM_construct_octet_string("info", info, at),
        OSSL_PARAM_construct_end(),
    };
    must(run && EVP_KDF_derive(run, out, len, params) == 1, "HKDF");
    EVP_KDF_CTX_free(run);
    EVP_KDF_free(kdf);
}

/* The payload of packet 0, whose number the nonce is made with: RFC 9001 5.3. */
static int crypt_packet(const struct end *e, const uint8_t *secret, int seal, uint8_t *payload, int len,
                        uint8_t tag[16])
{
    static const uint8_t header[] = {0x40, 0};
    const EVP_CIPHER *aead = e->suite == 0x1301   ? EVP_aes_128_gcm()
                             : e->suite == 0x1302 ? EVP_aes_256_gcm()
                                                  : EVP_chacha20_poly1305();
    uint8_t key[32], iv[12];
    int n;
    expand_label(e, secret, "quic key", key, (size_t)EVP_CIPHER_get_key_length(aead));
    expand_label(e, secret, "quic iv", iv, sizeof iv);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int fine = EVP_CipherInit_ex(c, aead, NULL, key, iv, seal) == 1 &&
               EVP_CipherUpdate(c, NULL, &n, header, sizeof header) == 1 &&
               EVP_CipherUpdate(c, payload, &n, payload, len) == 1 &&
               (seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1) &&
               EVP_CipherFinal_ex(c, payload + len, &n) == 1 &&
               (!seal || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
    EVP_CIPHER_CTX_free(c);
    return fine;
}

int main(int argc, char **argv)
{
    must(argc == 5, "usage: quic_handshake CERT KEY CA NAME");
    struct end client = {.name = "client"}, server = {.name = "server"};
    hf_config *theirs = hf_config_server(), *ours = hf_config_client();
    must(hf_config_identity_file(theirs, argv[1], argv[2], NULL) == HF_OK, argv[1]);
    must(hf_config_trust_path(ours, argv[3]) == HF_OK, argv[3]);
    open_end(&client, ours, argv[4], "transport parameters of the client");
    open_end(&server, theirs, NULL, "transport parameters of the server");
    while (pump(&client, &server) | pump(&server, &client)) {}
    must(hf_negotiated(client.conn)->complete && hf_negotiated(server.conn)->complete, "not complete");
    uint8_t packet[] = "hello in 1-RTT", tag[16];
    int sealed = crypt_packet(&client, client.writes, 1, packet, sizeof packet, tag);
    int opened = crypt_packet(&server, server.reads, 0, packet, sizeof packet, tag);
    must(sealed && opened, "the packet does not open");
    printf("the server reads: %s, over %s\n", (char *)packet, hf_negotiated(server.conn)->alpn);
    hf_conn_free(client.conn);
    hf_conn_free(server.conn);
    return 0;
}
