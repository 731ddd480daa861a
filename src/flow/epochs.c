/* SPDX-License-Identifier: MIT */
#include "flow/flow.h"

static void use(struct epochs *p, enum side by, enum keys keys)
{
    static const uint8_t numbers[] = {[EARLY_KEYS] = 1, [HANDSHAKE_KEYS] = 2, [APPLICATION_KEYS] = 3};
    if (keys == NEW_KEYS || keys == NEXT_KEYS) {
        p->number[by]++;
    } else {
        p->number[by] = numbers[keys];
    }
    p->keys[by] = keys;
}

/* RFC 8446 7.1: the keys of the handshake are derived at once for both directions; a client whose early data is
 * taken goes on with the keys it has. */
static void use_handshake_keys(struct epochs *p, uint32_t facts)
{
    bool early = (p->keys[CLIENT] == EARLY_KEYS || (facts & EARLY_DATA) != 0) && !(facts & CARRIED_BY_QUIC);
    use(p, SERVER, HANDSHAKE_KEYS);
    use(p, CLIENT, early ? EARLY_KEYS : HANDSHAKE_KEYS);
}

void epochs_pass(struct epochs *p, const struct step *s, uint32_t facts)
{
    bool refused = s->what == ENCRYPTED_EXTENSIONS && (facts & EARLY_DATA) == 0;
    if (s->what == HELLO_RETRY_REQUEST) { /* RFC 8446 4.2.10: the second ClientHello is in the clear again */
        use(p, CLIENT, SAME_KEYS);
    } else if (refused && p->keys[CLIENT] == EARLY_KEYS) { /* nor is there an EndOfEarlyData: RFC 8446 4.5 */
        use(p, CLIENT, HANDSHAKE_KEYS);
    } else if (s->then == HANDSHAKE_KEYS && step_is_local(s)) {
        use_handshake_keys(p, facts);
    } else if (s->then != SAME_KEYS) {
        use(p, s->by, s->then);
    }
}

const char *keys_name(enum keys keys)
{
    static const char *const names[] = {[EARLY_KEYS] = "early data",
                                        [HANDSHAKE_KEYS] = "handshake",
                                        [APPLICATION_KEYS] = "application",
                                        [NEXT_KEYS] = "application"};
    return names[keys] ? names[keys] : "";
}
