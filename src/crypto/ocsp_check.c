/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "crypto/der.h"
#include "crypto/ocsp_response.h"

/*
 * Whether an OCSP response shows that a certificate is good, RFC 6960 3.2. The chain was validated before, so
 * the leaf is genuine; what remains is to find the key that issued the certificate. A peer chooses what
 * stands in its chain, so a certificate is not believed to be the issuer's for its name: its key must have
 * made the signature.
 */
#define ISSUERS_TRIED 8    /* certificates with the issuer's name */
#define RESPONDERS_TRIED 8 /* certificates in the response */

struct inquiry {
    const struct trust *trust;
    const struct ocsp_evidence *evidence;
    const struct chain_policy *policy;
    struct ocsp_verdict *verdict;
    struct ocsp_response response;
    struct ocsp_single single;
    struct certificate *subject;
    struct certificate *own_issuer;   /* parsed from the chain */
    const struct certificate *issuer; /* own_issuer or an anchor */
    unsigned tried;
};

__attribute__((format(printf, 3, 4))) static void say(struct inquiry *q, enum err err, const char *format,
                                                      ...)
{
    struct ocsp_verdict *v = q->verdict;
    int len =
        snprintf(v->detail, sizeof v->detail, "OCSP response for certificate %zu: ", q->evidence->depth);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(v->detail + len, sizeof v->detail - (size_t)len, format, arguments);
    va_end(arguments);
    v->err = err;
}

static bool undecided(const struct inquiry *q)
{
    return q->verdict->err == OK;
}

/* ---- the certificate, and who issued it ---- */
static struct slice chain_at(struct slice chain, size_t depth)
{
    for (size_t i = 0; chain.len >= 3; i++) {
        size_t len = (size_t)chain.data[0] << 16 | (size_t)chain.data[1] << 8 | chain.data[2];
        if (len > chain.len - 3) {
            break;
        }
        if (i == depth) {
            return slice_of(chain.data + 3, len);
        }
        chain = slice_after(chain, 3 + len);
    }
    return slice_of(NULL, 0);
}

/* Whether c is the issuer: OK with *is. Only what keeps it from being known is an error. */
static enum err is_issuer(struct inquiry *q, const struct certificate *c, bool *is)
{
    *is = false;
    if (!slice_equal(certificate_subject(c), certificate_issuer(q->subject)) || ++q->tried > ISSUERS_TRIED) {
        return OK;
    }
    enum err err = certificate_is_signed_by(q->subject, c);
    *is = err == OK;
    return err == E_BAD_SIGNATURE ? OK : err;
}

static enum err find_issuer_in_chain(struct inquiry *q)
{
    for (size_t i = 0; !q->issuer; i++) {
        struct slice der = chain_at(q->evidence->chain, i);
        if (!der.len) {
            return OK;
        }
        struct certificate *c;
        enum err err = certificate_parse(der, &c);
        if (err == E_MALFORMED_CERTIFICATE) {
            continue;
        }
        TRY(err);
        bool is = false;
        err = is_issuer(q, c, &is);
        if (err == OK && is) {
            q->issuer = q->own_issuer = c;
            return OK;
        }
        certificate_free(c);
        TRY(err);
    }
    return OK;
}

static enum err find_issuer_in_trust(struct inquiry *q)
{
    const struct certificate *c;
    for (size_t i = 0; !q->issuer && (c = trust_certificate(q->trust, i)) != NULL; i++) {
        bool is = false;
        TRY(is_issuer(q, c, &is));
        q->issuer = is ? c : NULL;
    }
    return OK;
}

static enum err find_issuer(struct inquiry *q)
{
    enum err err = certificate_parse(chain_at(q->evidence->chain, q->evidence->depth), &q->subject);
    if (err == E_MALFORMED_CERTIFICATE) {
        say(q, E_BAD_STATUS_RESPONSE, "the certificate does not parse");
        return OK;
    }
    TRY(err);
    TRY(find_issuer_in_chain(q));
    TRY(find_issuer_in_trust(q));
    if (!q->issuer) {
        say(q, E_BAD_STATUS_RESPONSE, "the certificate's issuer is neither in the chain nor trusted");
    }
    return OK;
}

