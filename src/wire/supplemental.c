/* SPDX-License-Identifier: MIT */
#include "wire/messages.h"

/* The insides of SupplementalData, RFC 4680 2, and of user mapping, RFC 4681. */

static bool take(struct list *l, const struct reader *r)
{
    l->rest = slice_of(r->at, (size_t)(r->end - r->at));
    l->bad = r->bad;
    return !r->bad;
}

bool list_next_supplemental(struct list *l, struct supplemental_entry *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    out->type = (uint16_t)read_number(&r, 2);
    out->content = read_vector(&r, 2);
    return take(l, &r);
}

bool list_next_user_mapping(struct list *l, struct user_mapping_entry *out)
{
    if (!l->rest.len) {
        return false;
    }
    struct reader r = reader_of(l->rest);
    out->type = (uint8_t)read_number(&r, 1);
    out->content = read_vector(&r, 2);
    return take(l, &r);
}

/* ---- RFC 4681 6 ---- */
#define DOMAIN_MAX 253 /* RFC 1034 3.1 */
#define LABEL_MAX 63

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_label(struct slice s)
{
    if (!s.len || s.len > LABEL_MAX || !is_alphanumeric(s.data[0]) || !is_alphanumeric(s.data[s.len - 1])) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (!is_alphanumeric(s.data[i]) && s.data[i] != '-') {
            return false;
        }
    }
    return true;
}

/* Labels separated by "."; an IDN-unaware slot, so names beyond ASCII come as A-labels. */
static bool is_domain(struct slice s)
{
    if (s.len > DOMAIN_MAX) {
        return false;
    }
    for (;;) {
        const uint8_t *dot = s.len ? memchr(s.data, '.', s.len) : NULL;
        size_t len = dot ? (size_t)(dot - s.data) : s.len;
        if (!is_label(slice_of(s.data, len))) {
            return false;
        }
        if (!dot) {
            return true;
        }
        s = slice_after(s, len + 1);
    }
}

/* The length of one well-formed character, RFC 3629 4; 0: none. The bounds of the second byte keep out
 * overlong forms, surrogates and what lies above U+10FFFF. */
static size_t utf8_length(struct slice s)
{
    uint8_t a = s.data[0], low = 0x80, high = 0xbf;
    size_t len = a < 0x80                ? 1
                 : a >= 0xc2 && a < 0xe0 ? 2
                 : a >= 0xe0 && a < 0xf0 ? 3
                 : a >= 0xf0 && a < 0xf5 ? 4
                                         : 0;
    low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : low;
    high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : high;
    if (len > s.len || (len > 1 && (s.data[1] < low || s.data[1] > high))) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if ((s.data[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return len;
}

/* UTF-8 without "@"; nor control characters, which no RFC forbids here and nobody has in a name: what is
 * printed and compared as C text stays whole. */
static bool is_user(struct slice s)
{
    if (!s.len) {
        return false;
    }
    while (s.len) {
        size_t len = utf8_length(s);
        if (!len || s.data[0] < 0x20 || s.data[0] == 0x7f || s.data[0] == '@') {
            return false;
        }
        s = slice_after(s, len);
    }
    return true;
}

static bool is_principal(struct slice s)
{
    const uint8_t *at = memchr(s.data, '@', s.len);
    if (!at) {
        return false;
    }
    size_t user = (size_t)(at - s.data);
    return is_user(slice_of(s.data, user)) && is_domain(slice_after(s, user + 1));
}

bool upn_domain_hint_is_sound(const struct upn_domain_hint *hint)
{
    struct slice upn = hint->user_principal_name, domain = hint->domain_name;
    return (upn.len || domain.len) && (!upn.len || is_principal(upn)) && (!domain.len || is_domain(domain));
}

enum err user_mapping_check(struct slice list)
{
    struct user_mapping_data_list m;
    if (layout_decode(&layout_user_mapping_data_list, list, &m) != OK) {
        return E_MALFORMED_USER_MAPPING;
    }
    struct list l = list_of(m.user_mapping_data_list);
    struct user_mapping_entry e;
    while (list_next_user_mapping(&l, &e)) {
        struct upn_domain_hint hint;
        if (e.type != UPN_DOMAIN_HINT) {
            continue;
        }
        if (layout_decode(&layout_upn_domain_hint, e.content, &hint) != OK) {
            return E_MALFORMED_USER_MAPPING;
        }
        if (!upn_domain_hint_is_sound(&hint)) {
            return E_BAD_UPN_DOMAIN_HINT;
        }
    }
    return l.bad ? E_MALFORMED_USER_MAPPING : OK;
}
