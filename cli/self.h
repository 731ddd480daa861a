/* SPDX-License-Identifier: MIT */
#ifndef CLI_SELF_H
#define CLI_SELF_H

#include "cli/cli.h"

/* The built-in certificates: PEM, of one CA; the server is server.example. */
extern const char self_ca[], self_server_chain[], self_server_key[], self_client_chain[], self_client_key[];
/* For OCSP stapling: another CA, whose OCSP response (DER) for its server is current when the clock stands
 * still. */
extern const char self_status_ca[], self_status_chain[], self_status_key[];
extern const hf_bytes self_status_response;

/* For key exchanges that need an RSA key: another CA, and its server. */
extern const char self_rsa_ca[], self_rsa_chain[], self_rsa_key[];

/* Plays a scenario with seeded randomness, a clock that stands still and no network, into a trace of both
 * sides. */
struct self_result {
    hf_failure failure; /* err HF_OK: none */
    hf_side failed;
    uint64_t fingerprint; /* of all bytes of both directions, in order: the same seed gives the same */
    size_t to_server, to_client;
};
/* A scenario of hf_flow_scenario; policy NULL: the default. HF_COMPRESSION_NOT_BUILT_IN where this build
 * cannot play it, else what the library answers where the two could not even be set up. */
hf_err self_play(const char *scenario, const char *policy, uint64_t seed, struct trace *t,
                 struct self_result *result);

#endif
