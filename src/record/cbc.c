/* SPDX-License-Identifier: MIT */
#include "record/kinds.h"

/* RFC 5246 6.2.3.2: a fresh IV, which nobody can foretell, stands before every record */
enum err cbc_seal(struct protection *p, uint8_t type, struct slice plain, uint8_t *out)
{
    uint8_t prefix[RECORD_PREFIX];
    put_record_prefix(p, type, prefix);
    TRY(random_fill(p->random, (struct span){out, CBC_BLOCK}));
    return cbc_hmac_seal(&p->cbc, prefix, plain, out);
}

enum err cbc_open(struct protection *p, uint8_t type, struct span fragment, struct span *plain)
{
    uint8_t prefix[RECORD_PREFIX];
    put_record_prefix(p, type, prefix);
    return cbc_hmac_open(&p->cbc, prefix, fragment, plain);
}
