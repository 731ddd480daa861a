/* SPDX-License-Identifier: MIT */
#include <handfast/handfast.h>

#include "conn/conn.h"

/* What the library knows, for tools and people. */

const char *hf_version(void)
{
    return HF_VERSION;
}

const char *hf_crypto_version(void)
{
    return crypto_version();
}

/* ---- errors ---- */
const char *hf_err_name(hf_err err)
{
    return err == HF_OK ? "OK" : err_row((enum err)err)->name;
}

const char *hf_err_sentence(hf_err err)
{
    return err == HF_OK ? "all is well" : err_row((enum err)err)->sentence;
}

const char *hf_err_rfc(hf_err err)
{
    return err == HF_OK ? "" : err_row((enum err)err)->rfc;
}

const char *hf_err_remedy(hf_err err)
{
    return err == HF_OK ? "" : err_row((enum err)err)->remedy;
}

hf_err_class hf_err_class_of(hf_err err)
{
    return err == HF_OK ? HF_CLASS_NONE : (hf_err_class)err_row((enum err)err)->class_;
}

uint8_t hf_err_alert(hf_err err)
{
    return err == HF_OK ? HF_NO_ALERT : err_row((enum err)err)->alert;
}

const char *hf_alert_name(uint8_t description)
{
    const char *name = alert_name(description);
    return name ? name : "unknown";
}

/* ---- vocabularies ---- */
static const struct vocabulary *vocabulary_of(hf_vocabulary v)
{
    switch (v) {
    case HF_SUITES:
        return &suite_names;
    case HF_GROUPS:
        return &group_names;
    case HF_SCHEMES:
        return &scheme_names;
    case HF_EXTENSIONS:
        return &extension_names;
    case HF_VERSIONS:
        return &version_names;
    case HF_MESSAGES:
        return &message_type_names;
    case HF_CONTENT_TYPES:
        return &content_type_names;
    }
    return NULL;
}

const char *hf_name_of(hf_vocabulary vocabulary, uint16_t code)
{
    const struct vocabulary *v = vocabulary_of(vocabulary);
    return v ? name_of(v, code) : NULL;
}

int32_t hf_code_of(hf_vocabulary vocabulary, const char *name)
{
    const struct vocabulary *v = vocabulary_of(vocabulary);
    return v && name ? code_of(v, slice_of_string(name)) : -1;
}

bool hf_known(hf_vocabulary vocabulary, size_t i, uint16_t *code)
{
    const struct vocabulary *v = vocabulary_of(vocabulary);
    for (size_t row = 0; v && code && row < v->count; row++) {
        bool is_alias = row && v->rows[row].code == v->rows[row - 1].code;
        if (!is_alias && i-- == 0) {
            *code = v->rows[row].code;
            return true;
        }
    }
    return false;
}

static const struct suite *suite_in_order(size_t i)
{
    for (size_t row = 0; suite13_at(row); row++) {
        if (i-- == 0) {
            return suite13_at(row);
        }
    }
    return suite_at(i);
}

static uint16_t code_at(hf_vocabulary vocabulary, size_t i)
{
    const struct suite *suite = vocabulary == HF_SUITES ? suite_in_order(i) : NULL;
    const struct group *group = vocabulary == HF_GROUPS ? group_at(i) : NULL;
    const struct scheme *scheme = vocabulary == HF_SCHEMES ? scheme_at(i) : NULL;
    return suite ? suite->code : group ? group->code : scheme ? scheme->code : 0;
}

uint16_t hf_supported(hf_vocabulary vocabulary, size_t i)
{
    uint16_t code;
    if (crypto_start() != OK) { /* which groups libcrypto has, it says from then on */
        return 0;
    }
    for (size_t row = 0; (code = code_at(vocabulary, row)) != 0; row++) {
        if (is_served(vocabulary_of(vocabulary), code) && i-- == 0) {
            return code;
        }
    }
    return 0;
}
