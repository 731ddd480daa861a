/* SPDX-License-Identifier: MIT */
/* table */
#include "tls12/tls12.h"

static enum err sign_by_side(struct hs *hs)
{
    return hs->cursor.me == SERVER ? server_key_exchange_sign(hs) : certificate_verify_sign(hs);
}

/* clang-format off */
const struct version version_tls12 = {
    .code = TLS_1_2,
    .message = {
        [CLIENT_HELLO]        = { &layout_client_hello, client_hello_build, client_hello_handle, client_hello_after },
        [SERVER_HELLO]        = { &layout_server_hello, tls12_server_hello_build, server_hello_handle, tls12_server_hello_after },
        [CERTIFICATE]         = { &layout_certificate_message, certificate_build, certificate_handle, NULL },
        [CERTIFICATE_STATUS]  = { &layout_certificate_status, certificate_status_build, certificate_status_handle, NULL },
        [SERVER_KEY_EXCHANGE] = { NULL, server_key_exchange_build, server_key_exchange_handle, NULL, server_key_exchange_layout },
        [CERTIFICATE_REQUEST] = { &layout_certificate_request, certificate_request_build, certificate_request_handle, NULL },
        [SERVER_HELLO_DONE]   = { NULL, NULL, server_hello_done_handle, NULL },
        [CLIENT_KEY_EXCHANGE] = { NULL, client_key_exchange_build, client_key_exchange_handle, client_key_exchange_after, client_key_exchange_layout },
        [CERTIFICATE_VERIFY]  = { &layout_certificate_verify, certificate_verify_build, certificate_verify_handle, certificate_verify_after },
        [NEW_SESSION_TICKET]  = { &layout_new_session_ticket, new_session_ticket_build, new_session_ticket_handle, NULL },
        [CERTIFICATE_URL]     = { &layout_certificate_url, certificate_url_build, certificate_url_handle, NULL },
        [SUPPLEMENTAL_DATA]   = { &layout_supplemental_data, supplemental_data_build, supplemental_data_handle, NULL },
        [FINISHED]            = { &layout_finished, finished_build, finished_handle, NULL },
    },
    .local = {
        [choose_host]       = choose_host_step,
        [look_up_session]   = look_up_session_step,
        [choose_parameters] = choose_parameters_step,
        [make_key_share]    = make_key_share_step,
        [sign]              = sign_by_side,
        [verify_peer]       = verify_peer_step,
        [pick_identity]     = pick_identity_step,
        [choose_supplemental] = choose_supplemental_step,
        [agree_secret]      = agree_secret_step,
        [fetch_certificate] = fetch_certificate_step,
    },
    .make_keys = tls12_make_keys,
    .install_keys = tls12_install_keys,
    .take_session = resume_take12,
    .server_hello = tls12_server_hello,
    .client_hello = tls12_client_hello,
    .client_hello_place = AT_CLIENT_HELLO12,
    .scheme_fits = scheme_fits,
};
/* clang-format on */
