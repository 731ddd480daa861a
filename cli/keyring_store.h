/* SPDX-License-Identifier: MIT */
#ifndef CLI_KEYRING_STORE_H
#define CLI_KEYRING_STORE_H

#include <handfast/store.h>

#include "cli/keyring_file.h"

/*
 * A keyring that lives in the session store, wrapped with a key-encryption key that does not. Every process
 * looks at it now and then; whoever finds that something is due makes it and puts it there with
 * compare-and-set, so of two who do only one has.
 */
enum keyring_wish {
    KEYRING_SHOW,   /* load it */
    KEYRING_INIT,   /* make it where there is none */
    KEYRING_ROTATE, /* load it, make what is due; where there is none, put ours there, or a new one */
};
enum keyring_outcome {
    KEYRING_UNREACHABLE, /* the store; nothing has changed */
    KEYRING_REFUSED,     /* by the store, or no memory: what is due is not there; what was read counts */
    KEYRING_BROKEN,      /* what is there is none of ours; nothing has changed */
    KEYRING_ABSENT,
    KEYRING_EXISTS, /* INIT: there is one already */
    KEYRING_SAME,
    KEYRING_LOADED,  /* somebody else has changed it */
    KEYRING_CHANGED, /* we have */
};
typedef void keyring_told(void *arg, enum keyring_outcome outcome, const char *why);

struct keyring_store {
    hf_store *store;
    hf_keyring *keyring; /* the caller's */
    uint8_t kek[SECRET_KEY_SIZE];
    hf_keyring_plan plan; /* of a new one */
    char name[64];
    enum keyring_wish wish;
    bool busy, loaded;
    unsigned tries;
    struct file seen;   /* the bytes that are in the store; none: none are */
    struct file making; /* what shall stand there in their place */
    keyring_told *told;
    void *arg;
};

void keyring_store_start(struct keyring_store *k, hf_store *store, hf_keyring *keyring);
/* told is called once, perhaps before this returns. Not while busy. */
void keyring_store_go(struct keyring_store *k, enum keyring_wish wish);
void keyring_store_end(struct keyring_store *k);

#endif
