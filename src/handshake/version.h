/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_VERSION_H
#define HF_HANDSHAKE_VERSION_H

#include "base/buffer.h"
#include "handshake/config.h"
#include "session/session.h"

struct hs;

/* The messages that have extensions, RFC 8446 4.2: bits, so that a row can have several. */
enum extension_place {
    AT_CLIENT_HELLO12 = 1,
    AT_SERVER_HELLO12 = 2,
    AT_CLIENT_HELLO13 = 4,
    AT_SERVER_HELLO13 = 8,
    AT_HELLO_RETRY_REQUEST = 16,
    AT_ENCRYPTED_EXTENSIONS = 32,
    AT_CERTIFICATE_REQUEST = 64,
    AT_CERTIFICATE = 128,
    AT_NEW_SESSION_TICKET = 256,
    AT_HELLOS12 = AT_CLIENT_HELLO12 | AT_SERVER_HELLO12,
};

/* ---- a version of the protocol: a table of who builds and handles what ---- */
union any_message {
    struct client_hello client_hello;
    struct server_hello server_hello;
    struct certificate_message certificate;
    struct certificate_status certificate_status;
    struct server_key_exchange server_key_exchange;
    struct certificate_request certificate_request;
    struct client_key_exchange client_key_exchange;
    struct certificate_verify certificate_verify;
    struct finished finished;
    struct new_session_ticket new_session_ticket;
    struct certificate_url certificate_url;
    struct supplemental_data supplemental_data;
    struct encrypted_extensions encrypted_extensions;
    struct certificate_request13 certificate_request13;
    struct certificate13 certificate13;
    struct new_session_ticket13 new_session_ticket13;
    struct key_update key_update;
    struct compressed_certificate compressed_certificate;
};
/* A message on its way out. A builder fills the struct of its layout, with slices that live in hs, config or
 * scratch; or gives whole. */
#define SECOND_SHARE_SIZE 1280 /* the largest is a hybrid's */
#define SCRATCH_SIZE                                                                       \
    (2048 + EXTERNAL_OFFERED_SIZE + SECOND_SHARE_SIZE + TICKET_MAX + 2 * TRUSTED_CAS_MAX + \
     OWN_EXTENSIONS_SIZE)
struct outgoing {
    union any_message message;
    struct slice whole; /* encoded beforehand, header included */
    struct writer scratch;
};
struct message_code {
    const struct layout *layout; /* NULL: the body is empty, or chosen */
    enum err (*build)(struct hs *hs, struct outgoing *out);
    enum err (*handle)(struct hs *hs, const union any_message *message);
    enum err (*after)(struct hs *hs); /* once it is in the transcript; may be NULL */
    const struct layout *(*choose_layout)(const struct hs *hs); /* by the key exchange; NULL: layout */
    enum err (*patch)(struct hs *hs, struct span encoded); /* what depends on the rest of it; may be NULL */
};
struct version {
    uint16_t code;
    struct message_code message[MESSAGE_COUNT];
    enum err (*local[STEP_COUNT])(struct hs *hs); /* by step number */
    /* Ours, before ChangeCipherSpec, or the message that changes keys, leaves: a failure behind it could be
     * told to nobody. */
    enum err (*make_keys)(struct hs *hs);
    enum err (*install_keys)(struct hs *hs, const struct step *s);
    /* Server: hs->session is resumed from here on, unless somebody else did so first. */
    enum err (*take_session)(struct hs *hs);
    /* Client: what a ServerHello of this version means. */
    enum err (*server_hello)(struct hs *hs, const struct server_hello *m);
    /* Server: a ClientHello may be the second of a handshake that another connection began; NULL: not so. */
    enum err (*recall)(struct hs *hs, const struct client_hello *m);
    /* Server: a ClientHello of this version was read. */
    enum err (*client_hello)(struct hs *hs);
    enum extension_place client_hello_place;
    /* Whether a key of this shape can sign by the scheme. */
    bool (*scheme_fits)(const struct scheme *s, const struct key_shape *key);
};
extern const struct version version_tls12; /* tls12/tls12.c */
extern const struct version version_tls13; /* tls13/tls13.c */

#endif
