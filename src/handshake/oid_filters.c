/* SPDX-License-Identifier: MIT */
#include "handshake/oid_filters.h"

#include "crypto/der.h"
#include "wire/layout.h"

struct filter {
    struct slice oid, values;
};

static bool next(struct reader *r, struct filter *f)
{
    if (r->bad || r->at == r->end) {
        return false;
    }
    f->oid = read_vector(r, 1);
    f->values = read_vector(r, 2);
    return !r->bad;
}

bool oid_filters_are_sound(struct slice filters)
{
    struct reader r = reader_of(filters);
    struct filter f;
    while (next(&r, &f)) {
        struct slice whole = f.oid, oid;
        if (!der_take(&whole, DER_OID, &oid) || whole.len || !oid.len) {
            return false;
        }
    }
    return !r.bad;
}

bool oid_filters_are_apart(struct slice filters)
{
    struct slice seen[OID_FILTERS_MAX];
    size_t count = 0;
    struct reader r = reader_of(filters);
    struct filter f;
    while (next(&r, &f)) {
        for (size_t i = 0; i < count; i++) {
            if (slice_equal(seen[i], f.oid)) { /* RFC 8446 4.2.5: not more than once */
                return false;
            }
        }
        if (count == OID_FILTERS_MAX) {
            return false;
        }
        seen[count++] = f.oid;
    }
    return true;
}

bool oid_filters_met(struct slice filters, const struct certificate *c)
{
    struct reader r = reader_of(filters);
    struct filter f;
    if (certificate_is_raw_key(c)) {
        return true;
    }
    while (next(&r, &f)) {
        if (!certificate_meets(c, f.oid, f.values)) {
            return false;
        }
    }
    return true;
}
