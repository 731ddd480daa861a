/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_STAPLE_H
#define HF_HANDSHAKE_STAPLE_H

#include "crypto/ocsp.h"
#include "handshake/packing.h"

/*
 * What a server staples to one identity's chain: CertificateStatus messages, encoded when a response is given
 * and not per handshake (RFC 6066 8, RFC 6961 2.2). Responses are renewed while a frozen config serves: the
 * place is the one thing in it that changes. A handshake takes a counted reference under a lock that is held
 * for the length of a pointer's copy; who renews parses and encodes before taking it.
 */
#define STAPLES_MAX 10 /* certificates of a chain that responses are kept for */

struct staple_response {
    struct span der; /* empty: none */
    int64_t from, until;
};
/* Immutable, counted. */
struct staple;
struct staple_place;

enum err staple_place_new(struct staple_place **out) CHECKED;
void staple_place_free(struct staple_place *p); /* NULL is allowed */
/* Replaces the response for the chain's certificate at depth; packing: and compresses Certificate with all of
 * them, NULL where that is done later. Any thread. */
enum err staple_put(struct staple_place *p, size_t depth, const struct staple_response *response,
                    const struct packing *packing) CHECKED;
/* The same for what is there, of a config that is being frozen. */
enum err staple_pack(struct staple_place *p, const struct packing *packing) CHECKED;
/* A reference to what is there now, or NULL. */
struct staple *staple_take(struct staple_place *p);
void staple_release(struct staple *s); /* NULL is allowed */

enum staple_kind { STAPLE_OCSP, STAPLE_OCSP_MULTI };
/* The whole message of that kind, header included, with nothing in it that is out of date; empty when there
 * is none. Lives with s. */
struct slice staple_message(const struct staple *s, enum staple_kind kind, int64_t now);
/* CompressedCertificate by the k-th of the config's algorithms, whole, with every response that there is, and
 * with timestamps where asked for; empty where there is none, or one of them is out of date. Lives with s. */
struct slice staple_compressed(const struct staple *s, bool with_scts, size_t k, int64_t now);
/* The response for the chain's certificate at depth, where it is current; empty otherwise. Lives with s. */
struct slice staple_response_at(const struct staple *s, size_t depth, int64_t now);

#endif
