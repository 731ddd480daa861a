/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_STATUS_H
#define HF_HANDSHAKE_STATUS_H

#include "handshake/handshake.h"
#include "handshake/staple.h"

/* Certificate status in the handshake: what status_request (RFC 6066 8), status_request_v2 (RFC 6961) and
 * CertificateStatus have in common. */

/* CertificateStatusType */
#define STATUS_TYPE_OCSP 1
#define STATUS_TYPE_OCSP_MULTI 2

/* OCSPStatusRequest: offered empty, because whom to ask is the server's business. */
void status_write_request(struct writer *w);
/* Its shape; what the client would rather have is not looked at: a stapled response was made before. */
bool status_request_is_sound(struct slice request);
/* Server: whether the identity has a response of that kind that is current; then it is what will be sent. */
enum err status_choose(struct hs *hs, enum staple_kind kind, bool *chosen) CHECKED;
/* Whether there is one for any certificate of its chain, and nothing is decided. */
bool status_is_there(struct hs *hs);
/* Client, TLS 1.3: what the entry that was just read brought, or nothing, goes into a list as RFC 6961 2.2
 * has it; and the list, once it is whole, takes its place. */
enum err status_collect(struct hs *hs, struct buffer *list) CHECKED;
enum err status_keep_collected(struct hs *hs, struct slice list) CHECKED;
/* Client: ServerHello agreed to this (RFC 6066 8: an empty extension), with this highest type. */
enum err status_agree(struct hs *hs, struct slice body, uint8_t type) CHECKED;
/* Client: keeps what CertificateStatus brought until the chain is judged. */
enum err status_keep(struct hs *hs, const struct certificate_status *m) CHECKED;
/* Client: what came, or did not come, against the config's policy and the certificate's own. The chain has
 * been judged; hs->verdict changes where the status refuses it. */
enum err status_judge(struct hs *hs, const struct chain_policy *policy) CHECKED;

#endif
