/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "fail.h"
#include "peer.h"

void wire_open(struct wire *wire, size_t room)
{
    *wire = (struct wire){.bytes = malloc(room), .room = room};
    CHECK(wire->bytes != NULL);
    memset(wire->bytes, 0, room); /* page faults belong to no side */
}

void wire_close(struct wire *wire)
{
    free(wire->bytes);
    *wire = (struct wire){0};
}

void wire_write(struct wire *wire, const uint8_t *bytes, size_t len)
{
    if (wire->head == wire->tail)
        wire->head = wire->tail = 0;
    CHECK(len <= wire->room - wire->tail);
    memcpy(wire->bytes + wire->tail, bytes, len);
    wire->tail += len;
    wire->total += len;
}

size_t wire_read(struct wire *wire, uint8_t *bytes, size_t room)
{
    size_t len = wire->tail - wire->head;
    if (len > room)
        len = room;
    memcpy(bytes, wire->bytes + wire->head, len);
    wire->head += len;
    return len;
}