/* ---- the answer about it ---- */
static enum err find_single(struct inquiry *q)
{
    struct slice walk = q->response.singles;
    struct ocsp_single s;
    while (ocsp_next_single(&walk, &s)) {
        bool about = false;
        TRY(ocsp_is_about(&s, q->subject, certificate_public_key(q->issuer), &about));
        if (about) {
            q->single = s;
            if (s.critical || q->response.critical) {
                say(q, E_BAD_STATUS_RESPONSE, "it has a critical extension that is not known"); /* 4.4 */
            }
            return OK;
        }
    }
    say(q, E_BAD_STATUS_RESPONSE, "it is about another certificate");
    return OK;
}

/* ---- who signed it ---- */
static enum err is_responder(const struct ocsp_response *r, const struct certificate *c, bool *is)
{
    if (r->responder_name.len) {
        *is = slice_equal(r->responder_name, certificate_subject(c));
        return OK;
    }
    struct slice bits;
    uint8_t digest[HASH_MAX];
    *is = false;
    if (!spki_key_bits(certificate_public_key(c), &bits)) {
        return OK;
    }
    TRY(hash_once(HASH_SHA1, bits, digest)); /* RFC 6960 4.2.1: KeyHash is SHA-1, and a name, not a proof */
    *is = slice_equal(r->responder_key, slice_of(digest, hash_size(HASH_SHA1)));
    return OK;
}

static bool key_is_fit(const struct inquiry *q, const struct certificate *c)
{
    const struct key_shape *key = certificate_key(c);
    bool rsa = key->kind == KEY_RSA || key->kind == KEY_RSA_PSS;
    return key->bits >= (rsa ? q->policy->min_rsa_bits : key->kind == KEY_EC ? q->policy->min_ec_bits : 0);
}

static enum err verify_by(struct inquiry *q, const struct certificate *c, bool *verified)
{
    struct slice algorithm = q->response.algorithm, content;
    const struct scheme *s = der_take(&algorithm, DER_SEQUENCE, &content)
                                 ? scheme_of_algorithm(content, certificate_key(c)->kind)
                                 : NULL;
    *verified = false;
    if (!s) {
        return OK;
    }
    enum err err = certificate_verify_signature(c, s, q->response.signed_part, q->response.signature);
    *verified = err == OK;
    return err == E_BAD_SIGNATURE || err == E_SCHEME_UNFIT_FOR_KEY ? OK : err;
}

/* RFC 6960 4.2.2.2: OCSPSigning, given by the very key that issued the certificate. Whether the responder's
 * own certificate was revoked is not asked: 4.2.2.2.1 leaves that to policy, and there is nobody to ask. */
static enum err is_authorized(struct inquiry *q, const struct certificate *c, bool *is)
{
    *is = false;
    if (!certificate_signs_ocsp(c)) {
        say(q, E_BAD_STATUS_RESPONSE, "its responder's certificate lacks OCSPSigning");
    } else if (!certificate_is_valid_at(c, q->policy->now)) {
        say(q, E_BAD_STATUS_RESPONSE, "its responder's certificate is not valid now");
    } else if (!certificate_may_sign(c) || !key_is_fit(q, c)) {
        say(q, E_BAD_STATUS_RESPONSE, "its responder's key is weaker than policy allows, or may not sign");
    } else if (!slice_equal(certificate_issuer(c), certificate_issuer(q->subject))) {
        say(q, E_BAD_STATUS_RESPONSE, "its responder's certificate is of another issuer");
    } else {
        enum err err = certificate_is_signed_by(c, q->issuer);
        *is = err == OK;
        if (err == E_BAD_SIGNATURE) {
            say(q, E_BAD_STATUS_RESPONSE, "its responder's certificate is of another issuer");
            err = OK;
        }
        return err;
    }
    return OK;
}

