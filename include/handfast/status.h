/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_STATUS_H
#define HANDFAST_STATUS_H

#include <handfast/config.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What a server's CA says of its certificates while they are valid: OCSP responses stapled to the handshake
 * (RFC 6066 8, RFC 6961) and signed certificate timestamps (RFC 6962). Nothing here opens a connection:
 * responses come from the application, which fetches them as it likes.
 */

/* ---- a client ---- */
typedef enum hf_status_policy {
    HF_STATUS_OFF,  /* does not ask */
    HF_STATUS_SOFT, /* asks; a response that is missing, stale or bad is told, and accepted */
    HF_STATUS_HARD, /* asks; only a good and current response for the server's own certificate is accepted */
} hf_status_policy;
/*
 * hf_config_status: whether a client asks for the status of the server's certificates (status_request and
 * status_request_v2); default HF_STATUS_OFF. Two things do not depend on soft or hard: a response that says
 * "revoked" refuses the server (error HF_STATUS_REVOKED), and so does a certificate that demands a response
 * (must-staple, RFC 7633) and comes without a good one. A client that does not ask cannot hold a server to
 * must-staple, and does not. A responder's own certificate is not checked for revocation, and no nonce is
 * sent. Under hf_config_insecure_no_verification the status is only told. HF_BAD_ARGUMENT on a server.
 */
HF_API hf_err hf_config_status(hf_config *config, hf_status_policy policy) HF_CHECKED;
/* hf_config_sct: a client asks for signed certificate timestamps (RFC 6962 3.3.1) and finds the list as it
 * came in hf_negotiated. Its form is checked; its signatures are not: that takes the logs' keys, which are
 * the application's. Default false. HF_BAD_ARGUMENT on a server. */
HF_API hf_err hf_config_sct(hf_config *config, bool ask) HF_CHECKED;

/* What became of the status, in hf_summary. */
typedef enum hf_staple_verdict {
    HF_STAPLE_NOT_ASKED, /* not asked for; or a session was resumed: nothing is stapled then (RFC 6066 1.1) */
    HF_STAPLE_NOT_JUDGED, /* the chain itself did not validate */
    HF_STAPLE_MISSING,    /* no response for the server's own certificate came */
    HF_STAPLE_GOOD,
    HF_STAPLE_UNKNOWN, /* the responder does not know the certificate */
    HF_STAPLE_STALE,   /* not current */
    HF_STAPLE_BAD,     /* not sound, not of an authorized responder, or about another certificate */
    HF_STAPLE_REVOKED, /* on a complete handshake: only where the verdict was overruled */
} hf_staple_verdict;
/* hf_staple_verdict_word: "good", "revoked", …; never NULL. */
HF_API const char *hf_staple_verdict_word(hf_staple_verdict verdict);

/* ---- a server ---- */
/*
 * hf_config_staple: an OCSP response (DER) for a certificate of the identities that the config has by now;
 * it finds it by what the response says it is about: a leaf's is sent to clients that ask with
 * status_request, leaf's and intermediates' together to those that ask with status_request_v2. It replaces
 * the response that was there for the certificate. Unlike every other setter it may be called when the
 * config is frozen, by any thread, while connections run: the next handshake sends the new one. The message
 * is encoded in this call. A response is sent only while it is current by its thisUpdate and nextUpdate
 * (without nextUpdate: for seven days); then the server sends none, until there is a new one. Its signature
 * is not verified: clients do. At most 32 KiB. HF_BAD_STAPLE, HF_STAPLE_OF_ANOTHER, HF_BAD_ARGUMENT on a
 * client. HF_OK with a sentence in *why (may be NULL) that is not empty is a warning to pass on: it is
 * stale, or does not say "good".
 */
HF_API hf_err hf_config_staple(hf_config *config, hf_bytes response, hf_problem *why) HF_CHECKED;
/* hf_config_staple_file: the same from a file; HF_FILE_UNREADABLE. Call it again when the file has changed.
 */
HF_API hf_err hf_config_staple_file(hf_config *config, const char *path, hf_problem *why) HF_CHECKED;
/* hf_config_sct_list: what clients that ask get for the identity (index in order of adding): a
 * SignedCertificateTimestampList (RFC 6962 3.3), or one SCT as a log gives it. At most 1024 bytes, some eight
 * SCTs. HF_BAD_SCT_LIST; HF_BAD_ARGUMENT for an identity that is not there, and on a client. */
HF_API hf_err hf_config_sct_list(hf_config *config, size_t identity, hf_bytes list) HF_CHECKED;
/* hf_config_sct_list_file: the same from a file; HF_FILE_UNREADABLE. */
HF_API hf_err hf_config_sct_list_file(hf_config *config, size_t identity, const char *path) HF_CHECKED;

#ifdef __cplusplus
}
#endif
#endif
