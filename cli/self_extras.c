/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/self.h"
#include "cli/self_cast.h"

/* What some scenarios have beyond the others. */

static hf_bytes bytes_of(const char *string)
{
    return (hf_bytes){(const uint8_t *)string, strlen(string)};
}

/* With the CA behind the leaf, as many servers have it: two certificates say much the same, and compress. */
static hf_err add_long_chain(hf_config *config, const char *leaf, const char *key)
{
    char chain[4096];
    (void)snprintf(chain, sizeof chain, "%s%s", leaf, self_ca);
    return hf_config_identity(config, bytes_of(chain), bytes_of(key), NULL);
}

hf_err self_add_compression(hf_config *config, hf_side side)
{
    hf_err err = side == HF_SERVER ? add_long_chain(config, self_server_chain, self_server_key)
                                   : add_long_chain(config, self_client_chain, self_client_key);
    return err != HF_OK ? err : hf_config_certificate_compression(config, "zlib", NULL);
}

hf_err self_add_rsa(hf_config *config, hf_side side)
{
    if (side == HF_CLIENT) {
        return hf_config_trust_pem(config, bytes_of(self_rsa_ca));
    }
    hf_err err = hf_config_identity(config, bytes_of(self_rsa_chain), bytes_of(self_rsa_key), NULL);
    return err != HF_OK ? err : hf_config_schemes_to_sign(config, "rsa_pkcs1_sha256", NULL);
}

/* RFC 7301, RFC 6066 4 and 8, RFC 7685, and one that no RFC has: the server answers some, and passes over the
 * status request, because it has no OCSP response, and the padding, which asks for nothing. */
hf_err self_add_extensions(hf_config *config, hf_side side)
{
    enum { OWN = 65300 };
    hf_err err = hf_config_alpn(config, side == HF_CLIENT ? "h2,http/1.1" : "http/1.1", false);
    hf_bytes own = bytes_of(side == HF_CLIENT ? "who" : "me");
    err = err != HF_OK ? err : hf_config_extension(config, OWN, HF_IN_CLIENT_HELLO | HF_IN_SERVER_HELLO, own);
    if (side == HF_SERVER) {
        return err;
    }
    err = err != HF_OK ? err : hf_config_max_fragment(config, 2048);
    err = err != HF_OK ? err : hf_config_status(config, HF_STATUS_SOFT);
    return err != HF_OK ? err : hf_config_padding(config, 320);
}
