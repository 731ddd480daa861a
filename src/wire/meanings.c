/* SPDX-License-Identifier: MIT */
#include "wire/meaning.h"

#include "wire/extension_bodies13.h"
#include "wire/names.h"

#define MEANING(id, ...) const struct meaning means_##id = {__VA_ARGS__};
#include "wire/meanings.def"
#undef MEANING
