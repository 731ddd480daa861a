/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <time.h>

#include "fail.h"
#include "lane.h"
#include "result.h"

/* By column, round and side. */
static double samples[COLUMNS][2][ROUNDS_MAX];

struct row *results_add(struct results *results, const struct bench_case *of, const char *what,
                        const char *unit)
{
    CHECK(results->count < ROWS_MAX);
    struct row *row = &results->rows[results->count++];
    *row = (struct row){.of = of, .what = what, .unit = unit};
    return row;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double at_fraction(const double *values, int count, double fraction)
{
    double *sorted = malloc((size_t)count * sizeof *sorted);
    CHECK(sorted != NULL);
    for (int i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    double found = sorted[(int)((count - 1) * fraction)];
    free(sorted);
    return found;
}

/* Batches of one round ran next to each other, so what disturbed one disturbed both: the median of their
   ratios holds still where the ratio of two medians does not. */
static double ratio_of(const double *ours, const double *theirs, int count)
{
    double *ratios = malloc((size_t)count * sizeof *ratios);
    CHECK(ratios != NULL);
    for (int i = 0; i < count; i++)
        ratios[i] = ours[i] / theirs[i];
    double found = at_fraction(ratios, count, 0.5);
    free(ratios);
    return found;
}

bool plan_fulfilled(const struct plan *plan, int rounds, double began)
{
    if (rounds >= ROUNDS_MAX || (plan->rounds_at_most > 0 && rounds >= plan->rounds_at_most))
        return true;
    return rounds >= plan->rounds_at_least && wall_now() - began >= plan->seconds;
}

/* A B C, B C A, C A B, ...: short batches of every column, one after the other. */
static int run_rounds(struct lane *lanes, const struct plan *plan)
{
    int rounds = 0;
    for (double began = wall_now(); !plan_fulfilled(plan, rounds, began); rounds++) {
        for (int turn = 0; turn < COLUMNS; turn++) {
            int column = (rounds + turn) % COLUMNS;
            if (!plan->column[column])
                continue;
            struct cpu spent = lane_batch(&lanes[column]);
            samples[column][CLIENT][rounds] = spent.side[CLIENT];
            samples[column][SERVER][rounds] = spent.side[SERVER];
        }
    }
    return rounds;
}

static struct figure figure_of(const struct bench_case *of, const double *seconds, int rounds)
{
    double best = at_fraction(seconds, rounds, 0.1), median = at_fraction(seconds, rounds, 0.5);
    if (of->measure == THROUGHPUT) {
        double bytes = (double)of->message * 1e-9;
        return (struct figure){true, bytes / best, bytes / median};
    }
    return (struct figure){true, best * 1e6, median * 1e6};
}

static double compare(const struct bench_case *of, const double *ours, const double *theirs, int rounds)
{
    return of->measure == THROUGHPUT ? ratio_of(theirs, ours, rounds) : ratio_of(ours, theirs, rounds);
}

static void add_timed_row(const struct bench_case *of, enum side side, const struct plan *plan, int rounds,
                          struct results *results)
{
    static const char *const names[2][2] = {{"client", "server"}, {"seal", "open"}};
    bool bulk = of->measure == THROUGHPUT;
    struct row *row = results_add(results, of, names[bulk][side], bulk ? "GB/s" : "us");
    row->budget = of->budget[side];
    row->more_is_better = bulk;
    for (int column = 0; column < COLUMNS; column++) {
        if (plan->column[column])
            row->column[column] = figure_of(of, samples[column][side], rounds);
    }
    if (!plan->column[HANDFAST])
        return;
    if (plan->column[FLOOR])
        row->of_floor = compare(of, samples[HANDFAST][side], samples[FLOOR][side], rounds);
    if (plan->column[LIBSSL])
        row->of_libssl = compare(of, samples[HANDFAST][side], samples[LIBSSL][side], rounds);
}

void measure_case(const struct bench_case *of, const struct plan *plan, const struct pki *pki,
                  struct results *results)
{
    static struct lane lanes[COLUMNS];
    if (of->measure == IDLE_HEAP || of->measure == MALLOCS || of->measure == WIRE_BYTES) {
        measure_memory(of, plan, pki, results);
        return;
    }
    if (of->measure == TIMING) {
        if (plan->column[HANDFAST])
            measure_timing(of, plan, pki, results);
        return;
    }
    for (int column = 0; column < COLUMNS; column++) {
        if (plan->column[column])
            lane_open(&lanes[column], implementations[column], of, pki);
    }
    int rounds = run_rounds(lanes, plan);
    add_timed_row(of, CLIENT, plan, rounds, results);
    add_timed_row(of, SERVER, plan, rounds, results);
    for (int column = 0; column < COLUMNS; column++) {
        if (plan->column[column])
            lane_close(&lanes[column]);
    }
}
