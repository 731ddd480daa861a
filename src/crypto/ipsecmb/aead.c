/* SPDX-License-Identifier: MIT */
#include "crypto/aead.h"

#include <intel-ipsec-mb.h>

#include "base/memory.h"

/*
 * AES-GCM by Intel's Multi-Buffer Crypto library, one message at a time, where the CPU has VAES and AVX-512:
 * three times the speed of libcrypto 3.0 on large records, ten times on small ones. Only its functions are
 * kept; the manager they come from, a quarter of a megabyte, is for queues of jobs.
 */
#define NEEDED (IMB_FEATURE_VAES | IMB_FEATURE_VPCLMULQDQ | IMB_FEATURE_AVX512_SKX)

struct gcm {
    aes_gcm_pre_t expand;
    aes_gcm_enc_dec_t seal, open;
    aes_gcm_init_t begin; /* these three: a message in pieces */
    aes_gcm_enc_dec_update_t add;
    aes_gcm_enc_dec_finalize_t end;
};
static struct gcm by_aead[AEAD_COUNT];

/* Newer versions test their algorithms against published vectors when a manager is made. */
static bool is_sound(const IMB_MGR *manager)
{
    bool tested = manager->features & IMB_FEATURE_SELF_TEST;
    return (manager->features & NEEDED) == NEEDED && imb_get_errno((IMB_MGR *)(uintptr_t)manager) == 0 &&
           (!tested || manager->features & IMB_FEATURE_SELF_TEST_PASS);
}

static bool ipsecmb_start(void)
{
    IMB_MGR *manager = alloc_mb_mgr(0);
    if (!manager) {
        return false;
    }
    init_mb_mgr_auto(manager, NULL);
    bool sound = is_sound(manager);
    if (sound) {
        by_aead[AEAD_AES_128_GCM] = (struct gcm){manager->gcm128_pre,        manager->gcm128_enc,
                                                 manager->gcm128_dec,        manager->gcm128_init,
                                                 manager->gcm128_enc_update, manager->gcm128_enc_finalize};
        by_aead[AEAD_AES_256_GCM] = (struct gcm){manager->gcm256_pre,        manager->gcm256_enc,
                                                 manager->gcm256_dec,        manager->gcm256_init,
                                                 manager->gcm256_enc_update, manager->gcm256_enc_finalize};
    }
    free_mb_mgr(manager);
    return sound;
}

/*
 * The library wants its keys at multiples of 64 bytes, which its header says only to those who define LINUX.
 * malloc aligns to 16: the schedule is memory around the key.
 */
#define ALIGNMENT 64
#define GCM_TAG 16
#define SCHEDULE_SIZE (sizeof(struct gcm_key_data) + ALIGNMENT - _Alignof(max_align_t))

static struct gcm_key_data *key_in(void *schedule)
{
    return (struct gcm_key_data *)(((uintptr_t)schedule + ALIGNMENT - 1) & ~(uintptr_t)(ALIGNMENT - 1));
}

static enum err ipsecmb_key_set(struct aead_key *k, struct slice key)
{
    TRY(memory_new(SCHEDULE_SIZE, &k->schedule));
    by_aead[k->aead].expand(key.data, key_in(k->schedule));
    return OK;
}

static void ipsecmb_key_wipe(struct aead_key *k)
{
    memory_free(k->schedule, SCHEDULE_SIZE);
}

static enum err ipsecmb_seal(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                             struct slice plain, uint8_t *out)
{
    struct gcm_context_data state;
    by_aead[k->aead].seal(key_in(k->schedule), &state, out, plain.data, plain.len, nonce, additional.data,
                          additional.len, out + plain.len, GCM_TAG);
    wipe(&state, sizeof state); /* has a block of the key stream in it */
    return OK;
}

static enum err ipsecmb_seal_joined(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                                    struct slice plain, struct span out)
{
    struct gcm_context_data state;
    const struct gcm *by = &by_aead[k->aead];
    const struct gcm_key_data *key = key_in(k->schedule);
    uint8_t *rest = out.data + plain.len, *tag = out.data + out.len - GCM_TAG;
    by->begin(key, &state, nonce, additional.data, additional.len);
    by->add(key, &state, out.data, plain.data, plain.len);
    by->add(key, &state, rest, rest, (size_t)(tag - rest));
    by->end(key, &state, tag, GCM_TAG);
    wipe(&state, sizeof state);
    return OK;
}

static enum err ipsecmb_open(struct aead_key *k, const uint8_t *nonce, struct slice additional,
                             struct slice sealed, uint8_t *out)
{
    if (sealed.len < GCM_TAG) {
        return E_BAD_RECORD_MAC;
    }
    struct gcm_context_data state;
    size_t len = sealed.len - GCM_TAG;
    uint8_t tag[GCM_TAG], expected[GCM_TAG];
    memcpy(tag, sealed.data + len, sizeof tag); /* out may be sealed itself */
    by_aead[k->aead].open(key_in(k->schedule), &state, out, sealed.data, len, nonce, additional.data,
                          additional.len, expected, GCM_TAG);
    bool same = secret_equal(slice_of(tag, sizeof tag), slice_of(expected, sizeof expected));
    wipe(&state, sizeof state);
    wipe(expected, sizeof expected);
    if (!same) {
        wipe(out, len);
        return E_BAD_RECORD_MAC;
    }
    return OK;
}

const struct aead_implementation aead_ipsecmb = {
    .name = "ipsec-mb",
    .start = ipsecmb_start,
    .serves = {[AEAD_AES_128_GCM] = true, [AEAD_AES_256_GCM] = true},
    .key_set = ipsecmb_key_set,
    .key_wipe = ipsecmb_key_wipe,
    .seal = ipsecmb_seal,
    .seal_joined = ipsecmb_seal_joined,
    .open = ipsecmb_open,
};
