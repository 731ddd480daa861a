/* SPDX-License-Identifier: MIT */
#ifndef HF_TESTS_FLOW_EDITED_HELLO_H
#define HF_TESTS_FLOW_EDITED_HELLO_H

#include "meeting.h"

/*
 * Hellos with other extensions, suites, compression methods and session IDs than an honest peer would send,
 * in both directions. What must be ignored is: the handshake then ends with both Finished right, over the
 * bytes as they were. Checklist S5, S6, S8, S10, N1, N2, K4, E1.
 */
static const struct trait client_trait = {.side = CLIENT, .alpn = "h2,http/1.1"},
                          plain_client = {.side = CLIENT},
                          server_trait = {.side = SERVER, .alpn = "http/1.1"};
/* ---- editing a hello ---- */
enum edit_kind { ADD, ADD_FIRST, REPLACE, REMOVE, TWICE, NO_BLOCK, EMPTY_BLOCK, KEEP_ONLY, FIELD };
struct edit {
    enum edit_kind kind;
    uint16_t code; /* of the extension */
    struct slice bytes;
    /* FIELD: what of the hello itself is replaced */
    const struct slice *session_id, *suites, *compression;
    const uint16_t *version, *suite;
    size_t count; /* ADD: so many, with codes from `code` on */
};
void apply_edit(struct puppet *p, enum message m);
struct meeting tell_edit(enum side liar, const struct trait *client, const struct edit *e);
const char *edit_label(enum side liar, const struct edit *e);
void edit_refused(enum side liar, const struct edit *e, hf_err row);
void edit_accepted(enum side liar, const struct edit *e);
/* ---- bodies ---- */
struct body {
    uint16_t code;
    const char *bytes;
    size_t len;
    hf_err row; /* HF_OK: accepted */
};
#define SNI EXTENSION_SERVER_NAME
#define GROUPS EXTENSION_SUPPORTED_GROUPS
#define POINTS EXTENSION_EC_POINT_FORMATS
#define SCHEMES EXTENSION_SIGNATURE_ALGORITHMS
#define ALPN EXTENSION_ALPN
#define EMS EXTENSION_EXTENDED_MASTER_SECRET
#define RI EXTENSION_RENEGOTIATION_INFO
#define RSL EXTENSION_RECORD_SIZE_LIMIT

#endif
