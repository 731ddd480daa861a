/* SPDX-License-Identifier: MIT */
#include "timing.h"

#include <math.h>

static double per_cent(const struct timing_row *row)
{
    return 100 * row->difference / row->median[0];
}

static void put_verdict(FILE *out, const struct timing_row *row)
{
    double t = fabs(row->t);
    enum timing_verdict verdict = timing_verdict_of(row);
    if (verdict == TIMING_TOO_FEW)
        fprintf(out, "too few samples to tell anything, %d a class.\n", row->samples);
    else if (row->known != NULL && verdict == TIMING_DIFFERENT)
        fprintf(out, "|t| = %.1f: seen with %d samples a class, as it should be: %s.\n", t, row->samples,
                row->known);
    else if (row->known != NULL)
        fprintf(
            out,
            "|t| = %.1f: not seen with %d samples a class, though %s: the machine is too noisy for this.\n",
            t, row->samples, row->known);
    else if (verdict == TIMING_DIFFERENT)
        fprintf(
            out,
            "|t| = %.1f: a difference seen with %d samples a class. Measure again; if it stays above %.1f, "
            "it is a leak.\n",
            t, row->samples, TIMING_T_LIMIT);
    else
        fprintf(
            out,
            "|t| = %.1f: no difference seen with %d samples a class; above %.1f, here %.0f ns, would be a "
            "leak.\n",
            t, row->samples, TIMING_T_LIMIT, ceil(TIMING_T_LIMIT * row->uncertainty));
}

void report_timing(FILE *out, const struct timing_row *row, bool new_case)
{
    if (new_case)
        fprintf(out, "\n%-19s%s. Does the clock tell? Reported, not tested.\n", row->of->name,
                row->of->timing->what);
    fprintf(out, "  %s, median %.0f ns, and %s, %.0f ns:\n", row->first, row->median[0], row->second,
            row->median[1]);
    fprintf(out, "    without the slowest tenth the means differ by %+.1f ns (%+.2f %%).\n    ",
            row->difference, per_cent(row));
    put_verdict(out, row);
    fflush(out);
}

void report_timing_json(FILE *out, const struct results *results)
{
    static const char *const verdicts[] = {
        [TIMING_TOO_FEW] = "too few samples", [TIMING_SAME] = "same", [TIMING_DIFFERENT] = "different"};
    fprintf(out, "\"timing\": [");
    for (int i = 0; i < results->timing_count; i++) {
        const struct timing_row *row = &results->timing[i];
        fprintf(out, "%s\n {\"case\": \"%s\", \"first\": \"%s\", \"second\": \"%s\", \"control\": %s",
                i == 0 ? "" : ",", row->of->name, row->first, row->second,
                row->known == NULL ? "false" : "true");
        fprintf(out, ", \"samples_each\": %d, \"median_ns\": [%.0f, %.0f]", row->samples, row->median[0],
                row->median[1]);
        fprintf(out, ", \"difference_ns\": %.2f, \"difference_per_cent\": %.3f, \"standard_error_ns\": %.2f",
                row->difference, per_cent(row), row->uncertainty);
        fprintf(out, ", \"t\": %.2f, \"verdict\": \"%s\"}", row->t, verdicts[timing_verdict_of(row)]);
    }
    fprintf(out, "\n]");
}
