/* SPDX-License-Identifier: MIT */
/* table */
#include "cli/self_cast.h"

#include <string.h>

static const struct cast casts[] = {
    {"full", HF_CLIENT_AUTH_NONE, false, false, false, NULL},
    {.scenario = "ecc",
     .groups_of_server = "secp384r1:secp256r1",
     .groups_of_client = "x25519:secp256r1:secp384r1"},
    {.scenario = "finite-field",
     .groups_of_server = "ffdhe2048",
     .groups_of_client = "ffdhe2048:ffdhe3072",
     .suites = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
     .rsa = true},
    {.scenario = "extensions", .extensions = true},
    {"mutual", HF_CLIENT_AUTH_REQUIRE, true, false, false, NULL},
    {"mutual-empty", HF_CLIENT_AUTH_REQUEST, false, false, false, NULL},
    {.scenario = "certificate-url",
     .client_auth = HF_CLIENT_AUTH_REQUIRE,
     .client_has_certificate = true,
     .by_url = true},
    {.scenario = "status", .client_auth = HF_CLIENT_AUTH_NONE, .stapled = true},
    {"resume-id", HF_CLIENT_AUTH_NONE, false, true, false,
     "an earlier full handshake left the client a session"},
    {"resume-id-miss", HF_CLIENT_AUTH_NONE, false, true, true,
     "the client has a session; the server was started anew since"},
    {.scenario = "ticket", .client_auth = HF_CLIENT_AUTH_NONE, .tickets = true},
    {.scenario = "resume-ticket",
     .client_auth = HF_CLIENT_AUTH_NONE,
     .met_before = true,
     .note = "an earlier full handshake left the client a ticket",
     .tickets = true},
    {.scenario = "resume-ticket-renewed",
     .client_auth = HF_CLIENT_AUTH_NONE,
     .met_before = true,
     .server_forgot = true,
     .note = "the client has a ticket; the server's keys have changed since",
     .tickets = true},
    {"supplemental", HF_CLIENT_AUTH_NONE, false, false, false, NULL, .supplemental = BOTH_SIDES},
    {"supplemental-double", HF_CLIENT_AUTH_REQUIRE, true, false, false, NULL, .supplemental = DOUBLE},
    {"user-mapping", HF_CLIENT_AUTH_REQUIRE, true, false, false, NULL, .supplemental = USER_MAPPING},
    {"renegotiate", HF_CLIENT_AUTH_NONE, .again = BY_CLIENT},
    {"renegotiate-resumed", HF_CLIENT_AUTH_NONE, .again = BY_RESUMING},
    {"hello-request", HF_CLIENT_AUTH_NONE, .again = BY_SERVER},
    {"request-certificate", HF_CLIENT_AUTH_NONE, .client_has_certificate = true, .again = FOR_CERTIFICATE},
    {.scenario = "tls13", .tls13 = true},
    {.scenario = "tls13-mutual",
     .client_auth = HF_CLIENT_AUTH_REQUIRE,
     .client_has_certificate = true,
     .tls13 = true},
    {.scenario = "tls13-compressed",
     .client_auth = HF_CLIENT_AUTH_REQUIRE,
     .client_has_certificate = true,
     .tls13 = true,
     .compressed = true},
    {.scenario = "tls13-retry",
     .tls13 = true,
     .groups_of_server = "secp256r1",
     .note = "the client's key share is of x25519, and the server takes secp256r1 alone"},
    {.scenario = "tls13-ticket", .tls13 = true, .tickets = true},
    {.scenario = "tls13-post-handshake-auth",
     .client_has_certificate = true,
     .tls13 = true,
     .again = FOR_CERTIFICATE},
    {.scenario = "tls13-key-update", .tls13 = true, .again = NEW_KEYS},
};

const struct cast *self_cast(const char *scenario)
{
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
        if (strcmp(casts[i].scenario, scenario) == 0) {
            return &casts[i];
        }
    }
    return NULL;
}
