/* SPDX-License-Identifier: MIT */
#include "base/memory.h"

#include <stdlib.h>

#include "base/secret.h"

enum err memory_new(size_t size, void **out)
{
    *out = calloc(1, size ? size : 1);
    return *out ? OK : E_NO_MEMORY;
}

enum err memory_raw(size_t size, void **out)
{
    *out = malloc(size ? size : 1);
    return *out ? OK : E_NO_MEMORY;
}

enum err memory_copy(struct slice bytes, uint8_t **out)
{
    *out = bytes.len < SIZE_MAX ? malloc(bytes.len + 1) : NULL;
    if (!*out) {
        return E_NO_MEMORY;
    }
    if (bytes.len) {
        memcpy(*out, bytes.data, bytes.len);
    }
    (*out)[bytes.len] = 0;
    return OK;
}

void memory_free(void *data, size_t size)
{
    if (data) {
        wipe(data, size);
        free(data);
    }
}

enum err memory_replace(struct span *field, struct slice value)
{
    uint8_t *copy;
    TRY(memory_copy(value, &copy));
    memory_free(field->data, field->len);
    *field = (struct span){copy, value.len};
    return OK;
}
