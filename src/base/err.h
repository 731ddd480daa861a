/* SPDX-License-Identifier: MIT */
#ifndef HF_BASE_ERR_H
#define HF_BASE_ERR_H

#include <stdint.h>

/*
 * The one return type inside the library. The rows live in include/handfast/errors.def because their numbers
 * are ABI: enum err and the public hf_err count the same rows in the same order.
 */
#if defined(__GNUC__)
#define CHECKED __attribute__((warn_unused_result))
#else
#define CHECKED
#endif

enum err {
    OK = 0,
#define ERROR(name, class_, alert_, sentence, rfc, remedy) E_##name,
#include <handfast/errors.def>
#undef ERROR
    ERR_COUNT
};

enum err_class { CLASS_NONE, MALFORMED, MISBEHAVED, INCOMPATIBLE, UNTRUSTED, LOCAL, PEER_GAVE_UP, USAGE };

/* AlertDescription, RFC 5246 7.2 and the registry after it. NO_ALERT: nothing goes on the wire. */
enum alert {
#define ALERT(name, code) ALERT_##name = (code),
#include <handfast/alerts.def>
#undef ALERT
    NO_ALERT = 255
};

/* What a row of errors.def says. Never NULL; an unknown number answers the row of INTERNAL. */
struct err_row {
    const char *name;     /* "UNKNOWN_CA" */
    const char *sentence; /* what happened, one sentence, no full stop */
    const char *rfc;      /* "RFC 5246 7.4.2", or "" */
    const char *remedy;   /* what to do about it */
    enum err_class class_;
    uint8_t alert;
};
const struct err_row *err_row(enum err e);
const char *err_class_name(enum err_class c);

/* "unknown_ca" for 48; "alert(N)" is the caller's to print when this answers NULL. */
const char *alert_name(uint8_t code);

/* The one control-flow macro: return what failed. */
#define TRY(call)                   \
    do {                            \
        enum err try_err_ = (call); \
        if (try_err_ != OK) {       \
            return try_err_;        \
        }                           \
    } while (0)

#endif
