/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"

#include <stdlib.h>

/*
 * Whole files, pcap and pcapng: their secrets, then their packets down to TCP's streams. No more bytes come
 * out than went in, every connection that is opened is closed, and nothing is told of one that is not open.
 */

#define REQUIRE(what)  \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

struct open {
    uint64_t number;
    bool ended[2];
};
static uint64_t bytes_out, open_now;

static void *on_open(void *arg, const struct ends *ends, int64_t time)
{
    struct open *o = calloc(1, sizeof *o);
    (void)arg;
    (void)time;
    REQUIRE(o && (ends->client.family == 4 || ends->client.family == 6));
    o->number = ends->number;
    open_now++;
    return ends->number % 7 == 0 ? (free(o), open_now--, NULL) : o;
}

static void on_bytes(void *conn, hf_side from, hf_bytes bytes, int64_t time)
{
    (void)time;
    REQUIRE(!((struct open *)conn)->ended[from] && bytes.len > 0);
    bytes_out += bytes.len;
    for (size_t i = 0; i < bytes.len; i++) {
        *(volatile uint8_t *)&((struct open *)conn)->number = bytes.data[i]; /* all of it can be read */
    }
}

static void on_miss(void *conn, hf_side from, uint64_t len)
{
    REQUIRE(!((struct open *)conn)->ended[from] && len <= UINT32_MAX);
}

static void on_end(void *conn, hf_side from, bool cut)
{
    (void)cut;
    REQUIRE(!((struct open *)conn)->ended[from]);
    ((struct open *)conn)->ended[from] = true;
}

static void on_close(void *conn)
{
    open_now--;
    free(conn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sink sink = {on_open, on_bytes, on_miss, on_end, on_close, NULL};
    struct capture_counts counts;
    char why[256];
    size_t found;
    FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "rb") : NULL;
    if (!file) {
        return 0;
    }
    bytes_out = 0;
    hf_secrets *secrets = hf_secrets_new();
    REQUIRE(secrets);
    bool is = capture_is(file);
    (void)capture_secrets(file, secrets, &found);
    hf_secrets_free(secrets);
    if (is) {
        (void)capture_read(file, NULL, &sink, &counts, why);
        REQUIRE(open_now == 0 && bytes_out <= size && counts.segments <= counts.packets);
    } else {
        fclose(file);
    }
    return 0;
}
