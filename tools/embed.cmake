# SPDX-License-Identifier: MIT
# cmake -DIN=page.css -DNAME=page_style -DOUT=page_style.c -P embed.cmake: a file as a C string.
file(READ ${IN} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
string(REPLACE "'\\x0a'," "'\\n',\n" bytes "${bytes}")
file(WRITE ${OUT} "/* SPDX-License-Identifier: MIT */\n/* Made from ${IN} by tools/embed.cmake. */\n#include \"trace/page.h\"\nconst char ${NAME}[] = {\n${bytes}0};\n")
