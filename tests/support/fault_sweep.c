/* SPDX-License-Identifier: MIT */
#include "fault_sweep.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#define SECONDS_A_RUN 60 /* valgrind is slow */
#define PROBLEMS_MAX 8
#define DESCRIPTION 4096

/* What parent and child share. */
struct shared {
    struct swept swept;
    unsigned long n;      /* under way */
    enum fault_kind kind; /* of what failed */
    bool over;
    struct fault_stack stack;
};
static struct shared *shared;
struct swept *sweep_shared;

static void complain(const struct sweep *s, const char *what)
{
    char stack[DESCRIPTION];
    if (++shared->swept.problems > PROBLEMS_MAX) {
        return;
    }
    fault_stack_text(&shared->stack, stack, sizeof stack);
    fprintf(stderr, "  %s, n = %lu (%s): %s\n%s", s->scenario->name, shared->n, fault_fired_name(), what,
            stack);
}

/* Whether the table has it; libcrypto's own failures alone are excused. */
static bool is_known(const struct sweep *s, int what, hf_err row)
{
    char stack[DESCRIPTION];
    fault_stack_text(&shared->stack, stack, sizeof stack);
    for (const struct known_fault *k = s->known; k && k->what && shared->kind == FAULT_LIBCRYPTO; k++) {
        if ((int)k->what == what && (what == KNOWN_ROW ? k->row == row : strstr(stack, k->symbol) != NULL)) {
            shared->swept.known++;
            shared->swept.rows[row & 255]++;
            return true;
        }
    }
    return false;
}

/* ---- in the child ---- */
static struct play play;

static void fired_now(void *arg)
{
    (void)arg;
    shared->kind = fault_fired_kind();
    play_note_fired(&play);
}

/* Answers how many allocations there were before. */
static long once(const struct sweep *s, unsigned long n, unsigned long *events)
{
    long before = fault_live();
    shared->stack.count = 0;
    play_prepare(&play, s->scenario);
    fault_on_fire(fired_now, NULL);
    if (!play.problem[0]) {
        fault_arm(n, s->kinds);
        if (n) {
            s->scenario->play(&play);
        } else {
            play_normally(&play);
        }
        *events = fault_disarm();
    }
    return before;
}

static bool failed(const struct play *p)
{
    for (int side = 0; side < 2; side++) {
        hf_err e = p->conn[side] && hf_failed(p->conn[side]) ? hf_failed(p->conn[side])->err : HF_OK;
        if (p->local[side] != HF_OK || e != p->scenario->expected[side]) {
            return true;
        }
    }
    return false;
}

/* One n; false when it was past the last. */
static bool run(const struct sweep *s, unsigned long n, const struct agreed normal[2], bool again)
{
    unsigned long events = 0;
    shared->n = n;
    (void)alarm(SECONDS_A_RUN);
    long before = once(s, n, &events);
    memcpy(play.normal, normal, sizeof play.normal);
    bool fired = fault_fired();
    play_judge(&play, fired);
    if (s->judge && fired) {
        s->judge(&play);
    }
    bool ended_in_error = failed(&play);
    play_end(&play);
    long left = fault_live() - before;
    if (play.problem[0] && !(play.misnamed && is_known(s, KNOWN_ROW, play.misnamed))) {
        complain(s, play.problem);
    }
    if (!fired) {
        return false;
    }
    shared->swept.failed += !again && ended_in_error;
    shared->swept.survived += !again && !ended_in_error;
    shared->swept.runs += !again;
    if (left > 0 && !again) {
        unsigned problems = shared->swept.problems;
        (void)run(s, n, normal, true); /* what libcrypto makes once and keeps is there by now */
        shared->swept.cached += shared->swept.problems == problems;
    } else if (left > 0 && !is_known(s, KNOWN_LEAK, HF_OK)) {
        char what[64];
        (void)snprintf(what, sizeof what, "%ld allocations are not freed", left);
        complain(s, what);
    }
    return true;
}

static _Noreturn void child(const struct sweep *s, unsigned long first)
{
    unsigned long events = 0;
    fault_stack_in(&shared->stack);
    for (int warming = 0; warming < 3; warming++) {
        (void)once(s, 0, &events);
        if (play.problem[0]) {
            complain(s, play.problem);
            _exit(1);
        }
        play_end(&play);
    }
    shared->swept.events = events;
    if (!shared->swept.step) {
        shared->swept.step = s->most && events > s->most ? events / s->most + 1 : 1;
        first = 1 + s->offset % shared->swept.step;
    }
    struct agreed normal[2];
    memcpy(normal, play.normal, sizeof normal);
    for (unsigned long n = first; run(s, n, normal, false); n += shared->swept.step) {}
    shared->over = true;
    _exit(0);
}

/* ---- in the parent ---- */
struct swept sweep_run(const struct sweep *s)
{
    if (!shared) {
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    memset(shared, 0, sizeof *shared);
    sweep_shared = &shared->swept;
    for (unsigned long first = 1; !shared->over && shared->swept.problems < PROBLEMS_MAX;
         first = shared->n + shared->swept.step) {
        (void)fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            child(s, first);
        }
        int status = 0;
        (void)waitpid(pid, &status, 0);
        bool unprepared = WIFEXITED(status) && WEXITSTATUS(status) == 1 && !shared->n; /* it has said why */
        if ((shared->over && status == 0) || unprepared) {
            break;
        }
        if (!is_known(s, KNOWN_CRASH, HF_OK)) {
            char what[64];
            (void)snprintf(what, sizeof what,
                           WIFSIGNALED(status) ? "ended by signal %d" : "ended with code %d",
                           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            complain(s, what);
        }
        if (!shared->n) {
            break;
        }
    }
    return shared->swept;
}
