/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "crypto/ocsp_response.h"

/*
 * An OCSP response as a server staples it, judged for one certificate whose only good answer is known: what
 * is accepted must have been signed, so its signed part is that answer's. Corpus: responses of every kind.
 */
static const char ca[] = "-----BEGIN CERTIFICATE-----\n"
                         "MIIBNjCB6aADAgECAgEBMAUGAytlcDAiMSAwHgYDVQQDDBdoYW5kZmFzdCBzZWxm\n"
                         "IHN0YXR1cyBDQTAgFw0yMDAxMDEwMDAwMDBaGA8yMDk5MTIzMTIzNTk1OVowIjEg\n"
                         "MB4GA1UEAwwXaGFuZGZhc3Qgc2VsZiBzdGF0dXMgQ0EwKjAFBgMrZXADIQBqNpcw\n"
                         "oZm+XDxcrw0vucSREBYQQJWuVAsSM9SqIGBlIaNCMEAwDwYDVR0TAQH/BAUwAwEB\n"
                         "/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFGI/ZPT0eHW2XjsJM+yv6F8jg8kK\n"
                         "MAUGAytlcANBAJztJ8nNnQI7YrnOyzXY2qL277xzjtbYQPG/3vfW3gE6mXKOOpVO\n"
                         "2Czo55W7FOcOAvLsckdZdmgFV25MsfnkAQ8=\n"
                         "-----END CERTIFICATE-----\n";
static const char leaf[] = "-----BEGIN CERTIFICATE-----\n"
                           "MIIBkTCCAUOgAwIBAgIBAjAFBgMrZXAwIjEgMB4GA1UEAwwXaGFuZGZhc3Qgc2Vs\n"
                           "ZiBzdGF0dXMgQ0EwIBcNMjAwMTAxMDAwMDAwWhgPMjA5OTEyMzEyMzU5NTlaMBkx\n"
                           "FzAVBgNVBAMMDnNlcnZlci5leGFtcGxlMCowBQYDK2VwAyEAk9CJqdJrz53PMyjo\n"
                           "rLxyCGzzRRbH79gWXQKzSEFi7GSjgaQwgaEwDAYDVR0TAQH/BAIwADAOBgNVHQ8B\n"
                           "Af8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwGQYDVR0RBBIwEIIOc2VydmVy\n"
                           "LmV4YW1wbGUwEQYIKwYBBQUHARgEBTADAgEFMB0GA1UdDgQWBBRbtNTbYzjPmsdK\n"
                           "/5+hMU7OWSpeJDAfBgNVHSMEGDAWgBRiP2T09Hh1tl47CTPsr+hfI4PJCjAFBgMr\n"
                           "ZXADQQBZSjr9WEQbR1O0kXZPI7teMHkxdTLxE1bKnwF7nRijK9WQEb/jkgt1GQyK\n"
                           "eIPMee+UecaxRZCfOmhWRN8PTMwO\n"
                           "-----END CERTIFICATE-----\n";
