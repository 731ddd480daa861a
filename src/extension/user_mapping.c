/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"

/* user_mapping, RFC 4681 2: the hint types a client has and those of them a server would take. One is known,
 * upn_domain_hint. */

/* The row of the config, where user mapping may be negotiated in this handshake; supplemental_count: it may
 * not. */
static size_t row_of(const struct hs *hs)
{
    const struct config *c = hs->config;
    size_t i = 0;
    while (i < c->supplemental_count &&
           !(c->supplemental[i].is_user_mapping && supplemental_is_due(hs, &c->supplemental[i]))) {
        i++;
    }
    return i;
}

static void write_types(struct writer *body)
{
    static const uint8_t types[] = {UPN_DOMAIN_HINT};
    write_vector(body, 1, slice_of(types, sizeof types));
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    *present = row_of(hs) < hs->config->supplemental_count;
    write_types(body);
    return OK;
}

static enum err read_types(struct slice body, struct user_mapping_type_list *out)
{
    return layout_decode(&layout_user_mapping_type_list, body, out) == OK ? OK : E_MALFORMED_EXTENSION;
}

static enum err accept(struct hs *hs, struct slice body)
{
    struct user_mapping_type_list m;
    size_t i = row_of(hs);
    if (i == hs->config->supplemental_count) {
        return OK; /* as one that is not known */
    }
    TRY(read_types(body, &m));
    if (list_has8(m.user_mapping_types, UPN_DOMAIN_HINT)) { /* RFC 4681 2: else there is no answer */
        hs->supplemental.offered |= (uint16_t)(1u << i);
    }
    return OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    size_t i = row_of(hs);
    *present = i < hs->config->supplemental_count && hs->supplemental.offered & 1u << i &&
               !cursor_has(&hs->cursor, RESUMED);
    write_types(body);
    return *present ? supplemental_agree(hs, i) : OK;
}

/* RFC 4681 2: equal to what the client listed, or a subset. */
static enum err confirm(struct hs *hs, struct slice body)
{
    struct user_mapping_type_list m;
    TRY(read_types(body, &m));
    for (size_t i = 0; i < m.user_mapping_types.len; i++) {
        if (m.user_mapping_types.data[i] != UPN_DOMAIN_HINT) {
            return hs_refuse(hs, E_USER_MAPPING_NOT_OFFERED, "UserMappingType %u",
                             m.user_mapping_types.data[i]);
        }
    }
    return supplemental_agree(hs, row_of(hs));
}

const struct extension extension_user_mapping = {
    .code = EXTENSION_USER_MAPPING,
    .places = AT_HELLOS12,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
};
