/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* flow.h: what a certificate says of itself, for pictures and explanations. Nothing here judges it. */

bool hf_certificate_look(hf_bytes der, hf_certificate *out)
{
    struct certificate *c;
    if (!out || !der.data || crypto_start() != OK || certificate_parse(slice_of_bytes(der), &c) != OK) {
        return false;
    }
    struct slice whole = certificate_der(c), subject = certificate_subject(c), issuer = certificate_issuer(c);
    *out = (hf_certificate){
        .subject = {der.data + (subject.data - whole.data), subject.len},
        .issuer = {der.data + (issuer.data - whole.data), issuer.len},
        .not_before = certificate_not_before(c),
        .not_after = certificate_not_after(c),
    };
    name_describe(subject, out->subject_text, sizeof out->subject_text);
    name_describe(issuer, out->issuer_text, sizeof out->issuer_text);
    certificate_describe_names(c, out->names, sizeof out->names);
    certificate_free(c);
    return true;
}

bool hf_certificate_is_for(hf_bytes der, const char *name)
{
    struct certificate *c;
    if (!name || !der.data || crypto_start() != OK || certificate_parse(slice_of_bytes(der), &c) != OK) {
        return false;
    }
    bool is = certificate_names(c, name);
    certificate_free(c);
    return is;
}
