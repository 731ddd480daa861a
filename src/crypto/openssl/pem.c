/* SPDX-License-Identifier: MIT */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/memory.h"
#include "crypto/openssl/certificate.h"

enum err pem_next(BIO *pem, const char *first, const char *second, struct span *der)
{
    *der = (struct span){0};
    for (;;) {
        char *label = NULL, *header = NULL;
        long len = 0;
        unsigned char *bytes = NULL;
        if (PEM_read_bio(pem, &label, &header, &bytes, &len) != 1) {
            bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            enum err err = libcrypto_failed(E_BAD_PEM);
            return err == E_BAD_PEM && ended ? OK : err;
        }
        bool wanted = strcmp(label, first) == 0 || (second && strcmp(label, second) == 0);
        OPENSSL_free(label);
        OPENSSL_free(header);
        if (wanted) {
            *der = (struct span){bytes, (size_t)len};
            return OK;
        }
        OPENSSL_clear_free(bytes, (size_t)len); /* a private key, perhaps */
    }
}

enum err pem_take(struct slice *rest, const char *first, const char *second, struct span *der)
{
    struct span found = {0};
    *der = (struct span){0};
    if (rest->len == 0 || rest->len > PEM_MAX) {
        return rest->len == 0 ? OK : E_BAD_PEM;
    }
    BIO *bio = BIO_new_mem_buf(rest->data, (int)rest->len);
    enum err err = bio ? pem_next(bio, first, second, &found) : libcrypto_failed(E_NO_MEMORY);
    if (err == OK && found.data) {
        *rest = slice_after(*rest, rest->len - BIO_ctrl_pending(bio));
        err = memory_copy(slice_of_span(found), &der->data);
        der->len = err == OK ? found.len : 0;
        OPENSSL_free(found.data);
    }
    BIO_free(bio);
    return err;
}

enum err certificate_next(struct slice *rest, struct span *der)
{
    return pem_take(rest, PEM_STRING_X509, PEM_STRING_X509_OLD, der);
}

enum err certificate_from_pem(struct slice pem, size_t i, struct span *der)
{
    TRY(certificate_next(&pem, der));
    while (der->data && i--) {
        memory_free(der->data, der->len);
        TRY(certificate_next(&pem, der));
    }
    return der->data ? OK : E_BAD_PEM;
}
