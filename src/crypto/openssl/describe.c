/* SPDX-License-Identifier: MIT */
#include "crypto/openssl/certificate.h"

#include <openssl/err.h>
#include <stdio.h>
#include <time.h>

#include "crypto/names.h"

void date_describe(int64_t seconds, char out[DATE_SIZE])
{
    struct tm parts;
    time_t when = (time_t)seconds;
    if (!gmtime_r(&when, &parts) || strftime(out, DATE_SIZE, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        snprintf(out, DATE_SIZE, "%lld", (long long)seconds);
    }
}

void name_describe(struct slice name, char *out, size_t size)
{
    const uint8_t *at = name.data;
    X509_NAME *parsed = d2i_X509_NAME(NULL, &at, (long)name.len);
    BIO *text = BIO_new(BIO_s_mem());
    /* most specific part first; what is not printable ASCII is escaped, so that a name cannot play with a
     * terminal */
    unsigned long form = ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_DN_REV | XN_FLAG_FN_SN;
    out[0] = 0;
    if (parsed && text && X509_NAME_print_ex(text, parsed, 0, form) >= 0) {
        int len = BIO_read(text, out, (int)size - 1);
        out[len > 0 ? len : 0] = 0;
        if ((size_t)len == size - 1 && size > 4) {
            memcpy(out + size - 4, "...", 3);
        }
    }
    BIO_free(text);
    X509_NAME_free(parsed);
    ERR_clear_error();
}

void certificate_describe(const struct certificate *c, char *out, size_t size)
{
    if (size == 0) {
        return;
    }
    name_describe(c->subject, out, size);
    if (out[0] == 0) {
        names_describe(
            c->names, out,
            size); /* RFC 5280 4.1.2.6: the subject may be empty, then the names are all there is */
    }
}

void certificate_describe_names(const struct certificate *c, char *out, size_t size)
{
    names_describe(c->names, out, size);
}

enum err certificate_tell(struct slice der, char *out, size_t size)
{
    enum { PART = 128 };
    char subject[PART], issuer[PART], names[PART], from[DATE_SIZE], until[DATE_SIZE];
    struct certificate *c;
    TRY(certificate_parse(der, &c));
    name_describe(c->subject, subject, sizeof subject);
    name_describe(c->issuer, issuer, sizeof issuer);
    names_describe(c->names, names, sizeof names);
    date_describe(c->not_before, from);
    date_describe(c->not_after, until);
    (void)snprintf(out, size, "%s, issued by %s, from %s until %s, for %s",
                   subject[0] ? subject : "no subject", issuer, from, until, names);
    certificate_free(c);
    return OK;
}
