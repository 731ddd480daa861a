/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stddef.h>

static const struct err_row rows[ERR_COUNT] = {
    [OK] = {"OK", "no error", "", "", CLASS_NONE, NO_ALERT},
#define ERROR(name, class_, alert_, sentence, rfc, remedy) \
    [E_##name] = {#name, sentence, rfc, remedy, class_, (uint8_t)(alert_)},
#include <handfast/errors.def>
#undef ERROR
};

const struct err_row *err_row(enum err e)
{
    return (unsigned)e < ERR_COUNT ? &rows[e] : &rows[E_INTERNAL];
}

const char *err_class_name(enum err_class c)
{
    static const char *const names[] = {
        [CLASS_NONE] = "none",           [MALFORMED] = "malformed", [MISBEHAVED] = "misbehaved",
        [INCOMPATIBLE] = "incompatible", [UNTRUSTED] = "untrusted", [LOCAL] = "local",
        [PEER_GAVE_UP] = "peer gave up", [USAGE] = "usage",
    };
    return (size_t)c < sizeof names / sizeof *names ? names[c] : names[LOCAL];
}

const char *alert_name(uint8_t code)
{
    switch (code) {
#define ALERT(name, code_) \
    case code_:            \
        return #name;
#include <handfast/alerts.def>
#undef ALERT
    default:
        return NULL;
    }
}
