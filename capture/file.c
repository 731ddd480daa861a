/* SPDX-License-Identifier: MIT */
#include "capture/capture.h"

#include <string.h>

#ifdef HF_HAVE_PCAP
#include <pcap/pcap.h>

/* A file may claim any time; one that is not to be counted is unknown. */
static int64_t microseconds(const struct timeval *t)
{
    bool sound = t->tv_sec > 0 && t->tv_sec < INT64_MAX / 1000000 && t->tv_usec >= 0 && t->tv_usec < 1000000;
    return sound ? (int64_t)t->tv_sec * 1000000 + t->tv_usec : 0;
}

static void take_packet(struct streams *streams, int link, const struct pcap_pkthdr *head,
                        const uint8_t *bytes, struct capture_counts *counts)
{
    struct segment segment;
    counts->packets++;
    switch (packet_read(link, (hf_bytes){bytes, head->caplen}, &segment)) {
    case PACKET_SEGMENT:
        counts->segments++;
        streams_take(streams, &segment, microseconds(&head->ts));
        break;
    case PACKET_FRAGMENT:
        counts->fragments++;
        break;
    case PACKET_DAMAGED:
        counts->damaged++;
        break;
    case PACKET_OTHER:
        break;
    }
}

static enum capture_result set_filter(pcap_t *pcap, const char *filter, char why[256])
{
    struct bpf_program program;
    if (filter == NULL) {
        return CAPTURE_READ;
    }
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        (void)snprintf(why, 256, "the filter '%.100s': %.120s", filter, pcap_geterr(pcap));
        return CAPTURE_BAD_FILTER;
    }
    enum capture_result result = CAPTURE_READ;
    if (pcap_setfilter(pcap, &program) != 0) {
        (void)snprintf(why, 256, "the filter '%.100s': %.120s", filter, pcap_geterr(pcap));
        result = CAPTURE_BAD_FILTER;
    }
    pcap_freecode(&program);
    return result;
}

static enum capture_result read_packets(pcap_t *pcap, struct streams *streams, struct capture_counts *counts,
                                        char why[256])
{
    int link = pcap_datalink(pcap), got;
    struct pcap_pkthdr *head;
    const u_char *bytes;
    if (!link_is_known(link)) {
        const char *name = pcap_datalink_val_to_description_or_dlt(link);
        (void)snprintf(why, 256, "captured on a link that is not known here: %.200s", name);
        return CAPTURE_NONE;
    }
    while ((got = pcap_next_ex(pcap, &head, &bytes)) == 1) {
        take_packet(streams, link, head, bytes, counts);
    }
    if (got == PCAP_ERROR) {
        (void)snprintf(why, 256, "%.250s", pcap_geterr(pcap));
        return CAPTURE_CUT;
    }
    return CAPTURE_READ;
}

enum capture_result capture_read(FILE *file, const char *filter, const struct sink *sink,
                                 struct capture_counts *counts, char why[256])
{
    char error[PCAP_ERRBUF_SIZE] = "";
    why[0] = '\0';
    *counts = (struct capture_counts){0};
    pcap_t *pcap = pcap_fopen_offline(file, error);
    if (pcap == NULL) {
        (void)snprintf(why, 256, "%.250s", error);
        fclose(file);
        return CAPTURE_NONE;
    }
    struct streams *streams = streams_new(sink);
    enum capture_result result = streams == NULL ? CAPTURE_NO_MEMORY : set_filter(pcap, filter, why);
    if (result == CAPTURE_READ) {
        result = read_packets(pcap, streams, counts, why);
        counts->connections = streams_count(streams);
    }
    streams_free(streams);
    pcap_close(pcap);
    return result;
}

#else /* built without libpcap */

enum capture_result capture_read(FILE *file, const char *filter, const struct sink *sink,
                                 struct capture_counts *counts, char why[256])
{
    (void)filter;
    (void)sink;
    *counts = (struct capture_counts){0};
    (void)snprintf(why, 256, "handfast was built without libpcap, which reads captures");
    fclose(file);
    return CAPTURE_NONE;
}
#endif
