/* SPDX-License-Identifier: MIT */
#ifndef HF_BENCH_RESULT_H
#define HF_BENCH_RESULT_H

#include <stdio.h>

#include "cases.h"

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

enum { ROWS_MAX = 64 };

struct results {
    struct row rows[ROWS_MAX];
    int count;
};

void measure_case(const struct bench_case *, const struct plan *, const struct pki *, struct results *);

/* measure_memory: IDLE_HEAP and MALLOCS, which are counted and not timed. */
void measure_memory(const struct bench_case *, const struct plan *, const struct pki *, struct results *);

struct row *results_add(struct results *, const struct bench_case *, const char *what, const char *unit);

void report_head(FILE *);
void report_row(FILE *, const struct row *, bool new_case);
void report_foot(FILE *, const struct results *);
void report_json(FILE *, const struct results *);

#endif
