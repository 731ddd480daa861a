/* SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "crypto/crypto.h"

struct slice premaster_slice(const struct premaster *p)
{
    return slice_of(p->large ? p->large : p->small, p->len);
}

void premaster_wipe(struct premaster *p)
{
    memory_free(p->large, p->large ? DH_PRIME_MAX : 0);
    wipe(p, sizeof *p);
}

enum err premaster_room(struct premaster *p, size_t len, uint8_t **room)
{
    *p = (struct premaster){0};
    *room = p->small;
    if (len > DH_PRIME_MAX) {
        return E_INTERNAL;
    }
    if (len > sizeof p->small) {
        void *memory;
        TRY(memory_new(DH_PRIME_MAX, &memory)); /* the whole of it: len may shrink, and all is to be wiped */
        *room = p->large = memory;
    }
    p->len = len;
    return OK;
}
