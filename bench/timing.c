/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/rand.h>

#include "fail.h"

enum { SAMPLES_MAX = ROUNDS_MAX * TIMING_ROUND, ENOUGH_TO_JUDGE = 500 };

static double samples[TIMING_CLASSES][SAMPLES_MAX];
static double pooled[2 * SAMPLES_MAX];

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* a peer's clock sees other programs' time too: less */
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double timed_push(hf_conn *conn, uint8_t *bytes, size_t len, hf_err expected)
{
    size_t used = 0;
    double before = nanoseconds();
    hf_err err = hf_push_wire(conn, bytes, len, &used);
    double spent = nanoseconds() - before;
    if (err != expected)
        fail_because("hf_push_wire", hf_err_sentence(err));
    CHECK(err != HF_OK || used == len);
    return spent;
}

/* Each class as often as any other, in an order nobody can foresee: whatever drifts, drifts for all. */
static void shuffle(int *classes, int count)
{
    uint16_t random[TIMING_CLASSES * TIMING_ROUND];
    CHECK(RAND_bytes((unsigned char *)random, sizeof random) == 1);
    for (int i = count - 1; i > 0; i--) {
        int other = random[i] % (i + 1), kind = classes[i];
        classes[i] = classes[other];
        classes[other] = kind;
    }
}

static void run_round(const struct timing *timing, void *state, int class_count, int round)
{
    int order[TIMING_CLASSES * TIMING_ROUND], filled[TIMING_CLASSES] = {0};
    for (int i = 0; i < class_count * TIMING_ROUND; i++)
        order[i] = i % class_count;
    shuffle(order, class_count * TIMING_ROUND);
    for (int i = 0; i < class_count * TIMING_ROUND; i++) {
        int kind = order[i];
        samples[kind][round * TIMING_ROUND + filled[kind]++] = timing->sample(state, kind);
    }
}

struct moments {
    double mean, variance;
    int count;
};

static struct moments moments_below(const double *values, int count, double most)
{
    struct moments found = {0, 0, 0};
    for (int i = 0; i < count; i++) { /* Welford's, which loses nothing to the size of the mean */
        if (values[i] > most)
            continue;
        double from = values[i] - found.mean;
        found.count++;
        found.mean += from / found.count;
        found.variance += from * (values[i] - found.mean);
    }
    if (found.count > 1)
        found.variance /= found.count - 1;
    return found;
}

/* The slowest tenth of both together is what the machine did to us. */
static void compare(struct timing_row *row, const double *first, const double *second, int count)
{
    for (int i = 0; i < count; i++) {
        pooled[2 * i] = first[i];
        pooled[2 * i + 1] = second[i];
    }
    double most = at_fraction(pooled, 2 * count, 0.9);
    struct moments a = moments_below(first, count, most), b = moments_below(second, count, most);
    row->samples = count;
    row->median[0] = at_fraction(first, count, 0.5);
    row->median[1] = at_fraction(second, count, 0.5);
    if (a.count == 0 || b.count == 0) { /* nothing in common: as different as can be */
        row->difference = row->median[1] - row->median[0];
        row->t = row->difference < 0 ? -999 : 999;
        return;
    }
    row->difference = b.mean - a.mean;
    row->uncertainty = sqrt(a.variance / a.count + b.variance / b.count);
    row->t = row->uncertainty > 0 ? row->difference / row->uncertainty : 0;
}

enum timing_verdict timing_verdict_of(const struct timing_row *row)
{
    if (row->samples < ENOUGH_TO_JUDGE)
        return TIMING_TOO_FEW;
    return fabs(row->t) > TIMING_T_LIMIT ? TIMING_DIFFERENT : TIMING_SAME;
}

void measure_timing(const struct bench_case *of, const struct plan *plan, const struct pki *pki,
                    struct results *results)
{
    const struct timing *timing = of->timing;
    int class_count = 0, rounds = 0;
    while (class_count < TIMING_CLASSES && timing->classes[class_count] != NULL)
        class_count++;
    void *state = timing->prepare(pki);
    run_round(timing, state, class_count, 0); /* to warm up; written over */
    for (double began = wall_now(); !plan_fulfilled(plan, rounds, began); rounds++)
        run_round(timing, state, class_count, rounds);
    timing->release(state);
    for (int i = 0; i < timing->pair_count; i++) {
        const struct timing_pair *pair = &timing->pairs[i];
        CHECK(results->timing_count < TIMING_ROWS_MAX);
        struct timing_row *row = &results->timing[results->timing_count++];
        *row = (struct timing_row){.of = of,
                                   .first = timing->classes[pair->first],
                                   .second = timing->classes[pair->second],
                                   .known = pair->known};
        compare(row, samples[pair->first], samples[pair->second], rounds * TIMING_ROUND);
    }
}
