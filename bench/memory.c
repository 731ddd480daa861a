/* SPDX-License-Identifier: MIT */
#include "count.h"
#include "lane.h"
#include "result.h"

struct memory_rows {
    struct row *total[2], *ours[2];
};

static struct figure count_figure(double value)
{
    return (struct figure){true, value, value};
}

static void count_bytes(struct lane *lane, int column, const struct memory_rows *rows)
{
    struct cpu spent = {{0, 0}};
    double sent[2] = {0, 0};
    lane_connect(lane, &spent);
    for (int i = 0; i < lane->pair_count; i++) { /* not all are of one length: ECDSA */
        sent[CLIENT] += (double)lane->pairs[i].up.total;
        sent[SERVER] += (double)lane->pairs[i].down.total;
    }
    for (int side = CLIENT; side <= SERVER; side++)
        rows->total[side]->column[column] = count_figure(sent[side] / lane->pair_count);
    lane_disconnect(lane, &spent);
}

static void count_lane(struct lane *lane, int column, const struct memory_rows *rows)
{
    struct cpu spent = {{0, 0}};
    bool heap = lane->of->measure == IDLE_HEAP;
    count_reset();
    count_enable(true);
    lane_connect(lane, &spent);
    if (heap)
        lane_exchange(lane);
    else
        lane_disconnect(lane, &spent);
    count_enable(false);
    for (int side = CLIENT; side <= SERVER; side++) {
        struct tally tally = count_of(side == CLIENT ? COUNT_CLIENT : COUNT_SERVER);
        double value = heap ? (double)tally.live : (double)tally.calls;
        rows->total[side]->column[column] = count_figure(value / lane->pair_count);
        if (!heap && column == HANDFAST) /* libssl's own go through libcrypto and cannot be told apart */
            rows->ours[side]->column[column] =
                count_figure((double)(tally.calls - tally.libcrypto_calls) / lane->pair_count);
    }
    if (heap)
        lane_disconnect(lane, &spent);
}

static struct memory_rows add_memory_rows(const struct bench_case *of, struct results *results)
{
    struct memory_rows rows = {{NULL, NULL}, {NULL, NULL}};
    static const char *const total[2] = {"client", "server"}, *const ours[2] = {"client ours", "server ours"};
    const char *unit = of->measure == MALLOCS ? "calls" : "bytes";
    for (int side = CLIENT; side <= SERVER; side++) {
        rows.total[side] = results_add(results, of, total[side], unit);
        rows.total[side]->budget = of->budget[side];
    }
    for (int side = CLIENT; side <= SERVER && of->measure == MALLOCS; side++) {
        rows.ours[side] = results_add(results, of, ours[side], unit);
        rows.ours[side]->budget.absolute = OURS_AT_MOST;
    }
    return rows;
}

void measure_memory(const struct bench_case *of, const struct plan *plan, const struct pki *pki,
                    struct results *results)
{
    static struct lane lane;
    struct memory_rows rows = add_memory_rows(of, results);
    for (int column = 0; column < COLUMNS; column++) {
        bool bytes = of->measure == WIRE_BYTES;
        if (!plan->column[column] || !(count_works() || bytes) || (of->measure != MALLOCS && column == FLOOR))
            continue;
        lane_open(&lane, implementations[column], of, pki);
        (bytes ? count_bytes : count_lane)(&lane, column, &rows);
        lane_close(&lane);
    }
    for (int side = CLIENT; side <= SERVER; side++) {
        struct row *row = rows.total[side];
        if (row->column[HANDFAST].known && row->column[LIBSSL].known)
            row->of_libssl = row->column[HANDFAST].median / row->column[LIBSSL].median;
    }
}
