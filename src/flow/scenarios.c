/* SPDX-License-Identifier: MIT */
/* table */
#include "flow/flow.h"

#include <string.h>

/* The suites of TLS 1.2 that people meet: a certificate, and an ephemeral key signed with it. */
#define ECDHE (CERTIFICATE_AUTH | EPHEMERAL | EPHEMERAL_SIGNED)
/* TLS 1.3 by a certificate, or by a pre-shared key. */
#define CERTIFICATE13 (TLS13_OFFERED | TLS13 | KEY_SHARE | CERTIFICATE_AUTH)
#define PSK13 (TLS13_OFFERED | TLS13 | SESSION_OFFERED | RESUMED)
#define EXTERNAL13 (TLS13_OFFERED | TLS13 | SESSION_OFFERED | KEY_SHARE)
#define SHOWS13 (CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS)
#define BEFORE13 "an earlier connection left the client a ticket: a pre-shared key"
#define ANOTHER13 "a ticket is good once: the server gives another"
#define JUST(message) (UINT32_C(1) << (message))

static const struct scenario scenarios[] = {
    {.name = "full",
     .title = "Full handshake",
     .rfc = "RFC 5246 7.3, figure 1",
     .text =
         "Client and server meet for the first time. The hellos agree on how to talk; the server shows its certificate and signs "
         "its ephemeral key with it; both sides derive the same secret from the two ephemeral keys. Each side switches to the "
         "new keys with ChangeCipherSpec, and Finished, the first message under them, proves that both saw the same handshake.",
     .acts = {{flow_hello, NO_FACT, NULL}, {flow_full12, ECDHE, NULL}}},

    {.name = "ecc",
     .title = "Full handshake on an elliptic curve",
     .rfc = "RFC 8422 2, 5.1, 5.4, 5.7; RFC 5246 7.3",
     .text =
         "The client lists in supported_groups the curves it knows, the best for it first, and in ec_point_formats how it reads their "
         "points. The server picks a curve by its own preference, here not the client's first, makes a key on it, and sends the curve's "
         "name and its public point in ServerKeyExchange, signed with the key of its certificate. The client answers with a point of its "
         "own on the same curve. Nobody else can compute what the two now share, and both throw their keys away afterwards.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE, "the server picks one of the client's curves"}}},

    {.name = "finite-field",
     .title = "Full handshake in a finite field",
     .rfc = "RFC 7919 3, 4; RFC 5246 7.4.3, 7.4.7.2",
     .text =
         "Diffie-Hellman without curves. In plain RFC 5246 a server sends any prime it likes, and a client can only hope that it is a good "
         "one. Here the client lists the primes of RFC 7919 among its groups, by name; the server takes one of them, and still sends p and "
         "g in full, so that ServerKeyExchange has the form it always had. The messages and their order are those of a handshake on a "
         "curve; they are longer, because a share is as long as the prime.",
     .acts = {{flow_hello, NO_FACT, NULL}, {flow_full12, ECDHE, "the server takes one of the named primes"}}},

    {.name = "extensions",
     .title = "Extensions offered and answered",
     .rfc = "RFC 5246 7.4.1.4; RFC 6066 1.1, 3, 4; RFC 7301 3.1",
     .text =
         "What the hellos have no field for is said in extensions. The client offers: the name of the server it wants, protocols to speak "
         "above TLS, shorter records, a proof that the certificate is not revoked. The server answers those that it does something with, "
         "in its own hello, and passes over the others; an answer that was not asked for would end the connection. Most offers are a list "
         "of which the answer picks one, some an empty yes. The order of the messages stays as it is.",
     .acts = {{flow_hello, NO_FACT, "many extensions, and some bytes that only pad"},
              {flow_full12, ECDHE, NULL}}},

    {.name = "mutual",
     .title = "Full handshake with a client certificate",
     .rfc = "RFC 5246 7.3, figure 1; 7.4.4, 7.4.6, 7.4.8",
     .text =
         "The server also asks who the client is: CertificateRequest names the kinds of key and the authorities it would take. "
         "The client answers with its certificate, and with CertificateVerify signs everything said so far. A certificate is "
         "public and anybody could send a copy; the signature shows that this client holds the private key.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS, NULL}}},

    {.name = "mutual-empty",
     .title = "Client certificate asked for, none sent",
     .rfc = "RFC 5246 7.4.6",
     .text =
         "The server asks for a certificate and the client has none that fits. It must answer all the same, with a Certificate "
         "message whose list is empty, and it has nothing to sign, so there is no CertificateVerify. Now the server decides: go "
         "on with a client it does not know, or end the handshake with handshake_failure.",
     .acts = {{flow_hello, NO_FACT, NULL}, {flow_full12, ECDHE | CLIENT_AUTH, NULL}}},

    {.name = "certificate-url",
     .title = "Client certificate by URL",
     .rfc = "RFC 6066 5",
     .text =
         "A small client need not hold its certificates, nor send them. Where both hellos carry client_certificate_url, "
         "CertificateURL says where they are published, with a hash of each, and the server fetches them before it goes on. "
         "Only what has the client's hash is believed; CertificateVerify still proves that the client holds the key.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12,
               ECDHE | CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS | CERTIFICATE_URL_AGREED |
                   CERTIFICATE_URL_SENT,
               NULL}}},

    {.name = "status",
     .title = "OCSP stapling",
     .rfc = "RFC 6066 8, RFC 6961",
     .text =
         "Is the certificate still good today? Its CA answers with a short-lived signed statement, an OCSP response. The client asks "
         "for it in its hello, the server agrees in its own, and sends with CertificateStatus what it fetched before: the client need "
         "not ask the CA, which so does not learn whom it visits. A server that has none at hand may leave the message out; what "
         "that means is for the client to say, and for a certificate that demands it (must-staple, RFC 7633).",
     .acts = {{flow_hello, NO_FACT, NULL}, {flow_full12, ECDHE | STATUS_AGREED | STATUS_SENT, NULL}}},

    {.name = "resume-id",
     .title = "Resumption by session ID: hit",
     .rfc = "RFC 5246 7.3, figure 2",
     .text =
         "The client offers in ClientHello the session ID that the server gave it in an earlier handshake. The server still has "
         "that session, is willing to resume it, and says so by sending the same ID back. Both sides already share the master "
         "secret, so there is no certificate and no key exchange: new randoms give new keys. The server sends its Finished "
         "first, and one round trip is saved.",
     .acts = {{flow_hello, SESSION_OFFERED | RESUMED,
               "an earlier full handshake left the client a session ID"},
              {flow_resume12, SESSION_OFFERED | RESUMED, "the server sent the same session ID back: hit"}}},

    {.name = "resume-id-miss",
     .title = "Resumption by session ID: miss",
     .rfc = "RFC 5246 7.4.1.2, 7.4.1.3; 7.3, figure 1",
     .text =
         "The client offers a session ID as for a hit, but the server does not resume: it has forgotten the session, or it is too "
         "old, or it was made under other terms (another host name, another policy). This is no error. The server sends a new "
         "session ID or an empty one, the client sees that it is not the one it offered, and a full handshake follows.",
     .acts = {{flow_hello, SESSION_OFFERED, "an earlier full handshake left the client a session ID"},
              {flow_full12, SESSION_OFFERED | ECDHE, "the server sent another session ID, or none: miss"}}},

    {.name = "ticket",
     .title = "Full handshake that gives a session ticket",
     .rfc = "RFC 5077 3.1, figure 1",
     .text =
         "A server that would rather remember nothing hands the session to the client: sealed under a key that only servers have, as "
         "a ticket. The client says with an empty session_ticket extension that it takes one, the server says with its own that "
         "one comes, and NewSessionTicket brings it once the client has proven itself with Finished. How long it is worth keeping "
         "stands beside it.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | TICKET_AGREED, "both hellos have session_ticket"}}},

    {.name = "resume-ticket",
     .title = "Resumption by session ticket",
     .rfc = "RFC 5077 3.1; RFC 5246 7.3, figure 2",
     .text =
         "The client brings the ticket in its hello. The server opens it and has all it needs: nothing was looked up. It says so by "
         "sending back the session ID, which the client made up for that (RFC 5077 3.4). The ticket stays as good as it was and no "
         "new one comes. What the server cannot open, or does not like any more, is no error: a full handshake follows.",
     .acts = {{flow_hello, SESSION_OFFERED | RESUMED, "an earlier full handshake left the client a ticket"},
              {flow_resume12, SESSION_OFFERED | RESUMED, "the server opened the ticket: hit"}}},

    {.name = "resume-ticket-renewed",
     .title = "Resumption by session ticket, with a new ticket",
     .rfc = "RFC 5077 3.1, figure 2",
     .text =
         "The server's keys have changed since it sealed the ticket. It still opens it, for its old key is kept as long as sessions "
         "under it live, and gives the client a new one under the new key, of the same session: who resumes in time keeps resuming, "
         "until the session is too old, and no key is kept for long.",
     .acts = {{flow_hello, SESSION_OFFERED | RESUMED, "an earlier full handshake left the client a ticket"},
              {flow_resume12, SESSION_OFFERED | RESUMED | TICKET_AGREED,
               "the server opened the ticket with a key that makes none any more"}}},

    {.name = "supplemental",
     .title = "Supplemental data",
     .rfc = "RFC 4680 3, figure 1",
     .text =
         "Client and server hand data to the applications above them: attribute certificates, say. Both hellos agreed on each type "
         "with an extension of its own. The server's goes directly behind ServerHello, the client's before all else it says, so the "
         "Finished messages cover both. Nobody vouches for the data, and here it travels in the clear: whoever listens reads it. The "
         "double handshake hides it.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12,
               ECDHE | SUPPLEMENTAL_SERVER | SUPPLEMENTAL_SERVER_SENT | SUPPLEMENTAL_CLIENT |
                   SUPPLEMENTAL_CLIENT_SENT,
               "both hellos have the extension of the type"}}},

    {.name = "supplemental-double",
     .title = "Double handshake: supplemental data and client certificate unseen",
     .rfc = "RFC 4680 4, figure 2",
     .text =
         "The first handshake only makes the channel private: the client shows no certificate and nobody speaks of supplemental data. "
         "The second one, full and inside it, carries the client's certificate and the data of both sides. Whoever listens sees that "
         "there is a second handshake and nothing of what is in it. The figure's first ClientHello has no extensions; here it has those "
         "that protect: server_name, extended_master_secret and renegotiation_info, which ties the second handshake to the first.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | RENEGOTIATION_ALLOWED, "the first handshake, for everybody to see"},
              {flow_hello, NO_FACT, "the second handshake, protected by the keys of the first"},
              {flow_full12,
               ECDHE | CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS | SUPPLEMENTAL_SERVER |
                   SUPPLEMENTAL_SERVER_SENT | SUPPLEMENTAL_CLIENT | SUPPLEMENTAL_CLIENT_SENT,
               NULL}}},

    {.name = "user-mapping",
     .title = "User mapping hint",
     .rfc = "RFC 4681 4, figure 1",
     .text =
         "The client's certificate says who it is, and a hint says under which account the server may know it: user@domain, or a "
         "domain alone. The hint is no identity. It tells the server where to look; whether the account that is found belongs to the "
         "client is decided by the verified certificate and by nothing else.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12,
               ECDHE | CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS | SUPPLEMENTAL_CLIENT |
                   SUPPLEMENTAL_CLIENT_SENT,
               "both hellos have user_mapping"}}},

    {.name = "renegotiate",
     .title = "Renegotiation by the client",
     .rfc = "RFC 5746 3.5, 3.7; RFC 5246 7.4.1.2",
     .text =
         "On a connection that is complete the client says ClientHello again, and an ordinary handshake follows under the keys "
         "of the first. Each hello carries in renegotiation_info what the first handshake's Finished messages said, so that nobody "
         "can splice a connection of his own in front of somebody else's. Each side changes to the newest keys with its own "
         "ChangeCipherSpec; what was negotiated before holds until both have said Finished.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | RENEGOTIATION_ALLOWED, NULL},
              {flow_hello, NO_FACT, "the client begins another handshake, bound to the first"},
              {flow_full12, ECDHE, NULL}}},

    {.name = "renegotiate-resumed",
     .title = "Renegotiation by resuming a session",
     .rfc = "RFC 5746 3.5, 3.7; RFC 5246 7.3, figure 2",
     .text =
         "The second handshake is an abbreviated one: the client offers the session that the first has made, and both sides get "
         "new keys from the old master secret and new randoms, with no certificate and no key exchange. renegotiation_info binds "
         "it to the connection just as it does a full one.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | RENEGOTIATION_ALLOWED, NULL},
              {flow_hello, SESSION_OFFERED | RESUMED,
               "the client offers the session of this very connection"},
              {flow_resume12, SESSION_OFFERED | RESUMED, NULL}}},

    {.name = "hello-request",
     .title = "Renegotiation by the server",
     .rfc = "RFC 5246 7.4.1.1; RFC 5746 3.5, 3.7",
     .text =
         "A server cannot begin a handshake, but it can ask for one: HelloRequest is an empty message that belongs to no handshake "
         "and is hashed by nobody. A client may ignore it, or refuse with the warning no_renegotiation; this one answers with a "
         "ClientHello. Until that arrives both sides go on sending data under the keys they have.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | RENEGOTIATION_ALLOWED | SERVER_ASKS, NULL},
              {flow_anytime12, RENEGOTIATION_ALLOWED | SERVER_ASKS, "the server wants another handshake"},
              {flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE, NULL}}},

    {.name = "request-certificate",
     .title = "The client certificate asked for later",
     .rfc = "RFC 5246 7.4.1.1, 7.4.4; RFC 5746 3.5, 3.7",
     .text =
         "The first handshake leaves the client anonymous. When it asks for something that only some may have, the server asks for "
         "a handshake, and in that one for a certificate. The client's certificate and its signature travel under the keys of the "
         "first handshake: nobody who listens learns who the client is.",
     .acts = {{flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | RENEGOTIATION_ALLOWED | SERVER_ASKS, NULL},
              {flow_anytime12, RENEGOTIATION_ALLOWED | SERVER_ASKS,
               "the server wants to know who the client is"},
              {flow_hello, NO_FACT, NULL},
              {flow_full12, ECDHE | CLIENT_AUTH | CLIENT_CERTIFICATE | CLIENT_SIGNS, NULL}}},

    {.name = "tls13",
     .title = "TLS 1.3: full handshake",
     .rfc = "RFC 8446 2, figure 1",
     .text =
         "The client guesses which group the server will take and sends a key share of it at once, so one round trip is enough. "
         "From ServerHello on both sides have keys, and everything else of the handshake is encrypted: the server's extensions, its "
         "certificate, the signature over all that was said, and Finished. The server may send data behind its Finished already, the "
         "client behind its own; handshake and data have keys of their own.",
     .acts = {{flow_hello, CERTIFICATE13, NULL}, {flow_tls13, CERTIFICATE13, NULL}}},

    {.name = "tls13-mutual",
     .title = "TLS 1.3: full handshake with a client certificate",
     .rfc = "RFC 8446 2, figure 1; 4.3.2, 4.4.2, 4.4.3",
     .text =
         "CertificateRequest says, in extensions, which signatures the server can verify and which authorities it knows. The client "
         "answers with its certificate and with a signature over the whole handshake, both encrypted: who listens does not learn who the "
         "client is, as it does in a first handshake of TLS 1.2. A client that has none sends an empty list, and no CertificateVerify.",
     .acts = {{flow_hello, CERTIFICATE13, NULL}, {flow_tls13, CERTIFICATE13 | SHOWS13, NULL}}},

    {.name = "tls13-compressed",
     .title = "TLS 1.3: compressed certificates",
     .rfc = "RFC 8879 4",
     .text =
         "Certificates are most of the bytes of a handshake. A client that can decompress says how in compress_certificate, a server that "
         "asks for a certificate says so in its CertificateRequest; then CompressedCertificate may stand where Certificate would. What "
         "comes out is a Certificate message like any other, and no longer than was announced.",
     .acts = {{flow_hello, CERTIFICATE13 | COMPRESSION_SERVER, NULL},
              {flow_tls13,
               CERTIFICATE13 | SHOWS13 | COMPRESSION_SERVER | COMPRESSION_SERVER_SENT | COMPRESSION_CLIENT |
                   COMPRESSION_CLIENT_SENT,
               NULL}}},

    {.name = "tls13-retry",
     .title = "TLS 1.3: HelloRetryRequest",
     .rfc = "RFC 8446 2, figure 2; 4.1.4",
     .text =
         "The client sent key shares of groups that the server does not take, though it named one that both have. The server asks for "
         "that one with HelloRetryRequest, a ServerHello with a random that everybody knows, and may hand the client a cookie, so that it "
         "need remember nothing itself. The client says its hello again with the share, and all goes on as usual: one round trip more. "
         "It happens once at most.",
     .acts = {{flow_hello, CERTIFICATE13 | RETRY, "the client's key shares are of the wrong groups"},
              {flow_tls13, CERTIFICATE13 | RETRY, NULL}}},

    {.name = "tls13-ticket",
     .title = "TLS 1.3: session tickets",
     .rfc = "RFC 8446 2, figure 3; 4.6.1",
     .text =
         "Once the client has said Finished the server may give it tickets, any number and at any time, under the keys of application "
         "data. Each stands for a pre-shared key, derived from the handshake with the ticket's nonce, that begins a later connection. "
         "The client does not ask for them, and is not to use one twice: who listens could tell that it is the same client.",
     .acts = {{flow_hello, CERTIFICATE13, NULL},
              {flow_tls13, CERTIFICATE13, NULL},
              {flow_anytime13, CERTIFICATE13, "at any time, as often as it likes",
               JUST(NEW_SESSION_TICKET)}}},

    {.name = "tls13-psk",
     .title = "TLS 1.3: resumption by a pre-shared key alone",
     .rfc = "RFC 8446 2, figure 3; 2.2, 4.2.9",
     .text =
         "The client offers the key of a ticket, or one agreed on otherwise, and proves with a binder that it has it. The server says "
         "which one it takes; that it has the key too is all that authenticates it, so there is no certificate. In this mode, psk_ke, no "
         "new secret is agreed on: who learns the pre-shared key later can read the connection. It is off unless asked for.",
     .acts = {{flow_hello, PSK13, BEFORE13},
              {flow_tls13, PSK13, "the server selected the key: no certificate"},
              {flow_anytime13, PSK13, ANOTHER13, JUST(NEW_SESSION_TICKET)}}},

    {.name = "tls13-psk-dhe",
     .title = "TLS 1.3: resumption by a pre-shared key with a key share",
     .rfc = "RFC 8446 2, figure 3; 2.2, 4.2.9",
     .text =
         "The usual resumption, psk_dhe_ke: the pre-shared key authenticates, as in psk_ke, and two ephemeral key shares add a secret of "
         "this connection alone, so that what is said stays secret even when the key gets known. Where the server takes none of the keys "
         "that were offered, this is no error: the key share is there, and a full handshake follows.",
     .acts = {{flow_hello, PSK13 | KEY_SHARE, BEFORE13},
              {flow_tls13, PSK13 | KEY_SHARE, "the server selected the key: no certificate"},
              {flow_anytime13, PSK13 | KEY_SHARE, ANOTHER13, JUST(NEW_SESSION_TICKET)}}},

    {.name = "tls13-external-psk",
     .title = "TLS 1.3: a pre-shared key that was agreed on elsewhere",
     .rfc = "RFC 8446 2.2, 4.2.11; RFC 9257, RFC 9258",
     .text =
         "Both sides were given the same random key, by a factory or by whoever runs them, and no certificate is needed at all. The client "
         "says whose key it has and proves with a binder that it has it; the server finds it by that name, and answers with an ephemeral "
         "key, so that what is said stays secret even when the key gets known. The order is that of a resumption, and no ticket follows: "
         "the key is at hand for the next time.",
     .acts = {{flow_hello, EXTERNAL13, "both sides were given the same key"},
              {flow_tls13, EXTERNAL13, "the server selected the key: no certificate"}}},

    {.name = "tls13-0rtt",
     .title = "TLS 1.3: data in the first flight (0-RTT)",
     .rfc = "RFC 8446 2.3, figure 4; 4.2.10, 4.5, 8",
     .text =
         "With a pre-shared key the client need not wait at all: it sends data right behind its ClientHello, under keys of the "
         "pre-shared key alone. The server says in EncryptedExtensions that it takes it, and EndOfEarlyData says where it ends. Two things "
         "are given up for it: nothing new protects this data, and who records it can send it again. A server must see to it that a "
         "ticket is good once, and an application must send nothing this way that does harm when it comes twice.",
     .acts = {{flow_hello, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED, BEFORE13},
              {flow_tls13, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED | EARLY_DATA,
               "the server takes the early data"},
              {flow_anytime13, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED | EARLY_DATA, ANOTHER13,
               JUST(NEW_SESSION_TICKET)}}},

    {.name = "tls13-0rtt-rejected",
     .title = "TLS 1.3: data in the first flight, refused",
     .rfc = "RFC 8446 4.2.10",
     .text =
         "A server need not take early data: it was told not to, the ticket was used before or is too old, or it remembers no tickets "
         "now. It leaves early_data out of EncryptedExtensions and passes over what it cannot or will not read. The handshake goes on as "
         "if nothing had been sent, without EndOfEarlyData, and the client sends the data again once it is complete, if it still may.",
     .acts = {{flow_hello, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED, BEFORE13},
              {flow_tls13, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED, "the server does not take the early data"},
              {flow_anytime13, PSK13 | KEY_SHARE | EARLY_DATA_OFFERED, ANOTHER13, JUST(NEW_SESSION_TICKET)}}},

    {.name = "tls13-post-handshake-auth",
     .title = "TLS 1.3: the client certificate asked for later",
     .rfc = "RFC 8446 4.6.2",
     .text =
         "The connection is complete and the client anonymous. When it asks for something that only some may have, the server asks who "
         "it is: what TLS 1.2 needs another handshake for is four messages here, under the keys of application data, which stay as "
         "they are. A client says with post_handshake_auth in its hello that it may be asked; data goes on meanwhile.",
     .acts = {{flow_hello, CERTIFICATE13, NULL},
              {flow_tls13, CERTIFICATE13, NULL},
              {flow_authenticate13, CERTIFICATE13 | SHOWS13, "the server wants to know who the client is"}}},

    {.name = "tls13-key-update",
     .title = "TLS 1.3: new keys",
     .rfc = "RFC 8446 4.6.3, 7.2; 5.5",
     .text =
         "No key is to protect too much. With KeyUpdate a side says that what it sends next is under new keys, derived from the old ones, "
         "which are forgotten. It may ask the other side to do the same, which then does so before it sends anything else. Nothing is "
         "agreed on anew, and nobody has to wait.",
     .acts = {{flow_hello, CERTIFICATE13, NULL},
              {flow_tls13, CERTIFICATE13, NULL},
              {flow_anytime13, CERTIFICATE13,
               "the client changes its keys, and asks the server to do so as well", JUST(KEY_UPDATE)}}},
};

const struct scenario *scenario_at(size_t i)
{
    return i < sizeof scenarios / sizeof *scenarios ? &scenarios[i] : NULL;
}

const struct scenario *scenario_named(const char *name)
{
    for (size_t i = 0; scenario_at(i) != NULL; i++) {
        if (strcmp(scenarios[i].name, name) == 0) {
            return &scenarios[i];
        }
    }
    return NULL;
}
