/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "count.h"
#include "floor.h"
#include "lane.h"
#include "result.h"

static const char help[] =
    "Usage: hf-bench [options]\n"
    "Measures handfast beside libssl and beside the bare cost of the cryptography (the floor), on\n"
    "the same work in one run: CPU time of full and resumed handshakes for each side, GB/s of bulk\n"
    "data, heap of an idle connection, malloc calls. And, for handfast alone, whether the time it\n"
    "takes tells secrets: cases timing-*.\n\n"
    "  --case NAME      only this case; --list shows the names\n"
    "  --column NAME    only this column (handfast, libssl, floor); may be repeated\n"
    "  --seconds S      time for each timed case, all columns together (default 3)\n"
    "  --rounds N       exactly N rounds of each timed case, however long they take\n"
    "  --quick          a few rounds of everything: shows that it works, measures nothing\n"
    "  --json           results as one JSON object\n"
    "  --list           the cases\n"
    "  --help           this text\n\n"
    "Examples:\n"
    "  hf-bench                                    everything, a minute and a half\n"
    "  hf-bench --case resume-id --seconds 10      one case, longer\n"
    "  hf-bench --case timing-rsa --seconds 300    a tenth of the difference is seen in 100 times the time\n"
    "  hf-bench --json > results.json\n"
    "  valgrind --tool=callgrind hf-bench --case full-ecdsa --column handfast --rounds 10\n"
    "                                              instructions instead of time: the same figure twice\n\n"
    "Exit status: 0 when everything ran (a figure beyond its budget is marked, no failure),\n"
    "1 when some work failed, 2 for a wrong option.\n";

enum {
    OPTION_CASE = 1,
    OPTION_COLUMN,
    OPTION_SECONDS,
    OPTION_ROUNDS,
    OPTION_QUICK,
    OPTION_JSON,
    OPTION_LIST,
    OPTION_HELP
};

static const struct option options[] = {
    {"case", required_argument, NULL, OPTION_CASE},
    {"column", required_argument, NULL, OPTION_COLUMN},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"quick", no_argument, NULL, OPTION_QUICK},
    {"json", no_argument, NULL, OPTION_JSON},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static _Noreturn void refuse(const char *what, const char *value)
{
    fprintf(stderr, "hf-bench: %s: %s; see --help\n", what, value);
    exit(2);
}

static _Noreturn void list_cases(void)
{
    for (size_t i = 0; i < bench_case_count; i++)
        printf("%-19s %s\n", bench_cases[i].name, bench_cases[i].title);
    exit(0);
}

static const char *known_case(const char *name)
{
    for (size_t i = 0; i < bench_case_count; i++) {
        if (strcmp(bench_cases[i].name, name) == 0)
            return name;
    }
    refuse("no case has this name (--list shows them)", name);
}

static void want_column(struct plan *plan, const char *name)
{
    for (int column = 0; column < COLUMNS; column++) {
        if (strcmp(implementations[column]->name, name) != 0)
            continue;
        plan->column[column] = true;
        return;
    }
    refuse("no column has this name (handfast, libssl, floor)", name);
}

static double positive(const char *text, double most)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != 0 || !(value > 0) || value > most)
        refuse("not a number in range", text);
    return value;
}

static void take_option(struct plan *plan, int option)
{
    switch (option) {
    case OPTION_CASE:
        plan->only = known_case(optarg);
        break;
    case OPTION_COLUMN:
        want_column(plan, optarg);
        break;
    case OPTION_SECONDS:
        plan->seconds = positive(optarg, 3600);
        break;
    case OPTION_ROUNDS:
        plan->rounds_at_least = plan->rounds_at_most = (int)positive(optarg, 20000);
        break;
    case OPTION_QUICK:
        plan->rounds_at_least = plan->rounds_at_most = 3;
        break;
    case OPTION_JSON:
        plan->json = true;
        break;
    case OPTION_LIST:
        list_cases();
    case OPTION_HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2); /* getopt has said why */
    }
}

static struct plan read_options(int argc, char **argv)
{
    struct plan plan = {.seconds = 3, .rounds_at_least = 20};
    bool some = false;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
        take_option(&plan, option);
    if (optind < argc)
        refuse("not an option", argv[optind]);
    for (int column = 0; column < COLUMNS; column++)
        some = some || plan.column[column];
    for (int column = 0; column < COLUMNS && !some; column++)
        plan.column[column] = true;
    return plan;
}

static void run(const struct plan *plan, const struct pki *pki, struct results *results)
{
    if (!plan->json)
        report_head(stdout);
    for (size_t i = 0; i < bench_case_count; i++) {
        const struct bench_case *of = &bench_cases[i];
        if (plan->only != NULL && strcmp(plan->only, of->name) != 0)
            continue;
        int first = results->count, first_timing = results->timing_count;
        measure_case(of, plan, &pki[of->work.key], results);
        if (first == 0 && results->count > 0 && !plan->json)
            report_columns(stdout);
        for (int row = first; row < results->count && !plan->json; row++)
            report_row(stdout, &results->rows[row], row == first);
        for (int row = first_timing; row < results->timing_count && !plan->json; row++)
            report_timing(stdout, &results->timing[row], row == first_timing);
    }
    if (plan->json)
        report_json(stdout, results);
    else
        report_foot(stdout, results);
}

int main(int argc, char **argv)
{
    static struct results results;
    struct pki pki[2];
    count_install();
    struct plan plan = read_options(argc, argv);
    pki_make(&pki[KEY_ECDSA], KEY_ECDSA);
    pki_make(&pki[KEY_RSA], KEY_RSA);
    clock_calibrate();
    floor_aead_start();
    run(&plan, pki, &results);
    pki_free(&pki[KEY_ECDSA]);
    pki_free(&pki[KEY_RSA]);
    return 0;
}
