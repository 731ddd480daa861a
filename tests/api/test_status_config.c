/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a config takes of OCSP responses, and from files. */

static void test_what_can_be_stapled(void **state)
{
    (void)state;
    const struct test_identity *of = &test_pki()->server[TEST_P256];
    hf_config *server = test_server_config(), *client = test_client_config();
    hf_problem why;
    hf_bytes good = test_ocsp_make(&(struct test_ocsp){.of = of});
    assert_int_equal(hf_config_staple(NULL, good, &why), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_staple(server, (hf_bytes){NULL, 0}, &why), HF_NULL_ARGUMENT);
    assert_int_equal(hf_config_staple(client, good, &why), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, 0}, &why), HF_BAD_STAPLE);
    for (size_t len = 1; len < good.len; len++) {
        assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, len}, &why), HF_BAD_STAPLE);
    }
    assert_int_equal(hf_config_staple(server, (hf_bytes){good.data, 32 * 1024 + 1}, &why), HF_BAD_STAPLE);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .no_answer = 3}, &why), HF_BAD_STAPLE);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .other_serial = true}, &why),
                     HF_STAPLE_OF_ANOTHER);
    assert_int_equal(staple(server, &(struct test_ocsp){.of = &test_pki()->server[TEST_RSA]}, &why),
                     HF_STAPLE_OF_ANOTHER);
    assert_int_equal(hf_config_staple_file(server, "/nowhere/x.ocsp", &why), HF_FILE_UNREADABLE);
    assert_non_null(strstr(why.sentence, "/nowhere/x.ocsp"));
    /* taken, with a warning */
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .next_update = TEST_NOW - 1}, &why), HF_OK);
    assert_non_null(strstr(why.sentence, "expired on 2026-05-31 23:59:59 UTC"));
    assert_int_equal(staple(server, &(struct test_ocsp){.of = of, .status = TEST_REVOKED}, &why), HF_OK);
    assert_non_null(strstr(why.sentence, "revoked"));
    assert_int_equal(hf_config_staple(server, good, &why), HF_OK);
    assert_string_equal(why.sentence, "");
    test_ocsp_free(good);
    assert_int_equal(hf_config_status(server, HF_STATUS_SOFT), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_status(client, (hf_status_policy)3), HF_BAD_ARGUMENT);
    assert_int_equal(hf_config_sct(server, true), HF_BAD_ARGUMENT);
    test_freeze(client);
    assert_int_equal(hf_config_status(client, HF_STATUS_SOFT), HF_CONFIG_FROZEN);
    assert_int_equal(hf_config_sct(client, true), HF_CONFIG_FROZEN);
    hf_config_free(server);
    hf_config_free(client);
}

static void test_from_files(void **state)
{
    (void)state;
    char path[] = "/tmp/handfast-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    hf_bytes response = test_ocsp_make(&(struct test_ocsp){.of = &test_pki()->server[TEST_P256]});
    hf_config *server = test_server_config();
    hf_problem why;
    assert_int_equal(write(fd, response.data, response.len), (long)response.len);
    assert_int_equal(hf_config_staple_file(server, path, &why), HF_OK);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(pwrite(fd, two_scts, 9, 0), 9);
    assert_int_equal(hf_config_sct_list_file(server, 0, path), HF_OK);
    assert_int_equal(hf_config_staple_file(server, path, &why), HF_BAD_STAPLE);
    hf_config *client = client_with(HF_STATUS_HARD);
    assert_int_equal(hf_config_sct(client, true), HF_OK);
    struct pair *p = pair_take(client, server, TEST_HOST);
    pair_run(p);
    pair_assert_complete(p);
    assert_int_equal(seen_by_client(p)->peer_sct_list.len, 9);
    pair_free(p);
    test_ocsp_free(response);
    close(fd);
    unlink(path);
}

static void test_words(void **state)
{
    (void)state;
    for (hf_staple_verdict v = HF_STAPLE_NOT_ASKED; v <= HF_STAPLE_REVOKED; v++) {
        assert_true(strlen(hf_staple_verdict_word(v)) > 2);
    }
    assert_string_equal(hf_staple_verdict_word((hf_staple_verdict)99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_stapled),
        cmocka_unit_test(test_from_files),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
