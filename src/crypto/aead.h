/* SPDX-License-Identifier: MIT */
#ifndef HF_CRYPTO_AEAD_H
#define HF_CRYPTO_AEAD_H

#include "crypto/crypto.h"

/*
 * Who does the AEADs of crypto.h: libcrypto always can; Intel's libipsec-mb does AES-GCM faster where it was
 * there at build time and the CPU has what it takes. crypto_start chooses once; a key stays with who made it.
 */
struct aead_implementation {
    const char *name;
    bool (*start)(void); /* once per process: whether this machine can */
    bool serves[AEAD_COUNT];
    /* k->aead, k->use and key.len are right; k->schedule is this one's to set */
    enum err (*key_set)(struct aead_key *k, struct slice key);
    void (*key_wipe)(struct aead_key *k);
    /* as aead_seal, aead_seal_joined (where both places are truly two) and aead_open, of a key that is set
     * and for this use */
    enum err (*seal)(struct aead_key *k, const uint8_t *nonce, struct slice additional, struct slice plain,
                     uint8_t *out);
    enum err (*seal_joined)(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                            struct slice plain, struct span out);
    enum err (*open)(struct aead_key *k, const uint8_t *nonce, struct slice additional, struct slice sealed,
                     uint8_t *out);
};
extern const struct aead_implementation aead_libcrypto; /* openssl/aead.c */
extern const struct aead_implementation aead_ipsecmb;   /* ipsecmb/aead.c */

/* Part of crypto_start. */
void aead_start(void);
/* For tests: the i-th implementation that can run here, the preferred one first; NULL past the last. */
const char *aead_implementation_name(size_t i);
/* For tests: keys made from now on are this one's where it serves the AEAD; NULL: as crypto_start chose. Not
 * while other threads make keys. */
void aead_prefer(const char *name);

#endif
