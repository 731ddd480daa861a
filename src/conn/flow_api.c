/* SPDX-License-Identifier: MIT */
#include "conn/conn.h"

/* flow.h: the tables played for people, with no bytes. */

bool hf_flow_scenario(size_t i, hf_scenario *out)
{
    const struct scenario *s = scenario_at(i);
    if (s && out) {
        *out = (hf_scenario){s->name, s->title, s->rfc, s->text};
    }
    return s != NULL;
}

/* Where the picture stands: which keys each side protects with. */
struct stage {
    hf_observer *observer;
    void *arg;
    struct epochs epochs;
    uint32_t facts; /* of the act */
};

static void show_data(const struct stage *stage, enum side by)
{
    hf_event e = {
        .kind = HF_EVENT_DATA,
        .by = by == CLIENT ? HF_CLIENT : HF_SERVER,
        .seen_by = by == CLIENT ? HF_CLIENT : HF_SERVER,
        .name = "",
        .rfc = "",
        .epoch = stage->epochs.number[by],
        .keys = keys_name(stage->epochs.keys[by]),
        .alert = HF_NO_ALERT,
        .text = "",
    };
    stage->observer(stage->arg, &e);
}

static void show_step(struct stage *stage, const struct step *s)
{
    bool local = step_is_local(s), tls13 = (stage->facts & TLS13) != 0;
    hf_event e = {
        .kind = HF_EVENT_STEP,
        .by = s->by == CLIENT ? HF_CLIENT : HF_SERVER,
        .seen_by = s->by == CLIENT ? HF_CLIENT : HF_SERVER,
        .name = step_name(s->what),
        .rfc = local ? "" : message_rfc((enum message)s->what, tls13),
        .local = local,
        .optional = s->sets != 0,
        .epoch = stage->epochs.number[s->by],
        .keys = keys_name(stage->epochs.keys[s->by]),
        .new_keys = s->then != SAME_KEYS,
        .alert = HF_NO_ALERT,
        .text = local ? step_meaning(s) : "",
    };
    stage->observer(stage->arg, &e);
    epochs_pass(&stage->epochs, s, stage->facts);
    if (s->then == EARLY_KEYS || s->then == NEXT_KEYS) {
        show_data(stage, s->by); /* what these keys are for, in the midst of other messages */
    }
}

static void show_note(struct stage *stage, hf_event_kind kind, const char *text)
{
    hf_event e = {.kind = kind, .name = "", .rfc = "", .alert = HF_NO_ALERT, .text = text};
    e.epoch = stage->epochs.number[CLIENT];
    stage->observer(stage->arg, &e);
}

/* Both sides know all facts here, so one cursor that plays each side in turn shows every row that exists. */
static void show_act(struct stage *stage, const struct act *act)
{
    if (act->note) {
        show_note(stage, HF_EVENT_NOTE, act->note);
    }
    stage->facts = act->facts;
    for (const struct step *s = act->flow; s->what != END_OF_FLOW; s++) {
        bool wanted = !act->only || act->only & 1u << s->what;
        bool exists = (s->when & act->facts) == s->when && !(s->unless & act->facts);
        if (wanted && exists && (!s->sets || (s->sets & act->facts))) {
            show_step(stage, s);
        }
    }
    if (act->flow == flow_full12 || act->flow == flow_resume12 || act->flow == flow_tls13) {
        show_note(stage, HF_EVENT_DONE, "");
    }
}

hf_err hf_flow_play(const char *name, hf_observer *observer, void *arg)
{
    if (!name || !observer) {
        return HF_NULL_ARGUMENT;
    }
    const struct scenario *scenario = scenario_named(name);
    if (!scenario) {
        return HF_UNKNOWN_NAME;
    }
    struct stage stage = {.observer = observer, .arg = arg};
    for (const struct act *act = scenario->acts; act->flow; act++) {
        show_act(&stage, act);
    }
    return HF_OK;
}
