/* SPDX-License-Identifier: MIT */
#ifndef HF_FUZZ_PEERS_H
#define HF_FUZZ_PEERS_H

#include <handfast/handfast.h>
#include <stdlib.h>

#include "base/slice.h"

/*
 * Connections that are the same in every run: fixed certificates, clock and random bytes, signatures that are
 * a function of what is signed. So a stream recorded once is valid for ever, and an input means what it meant
 * when it was found.
 */
#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

/* The first three bytes of the input, low one first, say what the two sides are like. */
enum variant {
    WITH_RSA = 1,      /* the server's certificate, PKCS #1 signatures; otherwise Ed25519 */
    WITH_CLIENT = 2,   /* the server asks for a client certificate; with 1 it has to be there */
    WITH_IDENTITY = 4, /* the client has one */
    WITH_ALPN = 8,
    WITH_SESSION = 16,                        /* the client offers a session that the server finds */
    WITH_ASKS = 32,                           /* the application is asked what it can be asked */
    WITH_CHACHA = 64,                         /* otherwise AES-256-GCM */
    WITH_X25519 = 128,                        /* otherwise secp256r1 */
    WITH_TICKETS = WITH_X25519 | WITH_CHACHA, /* both: the server gives session tickets */
    /* the second byte: extras.c */
    WITH_STATUS = 256,      /* the client asks for status and timestamps; without 1 the server has them */
    WITH_TRUSTED_CAS = 512, /* trusted_ca_keys, by all its names; with 8 pre_agreed alone, with 16 required */
    WITH_URLS = 1024,       /* with 2 and 4 CertificateURL: each certificate, with 8 a PkiPath */
    WITH_OWN = 2048,        /* extensions of the application's own in both hellos */
    WITH_QUIC = 4096,       /* QUIC carries the handshake: fuzz_quic's alone, fuzz_variant gives none */
    /* the third byte: extras13.c */
    WITH_TLS13 = 1 << 16,       /* both speak it too; then every certificate is Ed25519 */
    WITH_EARLY = 1 << 17,       /* with 16 the client sends early data; with 32 the store cannot take */
    WITH_RAW_KEYS = 1 << 18,    /* raw public keys, in either version */
    WITH_PSK = 1 << 19,         /* external keys, one imported; with 32 asked for, with 2048 psk_ke too */
    WITH_LATER = 1 << 20,       /* the server asks for a certificate behind the handshake */
    WITH_COMPRESSION = 1 << 21, /* of certificates */
    WITH_RETRY = 1 << 22,       /* the server wants another group than the client's first */
    WITH_COOKIE = 1 << 23,      /* every client comes twice, and brings what the server need not remember */
};
enum { VARIANT_SIZE = 3 };
/* Of the bits that mean nothing without others none is left. */
uint32_t fuzz_variant(const uint8_t bytes[VARIANT_SIZE]);

void fuzz_start(void);
/* That of the connection that was made last. */
uint32_t fuzz_playing(void);
/* What the server's store has under a key. */
hf_bytes fuzz_session_found(const char *key);
/* A fresh one; random bytes begin again. */
hf_conn *fuzz_conn(hf_side side, uint32_t variant);
/* The session that WITH_SESSION offers, as hf_session_save gives it. */
struct slice fuzz_saved_session(uint32_t variant);
/* Answers whatever is asked, drops early data that has arrived, and does what the variant has a server do. */
void fuzz_answer(hf_conn *conn);
/* What a client has to say first: ClientHello, with early data where the variant has some. */
void fuzz_begin(hf_conn *client);
/*
 * What the wire brings, in pieces of so many bytes, each memory of its own; questions are answered, plaintext
 * and what is to be sent are dropped. Checks what holds for every input.
 */
void fuzz_take(hf_conn *conn, struct slice bytes, size_t piece);
/* Checks what holds for every input. */
void fuzz_check(const hf_conn *conn);
/* All there is to say goes to the other. */
size_t fuzz_carry(hf_conn *from, hf_conn *to);
void fuzz_converse(hf_conn *client, hf_conn *server);

/* `--write-seeds FOLDER` on the command line: calls write with every variant worth a seed, and exits. */
void seeds_wanted(int argc, char **argv, void (*write)(const char *folder, uint32_t variant));
/* A file of the variant, head and bytes. */
void seed_write(const char *folder, const char *name, uint32_t variant, struct slice head,
                struct slice bytes);
/* The same without the variant, which is in the name alone. */
void seed_write_plain(const char *folder, const char *name, uint32_t variant, struct slice head,
                      struct slice bytes);

#endif
