"""The conversions on arm64 (with NEON, under qemu-user) give the bits that they give here.

Needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user; without them it says so and stops.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from loops import SOURCES
from support import ROOT, check

PROGRAM = ROOT / "Tests/python/arm/digests.c"
CROSS = "aarch64-linux-gnu-gcc"


def digests(folder, compiler, flags, linker, runner):
    """Builds the program and returns the lines that it prints."""
    objects = []
    for number, source in enumerate([PROGRAM, *sorted(SOURCES.rglob("*.c"))]):
        objects.append(folder / f"{number}.o")
        include = SOURCES / "include"
        subprocess.run([compiler, *flags, "-O2", f"-I{include}", "-c", "-o", objects[-1], source], check=True)
    program = folder / "digests"
    subprocess.run([*linker, "-o", program, *objects, "-lm"], check=True)
    return subprocess.run([*runner, program], check=True, capture_output=True, text=True).stdout.splitlines()


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
    print(f"arm64: {len(here)} conversions give the same bits")


main()
