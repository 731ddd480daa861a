/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "trace/text.h"

/* What a policy has in it, and why. */

static const char *policy_name_at(size_t i)
{
    static hf_policy policy;
    if (!hf_policy_at(i / 2, &policy)) {
        return NULL;
    }
    return i % 2 == 0 && policy.alias != NULL ? policy.alias : policy.name;
}

int say_no_policy(const struct settings *s, const char *name)
{
    const char *near = nearest_word(name, policy_name_at);
    if (near != NULL) {
        return say_usage(s, "there is no policy '%s'; did you mean %s?", name, near);
    }
    return say_usage(s, "there is no policy '%s'; 'handfast policy' names them", name);
}

static void print_paragraph(const char *before, const char *string)
{
    struct text lines = {0};
    text_print(&lines, "%s", before);
    text_add_wrapped(&lines, string, 100 - strlen(before));
    printf("\n%s", text_string(&lines));
    text_free(&lines);
}

/* Entries for one reason stand together, under it. */
static void print_list(const char *title, hf_vocabulary vocabulary, const hf_policy_list *list)
{
    const char *why = "";
    printf("\n%s\n", title);
    for (size_t i = 0; i < list->count; i++) {
        const hf_policy_entry *e = &list->entry[i];
        if (strcmp(e->why, why) != 0) {
            printf("  %s\n", e->why);
        }
        printf("    %-46s 0x%04x  %s\n", e->name, (unsigned)hf_code_of(vocabulary, e->name), e->rfc);
        why = e->why;
    }
}

static void print_settings(const hf_policy *p)
{
    printf("\n%-23s %s (RFC 7627)\n", "extended_master_secret",
           p->requires_extended_master_secret ? "required" : "where the peer has it");
    printf("%-23s %s (RFC 7366)\n", "encrypt_then_mac",
           p->cbc_needs_encrypt_then_mac ? "required with CBC" : "where the peer has it");
    printf("%-23s %s (RFC 5246 F.1.1.1)\n", "anonymous suites", p->allows_anonymous ? "allowed" : "refused");
    printf("%-23s RSA %u bits, EC %u, Diffie-Hellman %u (RFC 9325 4.5)\n", "smallest keys", p->min_rsa_bits,
           p->min_ec_bits, p->min_dh_bits);
}

static void print_policy(const hf_policy *p)
{
    printf("%s", p->name);
    if (p->alias != NULL) {
        printf(" (what %s stands for)", p->alias);
    }
    printf("\n");
    print_paragraph("", p->text);
    if (p->warning != NULL) {
        print_paragraph("warning: ", p->warning);
    }
    print_settings(p);
    print_list("cipher suites, in order of preference", HF_SUITES, &p->suites);
    print_list("groups, in order of preference", HF_GROUPS, &p->groups);
    bool same = p->schemes_to_sign.entry == p->schemes_to_accept.entry;
    print_list(same ? "signature schemes, to sign with and to accept" : "signature schemes to sign with",
               HF_SCHEMES, &p->schemes_to_sign);
    if (!same) {
        print_list("signature schemes to accept", HF_SCHEMES, &p->schemes_to_accept);
    }
}

static void print_others(void)
{
    hf_policy p;
    printf("\npolicies there are (--policy)\n");
    for (size_t i = 0; hf_policy_at(i, &p); i++) {
        printf("  %-8s %-16s %zu cipher suites, %zu groups, %zu signature schemes\n",
               p.alias == NULL ? "" : p.alias, p.name, p.suites.count, p.groups.count,
               p.schemes_to_accept.count);
    }
}

int run_policy(const struct settings *s)
{
    hf_policy policy;
    const char *name = s->positionals > 0 ? s->positional[0] : "default";
    if (hf_policy_named(name, &policy) != HF_OK) {
        return say_no_policy(s, name);
    }
    print_policy(&policy);
    if (s->positionals == 0) {
        print_others();
    }
    return EXIT_WELL;
}
