/* SPDX-License-Identifier: MIT */
#include "handshake/grease.h"

/* RFC 8701 2: 0x0a0a, 0x1a1a, … 0xfafa */
static uint16_t value_of(uint8_t drawn)
{
    return (uint16_t)(0x0a0a | (drawn & 0x0f) << 12 | (drawn & 0x0f) << 4);
}

/* RFC 8701 5: at random, and no extension twice. */
enum err grease_draw(struct hs *hs)
{
    uint8_t drawn[GREASE_KINDS];
    if (!hs->config->grease) {
        return OK;
    }
    TRY(random_fill(&hs->random, (struct span){drawn, sizeof drawn}));
    for (size_t i = 0; i < GREASE_KINDS; i++) {
        hs->grease[i] = value_of(drawn[i]);
    }
    if (hs->grease[GREASE_LAST_EXTENSION] == hs->grease[GREASE_FIRST_EXTENSION]) {
        hs->grease[GREASE_LAST_EXTENSION] ^= 0x1010;
    }
    return OK;
}

void grease_write(const struct hs *hs, enum grease which, struct writer *w)
{
    if (hs->config->grease) {
        write_number(w, hs->grease[which], 2);
    }
}

void grease_write_extension(const struct hs *hs, enum grease which, size_t body_len, struct writer *w)
{
    if (!hs->config->grease) {
        return;
    }
    write_number(w, hs->grease[which], 2);
    write_number(w, (uint32_t)body_len, 2);
    while (body_len--) {
        write_number(w, 0, 1);
    }
}
