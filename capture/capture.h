/* SPDX-License-Identifier: MIT */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <handfast/observe.h>
#include <stdio.h>

#include "capture/streams.h"

/*
 * Files that others captured: pcap and pcapng. libpcap reads the packets; the secrets that a pcapng file has
 * in its Decryption Secrets Blocks, which libpcap passes over, are read here.
 */
struct capture_counts {
    uint64_t packets, segments, fragments, damaged;
    uint64_t connections;
};
enum capture_result {
    CAPTURE_READ, /* to its end */
    CAPTURE_CUT,  /* up to a place where it breaks off or is damaged: why says how */
    CAPTURE_NONE, /* it is not a capture, or none that can be read: why says how */
    CAPTURE_BAD_FILTER,
    CAPTURE_NO_MEMORY,
};
/* Whether the file begins as pcap or pcapng does; its place is as before. */
bool capture_is(FILE *file);
/*
 * Decryption Secrets Blocks of TLS key logs go into secrets; *found counts them. The file is at its
 * beginning, and is so afterwards. A file that is not pcapng has none.
 */
enum capture_result capture_secrets(FILE *file, hf_secrets *secrets, size_t *found);
/* Reads and closes the file. filter: as tcpdump takes it, or NULL. */
enum capture_result capture_read(FILE *file, const char *filter, const struct sink *sink,
                                 struct capture_counts *counts, char why[256]);

#endif
