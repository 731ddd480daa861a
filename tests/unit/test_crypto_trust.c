/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "test_crypto_pki.h"

static EVP_PKEY *key;
static X509 *first, *second;
static char folder[] = "/tmp/hf-trust-XXXXXX";

static void in_folder(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/%s", folder, name);
}

static void write_pem(const char *name, X509 *a, X509 *b)
{
    char path[128];
    in_folder(name, path, sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    if (a) {
        assert_int_equal(PEM_write_X509(file, a), 1);
    }
    if (b) {
        assert_int_equal(PEM_write_X509(file, b), 1);
    }
    fclose(file);
}

static void drop(const char *name)
{
    char path[128];
    in_folder(name, path, sizeof path);
    assert_int_equal(unlink(path), 0);
}

static void a_file(void **state)
{
    (void)state;
    char path[128];
    size_t added = 9;
    struct trust *t = NULL;
    assert_int_equal(trust_new(&t), OK);
    assert_int_equal(trust_count(t), 0);
    assert_int_equal(trust_name(t, 0).len, 0);
    write_pem("two.pem", first, second);
    in_folder("two.pem", path, sizeof path);
    assert_int_equal(trust_add_path(t, path, &added), OK);
    assert_int_equal(added, 2);
    assert_int_equal(trust_add_path(t, path, &added), OK); /* again: nothing new */
    assert_int_equal(added, 0);
    assert_int_equal(trust_count(t), 2);
    struct certificate *a = parsed(first), *b = parsed(second);
    bool in_order = slice_equal(trust_name(t, 0), certificate_subject(a));
    assert_true(slice_equal(trust_name(t, in_order ? 1 : 0), certificate_subject(b)));
    assert_true(slice_equal(trust_name(t, in_order ? 0 : 1), certificate_subject(a)));
    assert_int_equal(trust_name(t, 2).len, 0);
    certificate_free(a);
    certificate_free(b);
    drop("two.pem");
    assert_int_equal(trust_add_path(t, path, &added), E_FILE_UNREADABLE);
    write_pem("empty.pem", NULL, NULL);
    in_folder("empty.pem", path, sizeof path);
    assert_int_equal(trust_add_path(t, path, &added), E_BAD_PEM);
    drop("empty.pem");
    assert_queue_clean();
    trust_free(t);
    trust_free(NULL);
}

static void a_folder(void **state)
{
    (void)state;
    size_t added = 9;
    struct trust *t = NULL;
    assert_int_equal(trust_new(&t), OK);
    assert_int_equal(trust_add_path(t, folder, &added), E_BAD_PEM); /* there is nothing in it */
    write_pem("notes.txt", first, NULL);
    write_pem(".hidden.pem", first, NULL);
    write_pem("01234567.x", first, NULL);
    write_pem("0123456g.0", first, NULL);
    assert_int_equal(trust_add_path(t, folder, &added), E_BAD_PEM); /* nor by its names */
    write_pem("a.crt", first, NULL);
    write_pem("0123abcd.0", first, NULL);
    write_pem("0123abcd.1", second, NULL);
    write_pem("key.pem", NULL, NULL);
    assert_int_equal(trust_add_path(t, folder, &added), OK);
    assert_int_equal(added, 2);
    assert_int_equal(trust_count(t), 2);
    static const char *const names[] = {"notes.txt", ".hidden.pem", "01234567.x", "0123456g.0",
                                        "a.crt",     "0123abcd.0",  "0123abcd.1", "key.pem"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        drop(names[i]);
    }
    assert_queue_clean();
    trust_free(t);
}

static void malformed(void **state)
{
    (void)state;
    size_t added = 9;
    struct trust *t = NULL;
    assert_int_equal(trust_new(&t), OK);
    assert_int_equal(trust_add_pem(t, slice_of("", 0), &added), E_BAD_PEM);
    assert_int_equal(trust_add_pem(t, slice_of_string("no certificate"), &added), E_BAD_PEM);
    assert_int_equal(
        trust_add_pem(t, slice_of_string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                      &added),
        E_MALFORMED_CERTIFICATE);
    assert_int_equal(
        trust_add_pem(t, slice_of_string("-----BEGIN CERTIFICATE-----\nAA!A\n-----END CERTIFICATE-----\n"),
                      &added),
        E_BAD_PEM);
    assert_int_equal(trust_add_pem(t, slice_of_string("-----BEGIN CERTIFICATE-----\nAAAA"), &added),
                     E_BAD_PEM);
    assert_int_equal(trust_add_crls(t, slice_of_string("no list")), E_BAD_PEM);
    assert_int_equal(
        trust_add_crls(t, slice_of_string("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n")),
        E_BAD_PEM);
    assert_int_equal(trust_count(t), 0);
    assert_queue_clean();
    trust_free(t);
}

/* sessions are bound to it (R3): the same whatever the order, another for any other set */
static void the_digest(void **state)
{
    (void)state;
    X509 *const orders[][2] = {{first, second}, {second, first}, {first, NULL}, {second, NULL}};
    uint8_t digests[5][32];
    for (size_t i = 0; i < 4; i++) {
        struct trust *t = NULL;
        BIO *bio = BIO_new(BIO_s_mem());
        size_t added;
        assert_int_equal(trust_new(&t), OK);
        if (i == 0) {
            assert_int_equal(trust_digest(t, digests[4]), OK);
        }
        for (size_t j = 0; j < 2 && orders[i][j]; j++) {
            assert_int_equal(PEM_write_bio_X509(bio, orders[i][j]), 1);
        }
        assert_int_equal(trust_add_pem(t, held(bio), &added), OK);
        assert_int_equal(trust_digest(t, digests[i]), OK);
        BIO_free(bio);
        trust_free(t);
    }
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = i + 1; j < 5; j++) {
            assert_int_equal(memcmp(digests[i], digests[j], 32) == 0, i == 0 && j == 1);
        }
    }
}

static void the_system(void **state)
{
    (void)state;
    struct trust *t = NULL;
    assert_int_equal(trust_new(&t), OK);
    /* the environment is not read: neither of these would be found, or both */
    assert_int_equal(setenv("SSL_CERT_FILE", "/nonexistent", 1), 0);
    assert_int_equal(setenv("SSL_CERT_DIR", "/nonexistent", 1), 0);
    enum err err = trust_add_system(t);
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0) {
        assert_int_equal(err, OK);
        assert_true(trust_count(t) > 50);
    } else {
        assert_true(err == OK || err == E_FILE_UNREADABLE);
    }
    assert_queue_clean();
    trust_free(t);
}

static int start(void **state)
{
    (void)state;
    assert_int_equal(crypto_start(), OK);
    assert_non_null(mkdtemp(folder));
    key = ec_key("P-256");
    first = make((struct recipe){.subject = "First", .key = key, .basic = "critical,CA:TRUE"});
    second = make((struct recipe){.subject = "Second", .key = key, .basic = "critical,CA:TRUE"});
    return 0;
}

static int stop(void **state)
{
    (void)state;
    X509_free(first);
    X509_free(second);
    EVP_PKEY_free(key);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file),     cmocka_unit_test(a_folder),   cmocka_unit_test(malformed),
        cmocka_unit_test(the_digest), cmocka_unit_test(the_system),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
