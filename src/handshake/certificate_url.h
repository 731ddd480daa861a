/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_CERTIFICATE_URL_H
#define HF_HANDSHAKE_CERTIFICATE_URL_H

#include "base/buffer.h"
#include "crypto/crypto.h"
#include "wire/extension_bodies.h"

/* What CertificateURL is made of, RFC 6066 5. */
enum chain_type { INDIVIDUAL_CERTS, PKIPATH };
#define URLS_MAX 10
#define URL_MAX 1024
#define PKIPATH_MAX 10 /* certificates in one */

/* Takes the next one off the list; false at the end, and with bad set where it is malformed. */
bool url_next(struct list *l, struct url_and_hash *out);

/* RFC 3986 4.3, 3.2: absolute, with a host; without user information, which would be a secret, and a fragment. */
enum url_kind { URL_MALFORMED, URL_HTTP, URL_OTHER };
enum url_kind url_kind(struct slice url);

/* PkiPath, RFC 6066 10.1: SEQUENCE OF Certificate, the leaf last; a Certificate message has it first. */
enum err pkipath_decode(struct slice der, struct buffer *chain) CHECKED;
enum err pkipath_encode(struct slice chain, struct buffer *der) CHECKED;
/* One certificate as an entry of a Certificate message; E_MALFORMED_CERTIFICATE when it is not one. */
enum err chain_append(struct slice der, struct buffer *chain) CHECKED;

#endif