static enum err try_delegate(struct inquiry *q, struct slice der, bool *verified)
{
    struct certificate *c;
    bool is = false;
    enum err err = certificate_parse(der, &c);
    if (err != OK) {
        return err == E_MALFORMED_CERTIFICATE ? OK : err;
    }
    err = is_responder(&q->response, c, &is);
    if (err == OK && is) {
        err = is_authorized(q, c, &is);
    }
    if (err == OK && is) {
        err = verify_by(q, c, verified);
    }
    certificate_free(c);
    return err;
}

static enum err find_signer(struct inquiry *q)
{
    bool is = false, verified = false;
    TRY(is_responder(&q->response, q->issuer, &is));
    if (is) {
        TRY(verify_by(q, q->issuer, &verified));
    }
    struct slice walk = q->response.certificates, der;
    for (size_t i = 0; !verified && i < RESPONDERS_TRIED && der_take_whole(&walk, DER_SEQUENCE, &der); i++) {
        TRY(try_delegate(q, der, &verified));
    }
    if (verified) {
        q->verdict->err = OK; /* whatever was said of another certificate in it */
    } else if (undecided(q)) {
        say(q, E_BAD_STATUS_RESPONSE,
            "its signature is not of the certificate's issuer nor of a responder that the issuer named");
    }
    return OK;
}

/* ---- what it says, RFC 6960 4.2.2.1 ---- */
static void judge_answer(struct inquiry *q)
{
    const struct ocsp_single *s = &q->single;
    int64_t now = q->policy->now;
    int64_t until = (s->next_update ? s->next_update : s->this_update + OCSP_AGE_MAX) + OCSP_SKEW;
    int64_t early = s->this_update - now, late = now - until + OCSP_SKEW;
    if (s->status == OCSP_SAYS_REVOKED) { /* however old: it was revoked then */
        say(q, E_STATUS_REVOKED, "revoked");
    } else if (early > OCSP_SKEW) {
        say(q, E_STATUS_RESPONSE_EXPIRED, "it speaks of %lld seconds from now", (long long)early);
    } else if (until < now) {
        say(q, E_STATUS_RESPONSE_EXPIRED, "it should have been renewed %lld seconds ago", (long long)late);
    } else if (s->status == OCSP_SAYS_UNKNOWN) {
        say(q, E_STATUS_UNKNOWN, "unknown");
    }
    q->verdict->good_until = until;
}

static enum err judge(struct inquiry *q)
{
    const char *why;
    enum err err = ocsp_decode(q->evidence->response, &q->response, &why);
    if (err != OK) {
        say(q, E_BAD_STATUS_RESPONSE, "%s", why);
        return OK;
    }
    TRY(find_issuer(q));
    if (undecided(q)) {
        TRY(find_single(q));
    }
    if (undecided(q)) {
        TRY(find_signer(q));
    }
    if (undecided(q)) {
        judge_answer(q);
    }
    return OK;
}

enum err ocsp_check(const struct trust *t, const struct ocsp_evidence *evidence,
                    const struct chain_policy *policy, struct ocsp_verdict *out)
{
    struct inquiry q = {.trust = t, .evidence = evidence, .policy = policy, .verdict = out};
    *out = (struct ocsp_verdict){.err = OK};
    enum err err = judge(&q);
    certificate_free(q.subject);
    certificate_free(q.own_issuer);
    if (err != OK) {
        say(&q, err, "no verdict");
    }
    return err;
}

enum err ocsp_read(struct slice response, const struct certificate *c, struct slice issuer_key,
                   struct ocsp_notice *out)
{
    struct ocsp_response r;
    struct ocsp_single s;
    const char *why;
    if (ocsp_decode(response, &r, &why) != OK) {
        return E_BAD_STAPLE;
    }
    while (ocsp_next_single(&r.singles, &s)) {
        bool about = false;
        TRY(ocsp_is_about(&s, c, issuer_key, &about));
        if (about) {
            *out = (struct ocsp_notice){s.status, s.this_update, s.next_update};
            return OK;
        }
    }
    return E_STAPLE_OF_ANOTHER;
}
