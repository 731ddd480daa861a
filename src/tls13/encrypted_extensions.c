/* SPDX-License-Identifier: MIT */
#include "tls13/tls13.h"

/* EncryptedExtensions, RFC 8446 4.3.1: what the server answers that no key depends on. */

enum err encrypted_extensions_build(struct hs *hs, struct outgoing *out)
{
    TRY(extensions_write(hs, AT_ENCRYPTED_EXTENSIONS, &out->scratch));
    out->message.encrypted_extensions.extensions = written(&out->scratch);
    return out->scratch.full ? E_INTERNAL : OK;
}

enum err encrypted_extensions_handle(struct hs *hs, const union any_message *m)
{
    TRY(extensions_read(hs, AT_ENCRYPTED_EXTENSIONS, m->encrypted_extensions.extensions));
    return tls13_early_data_answered(hs);
}

/* RFC 8449 4: what was agreed binds what is sent from here on. RFC 8446 4.2.10: where early data is refused, no
 * EndOfEarlyData follows. */
enum err encrypted_extensions_after(struct hs *hs)
{
    bool taken = cursor_has(&hs->cursor, EARLY_DATA);
    if (hs->cursor.me == CLIENT && tls13_early_data_goes_on(hs) && !taken) {
        TRY(tls13_end_early_data(hs));
    }
    if (!taken) {
        limits_with_keys(hs, CLIENT);
    }
    limits_with_keys(hs, SERVER);
    return OK;
}