static const uint8_t good[] = {
    0x30, 0x82, 0x01, 0x15, 0x0a, 0x01, 0x00, 0xa0, 0x82, 0x01, 0x0e, 0x30, 0x82, 0x01, 0x0a, 0x06, 0x09,
    0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01, 0x04, 0x81, 0xfc, 0x30, 0x81, 0xf9, 0x30, 0x81,
    0xac, 0xa2, 0x16, 0x04, 0x14, 0x62, 0x3f, 0x64, 0xf4, 0xf4, 0x78, 0x75, 0xb6, 0x5e, 0x3b, 0x09, 0x33,
    0xec, 0xaf, 0xe8, 0x5f, 0x23, 0x83, 0xc9, 0x0a, 0x18, 0x0f, 0x32, 0x30, 0x32, 0x36, 0x30, 0x31, 0x30,
    0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x5a, 0x30, 0x81, 0x80, 0x30, 0x7e, 0x30, 0x56, 0x30, 0x0d,
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20, 0x4f, 0x77,
    0xf8, 0xc6, 0x1b, 0xbc, 0x4a, 0x13, 0x50, 0xf4, 0xc7, 0x35, 0x33, 0x59, 0x67, 0x9b, 0x7d, 0x9a, 0xa2,
    0xd6, 0xf1, 0x06, 0x13, 0x91, 0xac, 0xd6, 0xa3, 0x2f, 0x5b, 0xc9, 0x41, 0x0c, 0x04, 0x20, 0x33, 0xf4,
    0xa7, 0x67, 0x45, 0x18, 0x39, 0x28, 0xab, 0x5f, 0xc8, 0xb6, 0x45, 0x2e, 0x81, 0xb2, 0xb8, 0x77, 0xf5,
    0xc3, 0x6f, 0xb4, 0x65, 0x0a, 0x56, 0x70, 0x42, 0x52, 0xb0, 0xa4, 0xf3, 0x6f, 0x02, 0x01, 0x02, 0x80,
    0x00, 0x18, 0x0f, 0x32, 0x30, 0x32, 0x36, 0x30, 0x31, 0x30, 0x31, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30,
    0x5a, 0xa0, 0x11, 0x18, 0x0f, 0x32, 0x30, 0x32, 0x36, 0x30, 0x31, 0x30, 0x38, 0x30, 0x30, 0x30, 0x30,
    0x30, 0x30, 0x5a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x41, 0x00, 0x63, 0xd2, 0xa5, 0x51,
    0x8c, 0xb0, 0x9b, 0xd2, 0x76, 0x52, 0x69, 0x75, 0x73, 0x57, 0xf1, 0xe1, 0xee, 0x86, 0x27, 0xb8, 0xe7,
    0xad, 0x7a, 0x8a, 0xc7, 0x0e, 0xab, 0xb2, 0x5c, 0xd4, 0x3d, 0x75, 0x73, 0x84, 0x01, 0x3d, 0x4f, 0xd3,
    0x6b, 0x64, 0x14, 0xe0, 0xc7, 0xf5, 0x8d, 0xdd, 0xe6, 0x41, 0xe6, 0xe5, 0x76, 0x44, 0x49, 0x45, 0x13,
    0x70, 0x34, 0x60, 0x75, 0x39, 0xa5, 0x8e, 0xed, 0x00,
};
#define NOON 1767268800 /* 2026-01-01 12:00 UTC: it is current then */

static struct trust *trust;
static struct certificate *subject;
static uint8_t chain[2048];
static size_t chain_len;

#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct span der;
    size_t added;
    REQUIRE(crypto_start() == OK && trust_new(&trust) == OK);
    REQUIRE(trust_add_pem(trust, slice_of_string(ca), &added) == OK && added == 1);
    REQUIRE(certificate_from_pem(slice_of_string(leaf), 0, &der) == OK && der.len < sizeof chain - 3);
    REQUIRE(certificate_parse(slice_of_span(der), &subject) == OK);
    chain[1] = (uint8_t)(der.len >> 8);
    chain[2] = (uint8_t)der.len;
    memcpy(chain + 3, der.data, der.len);
    chain_len = 3 + der.len;
    free(der.data);
    return 0;
}

static bool within(struct slice part, struct slice whole)
{
    return !part.len || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void look_inside(struct slice response)
{
    struct ocsp_response r;
    struct ocsp_single s;
    const char *why = NULL;
    enum err e = ocsp_decode(response, &r, &why);
    REQUIRE(e == OK || (e == E_BAD_STATUS_RESPONSE && why && *why));
    if (e != OK) {
        return;
    }
    REQUIRE(within(r.signed_part, response) && within(r.algorithm, response) &&
            within(r.signature, response));
    REQUIRE(within(r.certificates, response) && within(r.responder_name, response));
    REQUIRE(within(r.singles, r.signed_part) && r.singles.len);
    size_t count = 0;
    for (struct slice walk = r.singles; ocsp_next_single(&walk, &s); count++) {
        REQUIRE(within(s.serial, r.signed_part) && within(s.name_hash, r.signed_part));
    }
    REQUIRE(count);
}

static void judge(struct slice response)
{
    struct ocsp_evidence evidence = {slice_of(chain, chain_len), 0, response};
    struct chain_policy policy = {.now = NOON, .min_rsa_bits = 2048, .min_ec_bits = 256};
    struct ocsp_verdict v;
    struct ocsp_response r, known;
    const char *why;
    REQUIRE(ocsp_check(trust, &evidence, &policy, &v) == OK);
    REQUIRE(memchr(v.detail, 0, sizeof v.detail) != NULL && (v.err == OK) == !v.detail[0]);
    if (v.err == OK || v.err == E_STATUS_REVOKED) {
        REQUIRE(ocsp_decode(response, &r, &why) == OK);
        REQUIRE(ocsp_decode(slice_of(good, sizeof good), &known, &why) == OK);
        REQUIRE(slice_equal(r.signed_part, known.signed_part) && v.err == OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ocsp_notice notice;
    struct slice response = slice_of(data, size);
    look_inside(response);
    judge(response);
    enum err e = ocsp_read(response, subject, slice_of(NULL, 0), &notice);
    REQUIRE(e == OK || e == E_BAD_STAPLE || e == E_STAPLE_OF_ANOTHER);
    return 0;
}
