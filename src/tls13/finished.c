/* SPDX-License-Identifier: MIT */
#include "tls13/tls13.h"

/* Finished, RFC 8446 4.4.4. */

enum err tls13_finished_build(struct hs *hs, struct outgoing *out)
{
    uint8_t bytes[HASH_MAX];
    struct slice mac;
    TRY(tls13_verify_data(hs, hs->cursor.me, bytes, &mac));
    write_bytes(&out->scratch, mac);
    out->message.finished.verify_data = written(&out->scratch);
    return OK;
}

enum err tls13_finished_handle(struct hs *hs, const union any_message *m)
{
    uint8_t bytes[HASH_MAX];
    struct slice mac;
    TRY(tls13_verify_data(hs, other_side(hs->cursor.me), bytes, &mac));
    if (m->finished.verify_data.len != mac.len) {
        return hs_refuse(hs, E_MALFORMED_MESSAGE, "Finished of %zu bytes where the hash has %zu",
                         m->finished.verify_data.len, mac.len);
    }
    bool same = secret_equal(m->finished.verify_data, mac);
    return hs_checked(hs, CHECK_VERIFY_DATA, same ? OK : E_BAD_FINISHED);
}

/* The step that is being done tells whose it was. */
enum err tls13_finished_after(struct hs *hs)
{
    if (hs->before) { /* RFC 8446 4.6.2: who the client is changes no key */
        return OK;
    }
    return hs->step->by == SERVER ? tls13_application_secrets(hs) : tls13_resumption_secret(hs);
}
