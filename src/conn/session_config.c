/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/memory.h"
#include "conn/conn.h"

/* What a config says about sessions. */

hf_err hf_config_session_cache(hf_config *config, size_t sessions)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable != HF_OK) {
        return settable;
    }
    if (sessions > (size_t)1 << 28) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.session_capacity = sessions;
    return HF_OK;
}

hf_err hf_config_session_life(hf_config *config, uint32_t seconds, uint32_t client_auth_seconds)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if (!seconds || seconds > 24 * 3600) { /* RFC 5246 F.1.4 */
        return HF_BAD_ARGUMENT;
    }
    config->settings.session_life = seconds;
    config->settings.client_auth_life = client_auth_seconds ? client_auth_seconds
                                                            : config->settings.client_auth_life;
    return HF_OK;
}

hf_err hf_config_session_generation(hf_config *config, const char *text)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if (!text) {
        return HF_NULL_ARGUMENT;
    }
    return public_err(memory_replace(&config->settings.generation, slice_of_string(text)));
}

hf_err hf_config_resume_client_auth(hf_config *config, bool allow)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    config->settings.resume_client_auth = allow;
    return HF_OK;
}

hf_err hf_config_keyring(hf_config *config, hf_keyring *keyring)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if (!keyring) {
        return HF_NULL_ARGUMENT;
    }
    if (config->settings.side != SERVER) {
        return HF_BAD_ARGUMENT;
    }
    keyring_release(config->settings.keyring);
    config->settings.keyring = keyring_share((struct keyring *)keyring);
    return HF_OK;
}

hf_err hf_config_tickets(hf_config *config, bool use)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    config->settings.tickets = use;
    return HF_OK;
}

hf_err hf_config_ticket_count(hf_config *config, unsigned tickets)
{
    hf_err settable = config_settable_by(config, SERVER);
    if (settable != HF_OK) {
        return settable;
    }
    if (tickets > HF_TICKETS_MAX) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.ticket_count = tickets;
    return HF_OK;
}

hf_err hf_config_tickets_kept(hf_config *config, unsigned tickets)
{
    hf_err settable = config_settable_by(config, CLIENT);
    if (settable != HF_OK) {
        return settable;
    }
    if (tickets < 1 || tickets > HF_TICKETS_MAX) {
        return HF_BAD_ARGUMENT;
    }
    config->settings.tickets_kept = tickets;
    return HF_OK;
}

hf_err hf_config_psk_alone(hf_config *config, bool allow)
{
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    config->settings.psk_alone = allow;
    return HF_OK;
}

hf_err hf_config_peer_identities(hf_config *config, const char *rules, hf_problem *why)
{
    struct peer_rules *read;
    struct slice wrong;
    hf_err settable = config_settable(config);
    if (settable != HF_OK) {
        return settable;
    }
    if (!rules) {
        return HF_NULL_ARGUMENT;
    }
    enum err e = peer_rules_read(rules, &read, &wrong);
    if (e == E_UNKNOWN_NAME) {
        return problem(
            why, HF_UNKNOWN_NAME,
            "'%.*s' is no rule: dns:NAME, email:ADDRESS, uri:URI, cn:NAME, serial:HEX or sha256:HEX, "
            "at most 256 of them",
            (int)(wrong.len < 80 ? wrong.len : 80), (const char *)wrong.data);
    }
    if (e != OK) {
        return problem(why, public_err(e), "%s", err_row(e)->sentence);
    }
    peer_rules_free(config->settings.peer_rules);
    config->settings.peer_rules = read;
    return HF_OK;
}

hf_session_stats hf_config_session_statistics(const hf_config *config)
{
    hf_session_stats stats = {0};
    uint64_t counts[SESSION_COUNTS];
    if (!config || !config->settings.counts) {
        return stats;
    }
    const struct config *c = &config->settings;
    counts_read(c->counts, counts);
    memcpy(stats.count, counts, sizeof stats.count);
    stats.made = counts[COUNT_MADE];
    stats.tickets_made = counts[COUNT_TICKETS];
    stats.records = counts[COUNT_RECORDS];
    stats.record_bytes = counts[COUNT_RECORD_BYTES];
    stats.no_key = counts[COUNT_NO_KEY];
    if (c->keyring) {
        stats.next_epoch = keyring_next(c->keyring, config_seconds(c), &stats.epoch);
    }
    return stats;
}

hf_err hf_conn_session_note(hf_conn *conn, hf_bytes note)
{
    if (!conn || (!note.data && note.len)) {
        return HF_NULL_ARGUMENT;
    }
    if (note.len > SESSION_NOTE_MAX || conn_is_open(conn) || conn->failure) {
        return HF_BAD_ARGUMENT;
    }
    struct negotiated *n = conn->again.agreed ? conn->again.agreed : &conn->negotiated;
    return public_err(memory_replace(&n->note, slice_of_bytes(note)));
}
