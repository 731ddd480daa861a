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
    return extensions_read(hs, AT_ENCRYPTED_EXTENSIONS, m->encrypted_extensions.extensions);
}

/* RFC 8449 4: what was agreed binds what is sent from here on. */
enum err encrypted_extensions_after(struct hs *hs)
{
    limits_with_keys(hs, CLIENT);
    limits_with_keys(hs, SERVER);
    return OK;
}
