/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "peers.h"

#define TLS13 WITH_TLS13

/* Inputs to begin with: what honest sides say, of every variant that is worth it. */
void seeds_wanted(int argc, char **argv, void (*write)(const char *folder, uint32_t variant))
{
    static const uint32_t worth[] = {0,
                                     WITH_X25519 | WITH_ALPN,
                                     WITH_RSA | WITH_CHACHA,
                                     WITH_CLIENT | WITH_IDENTITY | WITH_X25519,
                                     WITH_CLIENT,
                                     WITH_RSA | WITH_CLIENT | WITH_IDENTITY | WITH_ASKS,
                                     WITH_SESSION,
                                     WITH_SESSION | WITH_CHACHA | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_TICKETS,
                                     WITH_TICKETS | WITH_SESSION,
                                     WITH_TICKETS | WITH_SESSION | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_STATUS,
                                     WITH_STATUS | WITH_SESSION,
                                     WITH_TRUSTED_CAS,
                                     WITH_TRUSTED_CAS | WITH_STATUS | WITH_ALPN,
                                     WITH_TRUSTED_CAS | WITH_SESSION | WITH_RSA,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY | WITH_ALPN | WITH_RSA,
                                     WITH_URLS | WITH_CLIENT | WITH_IDENTITY | WITH_SESSION,
                                     WITH_OWN,
                                     WITH_OWN | WITH_TICKETS | WITH_SESSION,
                                     WITH_RAW_KEYS,
                                     WITH_RAW_KEYS | WITH_RSA | WITH_CLIENT | WITH_IDENTITY,
                                     WITH_RAW_KEYS | WITH_SESSION | WITH_CLIENT | WITH_IDENTITY,
                                     TLS13,
                                     TLS13 | WITH_ALPN | WITH_ASKS | WITH_OWN,
                                     TLS13 | WITH_CLIENT | WITH_IDENTITY | WITH_X25519,
                                     TLS13 | WITH_CLIENT,
                                     TLS13 | WITH_STATUS,
                                     TLS13 | WITH_SESSION | WITH_CHACHA,
                                     TLS13 | WITH_SESSION | WITH_TICKETS | WITH_ASKS,
                                     TLS13 | WITH_RETRY,
                                     TLS13 | WITH_RETRY | WITH_SESSION | WITH_CLIENT | WITH_IDENTITY,
                                     TLS13 | WITH_COOKIE,
                                     TLS13 | WITH_COOKIE | WITH_RETRY | WITH_SESSION,
                                     TLS13 | WITH_SESSION | WITH_EARLY,
                                     TLS13 | WITH_SESSION | WITH_EARLY | WITH_ALPN | WITH_CHACHA,
                                     TLS13 | WITH_SESSION | WITH_EARLY | WITH_ASKS,
                                     TLS13 | WITH_SESSION | WITH_EARLY | WITH_TICKETS,
                                     TLS13 | WITH_SESSION | WITH_EARLY | WITH_RETRY,
                                     TLS13 | WITH_SESSION | WITH_EARLY | WITH_COOKIE,
                                     TLS13 | WITH_RAW_KEYS,
                                     TLS13 | WITH_RAW_KEYS | WITH_CLIENT | WITH_IDENTITY | WITH_SESSION,
                                     TLS13 | WITH_PSK,
                                     TLS13 | WITH_PSK | WITH_CHACHA | WITH_ASKS,
                                     TLS13 | WITH_PSK | WITH_ASKS | WITH_ALPN,
                                     TLS13 | WITH_PSK | WITH_OWN,
                                     TLS13 | WITH_PSK | WITH_COOKIE,
                                     TLS13 | WITH_LATER | WITH_IDENTITY,
                                     TLS13 | WITH_LATER,
                                     TLS13 | WITH_LATER | WITH_RAW_KEYS | WITH_IDENTITY,
                                     TLS13 | WITH_LATER | WITH_IDENTITY | WITH_SESSION | WITH_EARLY,
                                     TLS13 | WITH_COMPRESSION,
                                     TLS13 | WITH_COMPRESSION | WITH_STATUS,
                                     TLS13 | WITH_COMPRESSION | WITH_CLIENT | WITH_IDENTITY,
                                     TLS13 | WITH_COMPRESSION | WITH_LATER | WITH_IDENTITY};
    if (argc == 3 && strcmp(argv[1], "--write-seeds") == 0) {
        for (size_t i = 0; i < sizeof worth / sizeof *worth; i++) {
            write(argv[2], worth[i]);
        }
        exit(0);
    }
}

void seed_write(const char *folder, const char *name, uint32_t variant, struct slice head, struct slice bytes)
{
    uint8_t front[400] = {(uint8_t)variant, (uint8_t)(variant >> 8), (uint8_t)(variant >> 16)};
    REQUIRE(head.len <= sizeof front - VARIANT_SIZE);
    memcpy(front + VARIANT_SIZE, head.data ? head.data : front, head.len);
    seed_write_plain(folder, name, variant, slice_of(front, VARIANT_SIZE + head.len), bytes);
}

void seed_write_plain(const char *folder, const char *name, uint32_t variant, struct slice head,
                      struct slice bytes)
{
    char path[400];
    REQUIRE(snprintf(path, sizeof path, "%s/%s-%02x", folder, name, variant) < (int)sizeof path);
    FILE *f = fopen(path, "wb");
    REQUIRE(f && fwrite(head.data, 1, head.len, f) == head.len &&
            fwrite(bytes.data, 1, bytes.len, f) == bytes.len);
    REQUIRE(fclose(f) == 0);
}
