/* SPDX-License-Identifier: MIT */
#include "handshake/status.h"
#include "tls12/tls12.h"

/* CertificateStatus, RFC 6066 8, RFC 6961 2.2: right behind the server's Certificate. */

enum err certificate_status_build(struct hs *hs, struct outgoing *out)
{
    out->whole = hs->status_message; /* encoded when the response was given */
    return out->whole.len ? OK : E_INTERNAL;
}

/* Judged where the chain is: once the whole flight is there. */
enum err certificate_status_handle(struct hs *hs, const union any_message *m)
{
    return status_keep(hs, &m->certificate_status);
}
