/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_SUPPORT_PUPPET_H
#define HF_TESTS_SUPPORT_PUPPET_H

#include <handfast/early.h>
#include <handfast/supplemental.h>

#include "conn/conn.h"
#include "pki.h"
#include "tls12/tls12.h"

/*
 * A peer that lies. It is an ordinary connection whose version table is a copy of version_tls12 with other
 * builders: each message it is about to send goes through `lie` first, which may change it, leave it out, or
 * put records before it. What it sends is what its own transcript has, so that a lie that the other side
 * accepts still ends in two Finished that match.
 */
#define PUPPET_MESSAGE_MAX 150000

struct puppet {
    struct version version;
    hf_conn *conn;
    void (*lie)(struct puppet *p, enum message m);       /* a message is about to go out: bytes[0..len) */
    void (*plot)(struct puppet *p, unsigned local_step); /* a step with nothing on the wire is done */
    const void *about;                                   /* the lie's own */
    size_t number;                                       /* the lie's own */
    bool one_record_each;                                /* every message in a record of its own */
    bool no_change_cipher_spec;                          /* it is not sent, and the keys stay what they are */
    bool told;                  /* the lie was told: set by puppet_set_body and the like */
    struct protection previous; /* what it wrote under before its last ChangeCipherSpec */
    size_t len;                 /* 0: the message is left out */
    uint8_t bytes[PUPPET_MESSAGE_MAX];
};

/* What a certificate's keyUsage lets its key do; nobody's is there at all. */
enum key_role { SIGNS, ENCIPHERS, AGREES, ANONYMOUS };

/* SupplementalData (RFC 4680), agreed in the clear: nothing, sent by both, or agreed and left out. */
enum supplemental_trait { NO_SUPPLEMENTAL, SENDS_SUPPLEMENTAL, OMITS_SUPPLEMENTAL };
#define TEST_AUTHZ_DATA 16386 /* RFC 5878: extension 7 for the client's, 8 for the server's */
/* As both sides of shared_config do where asked: "hi", or nothing. */
void answer_supplemental(hf_conn *asked);

/* A server's session tickets (RFC 5077): none, given on full handshakes, and given anew wherever one resumes.
 */
enum tickets_trait { NO_TICKETS, GIVES_TICKETS, RENEWS_TICKETS };

/* What configs of these tests differ in; zero is the default of each. */
struct trait {
    enum side side;
    enum test_key key; /* of its certificate; servers always have one */
    bool has_identity; /* clients */
    hf_client_auth client_auth;
    const char *suites, *groups, *sign, *accept, *alpn; /* NULL: the library's defaults */
    bool no_sessions, unverified;
    unsigned asks; /* HF_ASK_… */
    enum key_role role;
    bool rsa_root; /* trusted too; it signs what AGREES */
    bool etm_required;
    unsigned min_dh_bits;
    unsigned max_fragment, padding;
    int record_size_limit; /* -1: not spoken of */
    bool grease;
    bool status; /* a client asks for OCSP responses; a server has them for its leaf and the intermediate */
    enum supplemental_trait supplemental;
    hf_renegotiation renegotiation;
    bool peer_may_change;
    enum tickets_trait tickets;
    bool no_tickets;          /* a client that takes none */
    bool tls13;               /* speaks nothing else; for honest connections: a puppet is of TLS 1.2 */
    bool early;               /* TLS 1.3: early data, as much as TEST_EARLY */
    bool external, psk_alone; /* an external pre-shared key; also without a key exchange */
    bool compresses;          /* certificates, where the library is built for it */
    bool later;               /* a client that can be asked behind the handshake */
};
#define TEST_EARLY 1000
hf_config *trait_config(const struct trait *t);
/* A frozen config of these traits, made once for the program. */
const hf_config *shared_config(const struct trait *t);
void shared_configs_free(void);
int shared_configs_teardown(void **state); /* the same, for cmocka's group teardown */

/* HF_OK, or the test fails and says what it was that could not be done. */
void puppet_must(hf_err e, const char *what);
hf_conn *honest_new(const hf_config *config, hf_session *session);
struct puppet *puppet_new(const hf_config *config, hf_session *session);
void puppet_free(struct puppet *p);

/* ---- inside a lie ---- */
struct slice puppet_body(const struct puppet *p);
void puppet_set_body(struct puppet *p, struct slice body); /* the header's length follows */
/* A record of its own, before the message, under the keys of the moment; no transcript knows it. */
void puppet_record(struct puppet *p, enum content_type type, struct slice content);
/* The first len bytes of the message go out in a record of their own; the rest begins another. */
void puppet_split(struct puppet *p, size_t len);
/* Handshake bytes before the message, in the same record where it fits; no transcript knows them. */
void puppet_handshake(struct puppet *p, struct slice bytes);

/* ---- letting two talk ---- */
/* Everything one has to send goes to the other; how many bytes that were. */
size_t carry(hf_conn *from, hf_conn *to);
/* The same, size bytes at a time. */
size_t carry_in_pieces(hf_conn *from, hf_conn *to, size_t size);
/* Both ways until nobody has anything to say. */
void converse(hf_conn *a, hf_conn *b);
/* The next record of from to `to`; what was carried, 0 for none. */
size_t carry_record(hf_conn *from, hf_conn *to);
/*
 * Lets them talk, from's records one at a time, until `to` has been given count of them; false when they have
 * nothing more to say before that. What `to` says goes to from at once.
 */
bool converse_until(hf_conn *from, hf_conn *to, size_t count);
/* A record that from never sent arrives at `to`, as from would have protected it at this place. */
hf_err inject(hf_conn *from, hf_conn *to, enum content_type type, struct slice content);

/* A client's second handshake: full, or resuming its own session. Nothing of it is carried yet. */
void begin_again(hf_conn *client, bool resuming);

/* A session of a full handshake between the two, which the server's store has; free it. */
hf_session *earn_session(const hf_config *client, const hf_config *server);

/* One handshake message: header and body, in room. */
struct slice framed(enum message m, struct slice body, uint8_t *room, size_t size);

/* ---- what must be seen ---- */
/*
 * The connection failed by this row: its alert was sent, and nothing is accepted any more. The other, unless
 * NULL, was told by the fatal alert.
 */
void expect_refused(hf_conn *subject, hf_conn *other, hf_err row, const char *what);
/* Both handshakes are complete, with the same keys: data goes both ways. */
void expect_complete(hf_conn *a, hf_conn *b, const char *what);

#endif
