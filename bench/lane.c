/* SPDX-License-Identifier: MIT */
#include "lane.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "count.h"
#include "fail.h"

enum { WIRE_ROOM = 256 * 1024, BATCH_BYTES = 128 * 1024, BATCH_MESSAGES = 256 };

static double clock_cost;
static uint8_t message_bytes[16384], received[16384];

static double cpu_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void clock_calibrate(void)
{
    double least = 1;
    for (int i = 0; i < 2000; i++) {
        double before = cpu_now();
        double cost = cpu_now() - before;
        if (cost < least)
            least = cost;
    }
    clock_cost = least;
}

static double side_begin(enum side side)
{
    count_switch(side == CLIENT ? COUNT_CLIENT : COUNT_SERVER);
    return cpu_now();
}

static void side_end(enum side side, double began, struct cpu *spent)
{
    spent->side[side] += cpu_now() - began - clock_cost;
    count_switch(COUNT_NOBODY);
}

static void start_all(struct lane *lane, enum side side, struct cpu *spent)
{
    double began = side_begin(side);
    for (int i = 0; i < lane->pair_count; i++)
        lane->impl->start(&lane->pairs[i].end[side]);
    side_end(side, began, spent);
}

/* Every pair moves one flight; true when all of this side are done. */
static bool step_all(struct lane *lane, enum side side, struct cpu *spent)
{
    bool all = true;
    double began = side_begin(side);
    for (int i = 0; i < lane->pair_count; i++) {
        struct pair *pair = &lane->pairs[i];
        if (!pair->done[side])
            pair->done[side] = lane->impl->step(&pair->end[side]) == DONE;
        all = all && pair->done[side];
    }
    side_end(side, began, spent);
    return all;
}

static void rewind_pairs(struct lane *lane)
{
    for (int i = 0; i < lane->pair_count; i++) {
        struct pair *pair = &lane->pairs[i];
        pair->up.head = pair->up.tail = pair->down.head = pair->down.tail = 0;
        pair->up.total = pair->down.total = 0;
        pair->end[CLIENT] = (struct end){CLIENT, lane->prepared, NULL, &pair->down, &pair->up};
        pair->end[SERVER] = (struct end){SERVER, lane->prepared, NULL, &pair->up, &pair->down};
        pair->done[CLIENT] = pair->done[SERVER] = false;
    }
}

void lane_connect(struct lane *lane, struct cpu *spent)
{
    bool client = false, server = false;
    rewind_pairs(lane);
    start_all(lane, CLIENT, spent);
    start_all(lane, SERVER, spent);
    for (int flights = 0; !client || !server; flights++) {
        CHECK(flights < 16); /* a handshake that makes no progress */
        if (!client)
            client = step_all(lane, CLIENT, spent);
        if (!server)
            server = step_all(lane, SERVER, spent);
    }
}

void lane_disconnect(struct lane *lane, struct cpu *spent)
{
    for (int side = CLIENT; side <= SERVER; side++) {
        double began = side_begin((enum side)side);
        for (int i = 0; i < lane->pair_count; i++)
            lane->impl->close(&lane->pairs[i].end[side]);
        side_end((enum side)side, began, spent);
    }
}

static void exchange(struct lane *lane, struct pair *pair, enum side from, size_t len)
{
    enum side to = from == CLIENT ? SERVER : CLIENT;
    struct cpu spent = {{0, 0}};
    double began = side_begin(from);
    lane->impl->seal(&pair->end[from], message_bytes, len);
    side_end(from, began, &spent);
    began = side_begin(to);
    lane->impl->open(&pair->end[to], len, received);
    side_end(to, began, &spent);
    CHECK(memcmp(message_bytes, received, len) == 0);
}

void lane_exchange(struct lane *lane)
{
    for (int i = 0; i < lane->pair_count; i++) {
        exchange(lane, &lane->pairs[i], CLIENT, 1000);
        exchange(lane, &lane->pairs[i], SERVER, 1000);
    }
}

static struct cpu handshake_batch(struct lane *lane)
{
    struct cpu spent = {{0, 0}};
    lane_connect(lane, &spent);
    lane_disconnect(lane, &spent);
    for (int side = CLIENT; side <= SERVER; side++)
        spent.side[side] /= lane->pair_count;
    return spent;
}

static struct cpu message_batch(struct lane *lane)
{
    struct cpu spent = {{0, 0}};
    size_t len = lane->of->message;
    size_t count = BATCH_BYTES / len < BATCH_MESSAGES ? BATCH_BYTES / len : BATCH_MESSAGES;
    struct end *client = &lane->pairs[0].end[CLIENT], *server = &lane->pairs[0].end[SERVER];
    double began = side_begin(CLIENT);
    for (size_t i = 0; i < count; i++)
        lane->impl->seal(client, message_bytes, len);
    side_end(CLIENT, began, &spent);
    began = side_begin(SERVER);
    for (size_t i = 0; i < count; i++)
        lane->impl->open(server, len, NULL);
    side_end(SERVER, began, &spent);
    spent.side[CLIENT] /= (double)count;
    spent.side[SERVER] /= (double)count;
    return spent;
}

struct cpu lane_batch(struct lane *lane)
{
    return lane->of->measure == THROUGHPUT ? message_batch(lane) : handshake_batch(lane);
}

/* Before anything is measured: that both ends do the work the case names, and what only a first handshake
 * pays. */
static void rehearse(struct lane *lane)
{
    struct cpu spent = {{0, 0}};
    lane_connect(lane, &spent);
    for (int i = 0; i < lane->pair_count; i++) {
        lane->impl->check(&lane->pairs[i].end[CLIENT], &lane->of->work);
        lane->impl->check(&lane->pairs[i].end[SERVER], &lane->of->work);
    }
    if (lane->of->measure == THROUGHPUT)
        exchange(lane, &lane->pairs[0], CLIENT, lane->of->message);
    else
        lane_disconnect(lane, &spent);
}

void lane_open(struct lane *lane, const struct implementation *impl, const struct bench_case *of,
               const struct pki *pki)
{
    *lane = (struct lane){.impl = impl, .of = of};
    lane->pair_count = of->measure == THROUGHPUT ? 1 : PAIRS_MAX;
    for (size_t i = 0; i < sizeof message_bytes; i++)
        message_bytes[i] = (uint8_t)(i * 7);
    for (int i = 0; i < lane->pair_count; i++) {
        wire_open(&lane->pairs[i].up, WIRE_ROOM);
        wire_open(&lane->pairs[i].down, WIRE_ROOM);
    }
    lane->prepared = impl->prepare(&of->work, pki);
    CHECK(lane->prepared != NULL);
    rehearse(lane);
}

void lane_close(struct lane *lane)
{
    struct cpu spent = {{0, 0}};
    if (lane->of->measure == THROUGHPUT)
        lane_disconnect(lane, &spent);
    lane->impl->release(lane->prepared);
    for (int i = 0; i < lane->pair_count; i++) {
        wire_close(&lane->pairs[i].up);
        wire_close(&lane->pairs[i].down);
    }
}
