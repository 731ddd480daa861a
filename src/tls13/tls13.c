/* SPDX-License-Identifier: MIT */
/* table */
#include "tls13/tls13.h"

/* clang-format off */
const struct version version_tls13 = {
    .code = TLS_1_3,
    .message = {
        [CLIENT_HELLO]         = { &layout_client_hello, client_hello_build, client_hello_handle, client_hello_after, NULL, tls13_client_hello_patch },
        [HELLO_RETRY_REQUEST]  = { &layout_server_hello, hello_retry_request_build, hello_retry_request_handle, NULL },
        [SERVER_HELLO]         = { &layout_server_hello, tls13_server_hello_build, server_hello_handle, tls13_server_hello_after },
        [ENCRYPTED_EXTENSIONS] = { &layout_encrypted_extensions, encrypted_extensions_build, encrypted_extensions_handle, encrypted_extensions_after },
        [CERTIFICATE_REQUEST]  = { &layout_certificate_request13, tls13_certificate_request_build, tls13_certificate_request_handle, NULL },
        [CERTIFICATE]          = { &layout_certificate13, tls13_certificate_build, tls13_certificate_handle, NULL },
        [COMPRESSED_CERTIFICATE] = { &layout_compressed_certificate, tls13_compressed_certificate_build, tls13_compressed_certificate_handle, NULL },
        [CERTIFICATE_VERIFY]   = { &layout_certificate_verify, tls13_certificate_verify_build, tls13_certificate_verify_handle, NULL },
        [END_OF_EARLY_DATA]    = { NULL, NULL, NULL, end_of_early_data_after },
        [FINISHED]             = { &layout_finished13, tls13_finished_build, tls13_finished_handle, tls13_finished_after },
    },
    .local = {
        [choose_host]       = choose_host_step,
        [choose_group]      = choose_group_step,
        [look_up_session]   = tls13_look_up_session_step,
        [choose_parameters] = tls13_choose_parameters_step,
        [make_key_share]    = tls13_make_key_share_step,
        [agree_secret]      = tls13_agree_secret_step,
        [protect_early_data] = tls13_protect_early_data_step,
        [sign]              = tls13_sign_step,
        [verify_peer]       = verify_peer_step,
        [pick_identity]     = tls13_pick_identity_step,
    },
    .make_keys = tls13_make_keys,
    .install_keys = tls13_install_keys,
    .take_session = tls13_take_session,
    .server_hello = tls13_server_hello,
    .recall = tls13_recall,
    .client_hello = tls13_client_hello,
    .client_hello_place = AT_CLIENT_HELLO13,
    .scheme_fits = scheme_fits13,
};
/* clang-format on */
