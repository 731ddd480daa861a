/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "count.h"
#include "floor.h"
#include "result.h"

static void cpu_model(char *name, size_t room)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, room, "unknown CPU");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || value == NULL)
            continue;
        snprintf(name, room, "%s", value + 2);
        name[strcspn(name, "\n")] = 0;
        break;
    }
    if (file != NULL)
        fclose(file);
}

void report_head(FILE *out)
{
    char cpu[256];
    cpu_model(cpu, sizeof cpu);
    fprintf(out, "%s, %ld CPUs; %s; one thread, both ends in this process, wires in memory\n", cpu,
            sysconf(_SC_NPROCESSORS_ONLN), OpenSSL_version(OPENSSL_VERSION));
    fprintf(out, "AES-128-GCM of the floor, as in handfast: %s.\n", floor_aead_name());
}

void report_columns(FILE *out)
{
    fprintf(out, "CPU time per handshake of one side, connection and all, or GB/s: best decile / median.\n");
    fprintf(
        out,
        "Ratios are handfast's to the floor and to libssl (of rates, for GB/s), each beside its budget.\n\n");
    fprintf(out, "%-19s%-12s%-6s%19s%19s%19s  %-14s%-14s%s\n", "case", "side", "unit", "handfast", "libssl",
            "floor", "to floor", "to libssl", "at most");
}

static void put_figure(FILE *out, const struct figure *figure, bool counted)
{
    char text[64] = "-";
    int digits = figure->median < 20 ? 2 : 1;
    if (figure->known && counted)
        snprintf(text, sizeof text, "%.0f", figure->median);
    else if (figure->known)
        snprintf(text, sizeof text, "%.*f / %.*f", digits, figure->best, digits, figure->median);
    fprintf(out, "%19s", text);
}

static bool beyond(double value, double budget, bool more_is_better)
{
    return budget > 0 && (more_is_better ? value < budget : value > budget);
}

static void put_ratio(FILE *out, double ratio, double budget, bool more_is_better)
{
    char text[64] = "-";
    if (ratio > 0 && budget > 0)
        snprintf(text, sizeof text, "%.2f %s%.2f%s", ratio, more_is_better ? ">=" : "<=", budget,
                 beyond(ratio, budget, more_is_better) ? " !" : "");
    else if (ratio > 0)
        snprintf(text, sizeof text, "%.2f", ratio);
    else if (budget > 0)
        snprintf(text, sizeof text, "- %s%.2f", more_is_better ? ">=" : "<=", budget);
    fprintf(out, "%-14s", text);
}

static bool is_count(const struct row *row)
{
    return row->of->measure == IDLE_HEAP || row->of->measure == MALLOCS || row->of->measure == WIRE_BYTES;
}

static bool over_budget(const struct row *row)
{
    const struct figure *ours = &row->column[HANDFAST];
    return (row->of_floor > 0 && beyond(row->of_floor, row->budget.of_floor, row->more_is_better)) ||
           (row->of_libssl > 0 && beyond(row->of_libssl, row->budget.of_libssl, false)) ||
           (ours->known && beyond(ours->median, row->budget.absolute, false));
}

void report_row(FILE *out, const struct row *row, bool new_case)
{
    const struct figure *ours = &row->column[HANDFAST];
    fprintf(out, "%-19s%-12s%-6s", new_case ? row->of->name : "", row->what, row->unit);
    for (int column = 0; column < COLUMNS; column++)
        put_figure(out, &row->column[column], is_count(row));
    fprintf(out, "  ");
    put_ratio(out, row->of_floor, row->budget.of_floor, row->more_is_better);
    put_ratio(out, row->of_libssl, row->budget.of_libssl, false);
    if (row->budget.absolute > 0)
        fprintf(out, "%.0f%s", row->budget.absolute,
                ours->known && beyond(ours->median, row->budget.absolute, false) ? " !" : "");
    fprintf(out, "\n");
    fflush(out);
}

void report_foot(FILE *out, const struct results *results)
{
    int over = 0;
    if (results->count == 0)
        return;
    for (int i = 0; i < results->count; i++)
        over += over_budget(&results->rows[i]);
    fprintf(out,
            "\nThe times are medians on a machine that does other things too: believe the ratios, which\n"
            "are medians over neighbouring batches of one run. A budget is an aim, not a test.\n");
    if (!count_works())
        fprintf(out,
                "Heap and malloc calls are not counted in this build: its allocator is not ours to count.\n");
    if (over > 0)
        fprintf(out, "%d of %d lines are beyond their budget (marked !).\n", over, results->count);
}

static void json_figure(FILE *out, const char *name, const struct figure *figure)
{
    if (figure->known)
        fprintf(out, ", \"%s\": {\"best_decile\": %.4f, \"median\": %.4f}", name, figure->best,
                figure->median);
    else
        fprintf(out, ", \"%s\": null", name);
}

static void json_number(FILE *out, const char *name, double value)
{
    if (value > 0)
        fprintf(out, ", \"%s\": %.4f", name, value);
}

static void json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != 0; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void report_json(FILE *out, const struct results *results)
{
    char cpu[256];
    cpu_model(cpu, sizeof cpu);
    fprintf(out, "{\"cpu\": ");
    json_text(out, cpu);
    fprintf(out, ", \"libcrypto\": ");
    json_text(out, OpenSSL_version(OPENSSL_VERSION));
    fprintf(out, ", \"floor_aead\": \"%s\"", floor_aead_name());
    fprintf(out, ", \"rows\": [");
    for (int i = 0; i < results->count; i++) {
        const struct row *row = &results->rows[i];
        fprintf(out, "%s\n {\"case\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\"", i == 0 ? "" : ",",
                row->of->name, row->what, row->unit);
        for (int column = 0; column < COLUMNS; column++)
            json_figure(out, implementations[column]->name, &row->column[column]);
        json_number(out, "to_floor", row->of_floor);
        json_number(out, "to_libssl", row->of_libssl);
        json_number(out, "budget_to_floor", row->budget.of_floor);
        json_number(out, "budget_to_libssl", row->budget.of_libssl);
        json_number(out, "budget", row->budget.absolute);
        if (row->column[HANDFAST].known)
            fprintf(out, ", \"within_budget\": %s", over_budget(row) ? "false" : "true");
        fprintf(out, "}");
    }
    fprintf(out, "\n],\n");
    report_timing_json(out, results);
    fprintf(out, "}\n");
}
