/* SPDX-License-Identifier: MIT */
#ifndef HF_WIRE_MEANING_H
#define HF_WIRE_MEANING_H

#include <stdint.h>

/*
 * What the bytes of a field stand for, beside the shape that its row in a layout gives. Only describe.c reads
 * it: encoding and decoding know no meanings. A new meaning is a row in meanings.c.
 */
struct vocabulary;
struct layout;

enum meaning_kind {
    MEANS_NOTHING, /* a number, or bytes */
    MEANS_NAME,    /* a number of a vocabulary; a vector: of such numbers, of the width its row has as unit */
    MEANS_TEXT,    /* a host name, a URL */
    MEANS_SECONDS, /* four bytes: a time */
    MEANS_RANDOM,  /* of a hello: RFC 8446 4.1.3 hides messages in it */
    MEANS_ZEROS,   /* each byte is to be zero */
    MEANS_STRUCT,  /* the contents have a shape of their own */
    MEANS_LIST,    /* elements with a shape, one behind the other */
    MEANS_EXTENSIONS, /* Extension extensions<0..2^16-1> */
};
/* Who should not see it without being asked twice. */
enum privacy {
    PRIVACY_NONE,
    PRIVACY_PERSONAL,   /* tells who somebody is */
    PRIVACY_CREDENTIAL, /* whoever has it may use it */
    PRIVACY_OF_CLIENTS, /* personal where a client sends it */
};
/* The shape depends on the number that the struct begins with. A row without a shape ends the list; when it
 * has one, that is every other number's. */
struct shape_choice {
    uint32_t number;
    const struct layout *layout;
};
struct meaning {
    enum meaning_kind kind;
    enum privacy privacy;
    const char *element; /* the RFC's name of a list's element: "CipherSuite" */
    const struct vocabulary *names;
    const struct layout *layout;        /* STRUCT, LIST: one shape for all */
    const struct shape_choice *choices; /* or by the number, */
    uint8_t choice_width;               /* of this many bytes */
};

#define MEANING(id, ...) extern const struct meaning means_##id;
#include "wire/meanings.def"
#undef MEANING

#endif
