/* SPDX-License-Identifier: MIT */
#include "record/levels.h"
#include "tls13/tls13.h"

/* Where QUIC carries the handshake, RFC 9001 4.1.4: its keys are made by whoever protects the packets, of the
 * secrets that are given here. */

static enum level level_of(enum keys keys)
{
    return keys == APPLICATION_KEYS ? LEVEL_APPLICATION : keys == EARLY_KEYS ? LEVEL_EARLY : LEVEL_HANDSHAKE;
}

static const struct secret *secret_of(const struct hs *hs, enum side writer, enum keys keys)
{
    const struct schedule *s = &hs->schedule;
    return keys == APPLICATION_KEYS ? &s->application[writer]
           : keys == EARLY_KEYS     ? &s->early
                                    : &s->handshake[writer];
}

static enum err give(struct hs *hs, enum side writer, enum keys keys)
{
    struct level_secret given = {
        .level = level_of(keys),
        .writes = writer == hs->cursor.me,
        .suite = hs->negotiated->suite,
        .secret = *secret_of(hs, writer, keys),
    };
    enum err e = levels_give(hs->record_out->levels, &given);
    secret_wipe(&given.secret);
    return e;
}

/* RFC 9001 4.1.4: a client acknowledges at the handshake level before it writes there. RFC 9001 4.1.5: what a
 * server reads early data with comes first, where it takes some. */
enum err quic_install_keys(struct hs *hs, const struct step *s)
{
    if (s->then == HANDSHAKE_KEYS && step_is_local(s)) {
        bool takes = hs->cursor.me == SERVER && cursor_has(&hs->cursor, EARLY_DATA);
        TRY(takes ? give(hs, CLIENT, EARLY_KEYS) : OK);
        TRY(give(hs, other_side(hs->cursor.me), s->then));
        return give(hs, hs->cursor.me, s->then);
    }
    return give(hs, s->by, s->then);
}
