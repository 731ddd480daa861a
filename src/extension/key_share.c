/* SPDX-License-Identifier: MIT */
#include "extension/extension.h"
#include "handshake/grease.h"

/* key_share, RFC 8446 4.2.8: a client's shares, the server's, or the group that it would rather have. */

static void write_share(struct writer *body, uint16_t group, struct slice share)
{
    write_number(body, group, 2);
    write_vector(body, 2, share);
}

static enum err offer(struct hs *hs, struct writer *body, bool *present)
{
    static const uint8_t meaningless[] = {0};
    *present = true;
    size_t mark = write_open(body, 2);
    if (hs->config->grease && !hs->asks_group) { /* RFC 8701 3.1 */
        write_share(body, hs->grease[GREASE_GROUP], slice_of(meaningless, sizeof meaningless));
    }
    write_share(body, hs->share.group->code, key_share_public(&hs->share));
    if (hs->other_share.group) {
        write_share(body, hs->other_share.group->code, key_share_public(&hs->other_share));
    }
    write_close(body, mark, 2);
    return OK;
}

/* RFC 8446 4.2.8: shares are of groups in supported_groups, no group twice. */
static enum err accept(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    struct slice shares = read_vector(&r, 2);
    uint16_t seen[64];
    size_t count = 0;
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    for (r = reader_of(shares); r.at < r.end && !r.bad;) {
        uint16_t group = (uint16_t)read_number(&r, 2);
        struct slice share = read_vector(&r, 2);
        if (r.bad || !share.len || count == sizeof seen / sizeof *seen) {
            return E_MALFORMED_EXTENSION;
        }
        for (size_t i = 0; i < count; i++) {
            if (seen[i] == group) {
                return hs_refuse(hs, E_KEY_SHARE_TWICE, "group 0x%04x", group);
            }
        }
        seen[count++] = group;
    }
    hs->offer.key_shares = shares;
    hs->offer.has_key_shares = true;
    return r.bad ? E_MALFORMED_EXTENSION : OK;
}

static enum err answer(struct hs *hs, struct writer *body, bool *present)
{
    const struct group *g = hs->negotiated->group;
    bool retry = hs->place == AT_HELLO_RETRY_REQUEST;
    *present = g && (!retry || hs->asks_group);
    if (g && retry) {
        write_number(body, g->code, 2);
    } else if (g) {
        write_share(body, g->code, key_share_public(&hs->share));
    }
    return OK;
}

/* RFC 8446 4.2.8: a group that was offered, and no share of which was sent. */
static enum err confirm_group(struct hs *hs, struct slice body)
{
    struct reader r = reader_of(body);
    uint16_t code = (uint16_t)read_number(&r, 2);
    const struct group *g = group_of(code);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    if (!g || !codes_have(&hs->config->groups, code)) {
        return hs_refuse(hs, E_GROUP_NOT_OFFERED, "HelloRetryRequest asks for group 0x%04x", code);
    }
    if (g == hs->share.group || g == hs->other_share.group) {
        return hs_refuse(hs, E_RETRY_WITHOUT_CHANGE, "a share of %s was sent", g->name);
    }
    hs->negotiated->group = g;
    hs->asks_group = true;
    return OK;
}

/* Of two shares the one that the server answers; the other is wiped. */
static void keep_chosen(struct hs *hs, uint16_t code)
{
    if (hs->other_share.group && hs->other_share.group->code == code) {
        kx_end(&hs->share);
        hs->share = hs->other_share;
        hs->other_share = (struct key_share){0};
    }
    kx_end(&hs->other_share);
}

static enum err confirm(struct hs *hs, struct slice body)
{
    if (hs->place == AT_HELLO_RETRY_REQUEST) {
        return confirm_group(hs, body);
    }
    struct reader r = reader_of(body);
    uint16_t code = (uint16_t)read_number(&r, 2);
    struct slice share = read_vector(&r, 2);
    if (!read_done(&r)) {
        return E_MALFORMED_EXTENSION;
    }
    keep_chosen(hs, code);
    const struct group *g = hs->share.group;
    if (code != g->code) {
        return hs_refuse(hs, E_GROUP_NOT_OFFERED, "the server's share is of group 0x%04x, ours of %s", code,
                         g->name);
    }
    if (share.len != group_answer_size(g)) {
        return hs_refuse(hs, E_BAD_KEY_SHARE, "%zu bytes for %s", share.len, g->name);
    }
    hs->negotiated->group = g;
    buffer_drop(&hs->peer_share, buffer_len(&hs->peer_share));
    TRY(buffer_append(&hs->peer_share, share));
    return cursor_set(&hs->cursor, KEY_SHARE);
}

/* RFC 8446 4.2.8, 4.2.9: there is no secret without it, but for a pre-shared key where that was offered. */
static enum err absent(struct hs *hs)
{
    if (hs->cursor.me == SERVER || hs->place != AT_SERVER_HELLO13) {
        return OK;
    }
    if (hs->psk.len) {
        hs->negotiated->group = NULL;
        return hs->config->psk_alone
                   ? OK
                   : hs_refuse(hs, E_PSK_NOT_OFFERED, "it has no key_share, and psk_ke was not offered");
    }
    return hs_refuse(hs, E_MISSING_EXTENSION, "ServerHello has no key_share");
}

const struct extension extension_key_share = {
    .code = EXTENSION_KEY_SHARE,
    .places = AT_CLIENT_HELLO13 | AT_SERVER_HELLO13 | AT_HELLO_RETRY_REQUEST,
    .offer = offer,
    .accept = accept,
    .answer = answer,
    .confirm = confirm,
    .absent = absent,
};
