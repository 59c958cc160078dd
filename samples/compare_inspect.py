#!/usr/bin/env python3
"""The time of whole processes that list a GGUF file, in turns: compare_inspect.py MODEL.gguf [ROUNDS] [PEER …]

Beside `tandem inspect` and `tandem --help`: gguf-dump of the package gguf, and each PEER, a program that takes the file
and `r n` behind it, as llama.cpp's llama-gguf does. Needs the built tool, .build/release/tandem or $TANDEM.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = os.environ.get("TANDEM", ROOT / ".build/release/tandem")


def milliseconds(words):
    start = time.perf_counter()
    subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return 1000 * (time.perf_counter() - start)


def main():
    model, rounds = pathlib.Path(sys.argv[1]), int((sys.argv[2:] + ["15"])[0])
    commands = {
        "tandem inspect": [TOOL, "inspect", model],
        "tandem --help": [TOOL, "--help"],
        "gguf-dump": [sys.executable, "-m", "gguf.scripts.gguf_dump", model],
        **{pathlib.Path(peer).name: [peer, model, "r", "n"] for peer in sys.argv[3:]},
    }
    for words in commands.values():
        milliseconds(words)
    times = {name: [] for name in commands}
    for _ in range(rounds):
        for name, words in commands.items():
            times[name].append(milliseconds(words))
    print(f"{model.name}, {rounds} rounds, whole processes, ms:")
    for name, values in times.items():
        ratios = [value / ours for value, ours in zip(values, times["tandem inspect"], strict=True)]
        print(f"  {name}: median {statistics.median(values):.1f} ({min(values):.1f} to {max(values):.1f}),"
              f" {statistics.median(ratios):.2f} times tandem inspect's")  # fmt: skip


if __name__ == "__main__":
    main()
