/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "tls12/tls12.h"

/* Finished, RFC 5246 7.4.9. What both sides said is kept: RFC 5746 3.1 and RFC 5929 3 need it. */

enum err finished_build(struct hs *hs, struct outgoing *out)
{
    uint8_t *mine = hs->negotiated->verify_data[hs->cursor.me];
    TRY(tls12_verify_data(hs, hs->cursor.me, mine));
    out->message.finished.verify_data = slice_of(mine, VERIFY_DATA_SIZE);
    return OK;
}

enum err finished_handle(struct hs *hs, const union any_message *m)
{
    enum side peer = other_side(hs->cursor.me);
    uint8_t expected[VERIFY_DATA_SIZE];
    TRY(tls12_verify_data(hs, peer, expected));
    bool same = secret_equal(m->finished.verify_data, slice_of(expected, sizeof expected));
    TRY(hs_checked(hs, CHECK_VERIFY_DATA, same ? OK : E_BAD_FINISHED));
    memcpy(hs->negotiated->verify_data[peer], expected, sizeof expected);
    return OK;
}
