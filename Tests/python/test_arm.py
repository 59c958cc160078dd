"""Conversions, casts, matrix products and the loops of a decoder on arm64 (with NEON, under qemu-user) give the bits of here.

Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user; without them it says so and stops.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from loops import SOURCES
from support import ROOT, check

PROGRAMS = sorted((ROOT / "Tests/python/arm").glob("*.c"))
CROSS = "aarch64-linux-gnu-gcc"


def digests(folder, compiler, flags, linker, runner):
    """Builds the programs and returns the lines that they print."""

    def compiled(source, name):
        include = SOURCES / "include"
        subprocess.run([compiler, *flags, "-O2", f"-I{include}", "-c", "-o", folder / name, source], check=True)
        return folder / name

    library = [compiled(source, f"{number}.o") for number, source in enumerate(sorted(SOURCES.rglob("*.c")))]
    lines = []
    for source in PROGRAMS:
        program = folder / source.stem
        main = compiled(source, f"{source.stem}.o")
        subprocess.run([*linker, "-o", program, main, *library, "-lm"], check=True)
        printed = subprocess.run([*runner, program], check=True, capture_output=True, text=True)
        lines += printed.stdout.splitlines()
    return lines


def main():
    if not shutil.which(CROSS) or not shutil.which("qemu-aarch64"):
        print("arm64: left out, gcc-aarch64-linux-gnu or qemu-user is missing")
        return
    compiler = os.environ.get("CLANG", "clang")
    cross = ["--target=aarch64-linux-gnu", "-isystem", "/usr/aarch64-linux-gnu/include"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        here = digests(folder, compiler, [], [compiler], [])
        there = digests(folder, compiler, cross, [CROSS, "-static"], ["qemu-aarch64"])
    for mine, other in zip(here, there, strict=True):
        check(mine == other, f"arm64: {other}, here: {mine}")
    print(f"arm64: {len(here)} digests of conversions, casts, products and decoding loops are the same")


main()
