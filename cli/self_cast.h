/* SPDX-License-Identifier: MIT */
#ifndef CLI_SELF_CAST_H
#define CLI_SELF_CAST_H

#include <handfast/flow.h>

/* SupplementalData of both sides, or a user mapping hint, in the clear; or the former in a double handshake.
 */
enum supplemental { NO_SUPPLEMENTAL, BOTH_SIDES, USER_MAPPING, DOUBLE };
/* What a second handshake on the connection is; or what comes without one. */
enum again { NOT_AGAIN, BY_CLIENT, BY_RESUMING, BY_SERVER, FOR_CERTIFICATE, NEW_KEYS };

/* The client's question goes as early data. LATE: when the ClientHello comes the ticket is older than it
 * says. */
enum early { NO_EARLY, EARLY, EARLY_BUT_LATE };

/* What makes each scenario happen. A row of self_cast.c is all that a further one needs. */
struct cast {
    const char *scenario;
    hf_client_auth client_auth;
    bool client_has_certificate;
    bool met_before; /* a full handshake went before, whose session the client offers */
    bool
        server_forgot; /* and the server is another one since; with tickets: has another key beside the old */
    const char *note;
    bool stapled; /* the server has an OCSP response, and a certificate that demands one */
    bool by_url;  /* the client says where its certificate is, and the server looks there */
    enum supplemental supplemental;
    enum again again;
    bool tickets;   /* the server gives them, under keys that are the same each time */
    bool tls13;     /* both sides speak nothing else; without it, nothing but TLS 1.2 */
    bool remembers; /* of TLS 1.3: the server gives a ticket, and remembers what it stands for */
    bool psk_alone; /* both may do without a key share, and the server that comes later has no group in common
                     */
    bool external_psk; /* both have a key that was agreed on elsewhere, and import it */
    enum early early;
    const char *groups_of_server; /* NULL: x25519, the client's favourite, of which it sends a share */
    const char *groups_of_client; /* NULL: x25519 and secp256r1, where the server's are said */
    const char *suites;           /* of both; NULL: the policy's */
    bool rsa;                     /* the server has an RSA certificate */
    bool compressed;              /* both sides send their certificates compressed, with zlib */
    bool extensions;              /* more is offered than a handshake needs */
};
/* What the last two add to a config, before it is frozen (self_extras.c). */
hf_err self_add_compression(hf_config *config, hf_side side);
hf_err self_add_extensions(hf_config *config, hf_side side);
/* self_sessions.c: tickets under keys that are the same each time; how TLS 1.3 comes back. */
hf_err self_add_tickets(hf_config *config, bool another);
hf_err self_add_psk(hf_config *config, hf_side side, const struct cast *cast);
/* The server's RSA certificate, or the client's trust in who issued it. */
hf_err self_add_rsa(hf_config *config, hf_side side);
/* NULL where there is none of that name. */
const struct cast *self_cast(const char *scenario);

#endif
