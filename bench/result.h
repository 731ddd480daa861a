/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_RESULT_H
#define HF_BENCH_RESULT_H

#include <stdio.h>

#include "cases.h"
#include "clock.h"

/* What the options ask for. */
struct plan {
    const char *only; /* a case's name, or NULL for all */
    bool column[COLUMNS];
    double seconds; /* for each timed case, all its columns together */
    int rounds_at_least;
    int rounds_at_most; /* 0: as many as the seconds allow */
    bool json;
};

struct figure {
    bool known;
    double best, median; /* best decile and median; equal for a count */
};

/* One line of the table. */
struct row {
    const struct bench_case *of;
    const char *what, *unit;
    struct figure column[COLUMNS];
    double of_floor, of_libssl; /* ratios; 0 where there is none */
    struct budget budget;
    bool more_is_better;
};

enum { ROWS_MAX = 128, TIMING_ROWS_MAX = 16, ROUNDS_MAX = 20000 };

/* One pair of classes of inputs, compared by the time they take. */
struct timing_row {
    const struct bench_case *of;
    const char *first, *second;
    const char *known;  /* why a difference is meant to be seen; NULL where it would be a leak */
    int samples;        /* of each class */
    double median[2];   /* ns, of all of them */
    double difference;  /* ns, second less first, of the means without the slowest tenth */
    double uncertainty; /* ns, standard error of that difference */
    double t;           /* Welch's */
};

struct results {
    struct row rows[ROWS_MAX];
    int count;
    struct timing_row timing[TIMING_ROWS_MAX];
    int timing_count;
};

void measure_case(const struct bench_case *, const struct plan *, const struct pki *, struct results *);

/* measure_memory: IDLE_HEAP, MALLOCS and WIRE_BYTES, which are counted and not timed. */
void measure_memory(const struct bench_case *, const struct plan *, const struct pki *, struct results *);

/* measure_timing: TIMING, two classes of inputs against each other. */
void measure_timing(const struct bench_case *, const struct plan *, const struct pki *, struct results *);

/* plan_fulfilled: whether these rounds, begun then, are enough; never more than ROUNDS_MAX. */
bool plan_fulfilled(const struct plan *, int rounds, double began);
double at_fraction(const double *values, int count, double fraction);

struct row *results_add(struct results *, const struct bench_case *, const char *what, const char *unit);

void report_head(FILE *);
void report_columns(FILE *);
void report_row(FILE *, const struct row *, bool new_case);
void report_foot(FILE *, const struct results *);
void report_json(FILE *, const struct results *);

void report_timing(FILE *, const struct timing_row *, bool new_case);
void report_timing_json(FILE *, const struct results *);

#endif
