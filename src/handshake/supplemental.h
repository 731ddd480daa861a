/* SPDX-License-Identifier: MIT */
#ifndef HF_HANDSHAKE_SUPPLEMENTAL_H
#define HF_HANDSHAKE_SUPPLEMENTAL_H

#include "base/buffer.h"
#include "flow/flow.h"

/* SupplementalData, RFC 4680: what a config agrees to, and what a handshake agreed on. */
#define SUPPLEMENTAL_ROWS_MAX 16
#define USER_MAPPING_DATA 0     /* SupplementalDataType, RFC 4681 3 */
#define SUPPLEMENTAL_OVERHEAD 7 /* the message's header and the length of its list */

/* The same numbers as HF_UNDER_PROTECTION, … */
enum supplemental_when {
    SUPPLEMENTAL_UNDER_PROTECTION,
    SUPPLEMENTAL_IN_CLEAR,
    SUPPLEMENTAL_AFTER_DOUBLE_HANDSHAKE
};

/* One SupplementalDataType and the hello extension that both sides must have sent for it (RFC 4680 2). */
struct supplemental_row {
    uint16_t type, extension;
    bool by[2];             /* by enum side: who may send it */
    bool without_extension; /* laboratory: agreed by this config alone */
    bool is_user_mapping;   /* its extension has a file of its own */
    uint8_t when;           /* enum supplemental_when */
    struct span body;       /* of our extension */
};

struct supplemental {
    uint16_t offered, agreed;                 /* rows of the config, one bit each */
    uint8_t types[2 * SUPPLEMENTAL_ROWS_MAX]; /* of the question */
    struct buffer message;                    /* ours, put together entry by entry */
};

#endif
