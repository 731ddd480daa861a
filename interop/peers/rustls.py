# SPDX-License-Identifier: MIT
"""rustls: interop/rust, with the crates that Debian packages. Nothing is downloaded."""

import os
import shutil

from peers import toolchain

NAME = "rustls"
CRATES = "/usr/share/cargo/registry"


def version():
    found = [name for name in os.listdir(CRATES) if name.startswith("rustls-0")]
    return "rustls " + found[0].removeprefix("rustls-")


def prepare(folder):
    for name in ("Cargo.toml", "peer.rs"):  # cargo leaves a lock file beside them
        shutil.copy(os.path.join(toolchain.HERE, "rust", name), folder)
    source = ['source.crates-io.replace-with="debian"', f'source.debian.directory="{CRATES}"']
    toolchain.compiled(
        ["cargo", "build", "--quiet", "--offline", *[word for each in source for word in ("--config", each)]], folder,
        CARGO_TARGET_DIR=os.path.join(folder, "target"),
    )  # fmt: skip
    return [os.path.join(folder, "target", "debug", "peer")]


PEER = toolchain.Toolchain(NAME, "librust-rustls-dev librust-rustls-pemfile-dev cargo rustc", prepare, tells_resumed=False, names_peer=False)
