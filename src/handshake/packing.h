/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_PACKING_H
#define HF_HANDSHAKE_PACKING_H

#include "compress/compress.h"

/*
 * Certificate messages of TLS 1.3, whole and compressed (RFC 8879 4): made when a config is frozen and when
 * what is stapled changes, so that no handshake compresses. Their certificate_request_context is empty.
 */
struct packing {
    struct slice chain, sct_list;         /* sct_list: RFC 6962 3.3 */
    const struct compression *const *how; /* of the config; NULL at the end */
};

/* An OCSP response for the chain's certificate at depth; empty: none. */
typedef struct slice packing_response(const void *arg, size_t depth);
/* Certificate, header included: the chain, with what respond (may be NULL) has for each certificate, and the
 * timestamps where they are to be in it. memory_free out. */
enum err packing_certificate(const struct packing *p, bool with_scts, packing_response *respond,
                             const void *arg, struct span *out) CHECKED;
/* Certificate as CompressedCertificate, header included; none where that is no smaller. memory_free out. */
enum err packing_compress(struct slice certificate, const struct compression *how, struct span *out) CHECKED;
/* By each way of p, into out. What was made before an error stays there. */
enum err packing_compress_all(const struct packing *p, struct slice certificate, struct span *out) CHECKED;
void packing_wipe(struct span *out); /* COMPRESSIONS_MAX of them */

#endif
