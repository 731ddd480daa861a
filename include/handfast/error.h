/* SPDX-License-Identifier: MIT */
#ifndef HANDFAST_ERROR_H
#define HANDFAST_ERROR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HF_API __attribute__((visibility("default")))
#define HF_CHECKED __attribute__((warn_unused_result))
#else
#define HF_API
#define HF_CHECKED
#endif

/*
 * Every way a call or a connection can fail, one row each in errors.def: HF_UNKNOWN_CA, HF_BAD_FINISHED, …
 * The numbers are ABI. "More bytes are needed" and "a question was asked" are not errors: see hf_wants in
 * conn.h.
 */
typedef enum hf_err {
    HF_OK = 0,
#define ERROR(name, class_, alert, sentence, rfc, remedy) HF_##name,
#include <handfast/errors.def>
#undef ERROR
} hf_err;

typedef enum hf_err_class {
    HF_CLASS_NONE,
    HF_CLASS_MALFORMED,    /* bytes that the RFC's grammar does not allow */
    HF_CLASS_MISBEHAVED,   /* well-formed, but against the protocol */
    HF_CLASS_INCOMPATIBLE, /* both sides right, nothing in common */
    HF_CLASS_UNTRUSTED,    /* the peer is not who it must be */
    HF_CLASS_LOCAL,        /* this side could not */
    HF_CLASS_PEER_GAVE_UP, /* the peer ended it */
    HF_CLASS_USAGE         /* the caller's mistake; nothing reached the wire */
} hf_err_class;

#define HF_NO_ALERT 255

/* hf_err_name: "UNKNOWN_CA". Like all of these a constant string, never NULL, for any number. Any thread. */
HF_API const char *hf_err_name(hf_err err);
/* hf_err_sentence: what happened, one sentence without a full stop. */
HF_API const char *hf_err_sentence(hf_err err);
/* hf_err_rfc: where the rule stands, "RFC 5246 7.4.2", or "". */
HF_API const char *hf_err_rfc(hf_err err);
/* hf_err_remedy: what to do about it. */
HF_API const char *hf_err_remedy(hf_err err);
/* hf_err_class_of: the class of the row. */
HF_API hf_err_class hf_err_class_of(hf_err err);
/* hf_err_alert: the AlertDescription the peer is told (RFC 5246 7.2), or HF_NO_ALERT. */
HF_API uint8_t hf_err_alert(hf_err err);
/* hf_alert_name: "unknown_ca" for 48; "unknown" for a number that no RFC names. */
HF_API const char *hf_alert_name(uint8_t description);

/* What hf_config_freeze and the loaders found wrong: the row, and a sentence that names the file, list entry
 * or setting. */
typedef struct hf_problem {
    hf_err err;
    char sentence[320];
} hf_problem;

#ifdef __cplusplus
}
#endif
#endif
