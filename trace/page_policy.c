/* SPDX-License-Identifier: MIT */
#include "trace/page.h"

const char page_policy[] =
    "default-src 'none'; style-src 'sha256-7TMdFU05Ec6ruAtfGmvg7XPfM4grY1tFbPz7yCZRqPk='; script-src 'sha256-P396+k1E05pOHtO9FWwLRsXKuvK4Jkw1m4VF1UWKT4o='; form-action 'self'; base-uri 'none'";
