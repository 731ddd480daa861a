/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_WALK_H
#define HF_WIRE_WALK_H

#include "wire/describe.h"

/* What describe.c and describe_extensions.c share: a message that is being told. */
struct walk {
    describer *tell;
    void *arg;
    const uint8_t *base;
    const struct setting *setting;
    enum place place;
    unsigned depth;
};

void walk_tell(const struct walk *w, struct described d);
/* What is left of r, from `from` on, is not what must stand there; nothing of it is read any more. Answers
 * false. */
bool walk_malformed(const struct walk *w, const char *name, struct reader *r, const uint8_t *from,
                    const char *why);
/* The whole of contents by one shape. */
void walk_struct(struct walk *w, const struct layout *l, struct slice contents);
/* The shape of what stands at r, by its first number; NULL: there is none. */
const struct layout *walk_choose(const struct shape_choice *choices, unsigned width, struct reader r);

/* ---- describe_extensions.c ---- */
enum place extension_place(struct slice message);
void walk_extensions(struct walk *w, struct slice contents);
size_t walk_count_extensions(struct slice contents);

#endif
