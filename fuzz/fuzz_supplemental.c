/* SPDX-License-Identifier: MIT */
/*
 * The insides of SupplementalData (RFC 4680 2) and of user mapping (RFC 4681 3, 6). The first byte chooses: a
 * list of entries, each checked as user mapping too; a UserMappingDataList; a UpnDomainHint. What is accepted
 * must be what the RFCs say, by a second reading.
 */
#include "wire/messages.h"

#include <stdlib.h>

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Bytes taken and bytes of the list add up, or the list is bad. */
static void walk_entries(struct slice bytes)
{
    struct list l = list_of(bytes);
    struct supplemental_entry e;
    size_t walked = 0;
    while (list_next_supplemental(&l, &e)) {
        expect(e.content.data >= bytes.data && e.content.data + e.content.len <= bytes.data + bytes.len);
        walked += 4 + e.content.len;
        enum err judged = user_mapping_check(e.content);
        expect(judged == OK || judged == E_MALFORMED_USER_MAPPING || judged == E_BAD_UPN_DOMAIN_HINT);
    }
    expect(l.bad ? walked < bytes.len : walked == bytes.len);
}

/* A sound name: at least one, one "@" at most and only in the principal, no control characters anywhere. */
static void check_hint(struct slice bytes)
{
    struct upn_domain_hint hint;
    if (layout_decode(&layout_upn_domain_hint, bytes, &hint) != OK || !upn_domain_hint_is_sound(&hint)) {
        return;
    }
    struct slice upn = hint.user_principal_name, domain = hint.domain_name;
    size_t ats = 0;
    expect(upn.len + domain.len > 0);
    for (size_t i = 0; i < upn.len; i++) {
        ats += upn.data[i] == '@';
        expect(upn.data[i] >= 0x20 && upn.data[i] != 0x7f);
    }
    expect(ats == (upn.len ? 1 : 0));
    for (size_t i = 0; i < domain.len; i++) {
        expect(domain.data[i] > 0x20 && domain.data[i] < 0x7f && domain.data[i] != '@');
    }
    expect(!domain.len || (domain.data[0] != '.' && domain.data[domain.len - 1] != '.'));
}

static void check_list(struct slice bytes)
{
    if (user_mapping_check(bytes) != OK) {
        return;
    }
    struct user_mapping_data_list m;
    struct user_mapping_entry e;
    expect(layout_decode(&layout_user_mapping_data_list, bytes, &m) == OK);
    size_t count = 0;
    for (struct list l = list_of(m.user_mapping_data_list); list_next_user_mapping(&l, &e); count++) {
        check_hint(e.type == UPN_DOMAIN_HINT ? e.content : slice_of("", 0));
    }
    expect(count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct slice bytes = slice_of(data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        walk_entries(bytes);
        break;
    case 1:
        check_list(bytes);
        break;
    default:
        check_hint(bytes);
        break;
    }
    return 0;
}
