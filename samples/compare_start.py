#!/usr/bin/env python3
"""The time of a whole process that reads a prompt of 16 tokens and writes one, beside llama.cpp's llama-completion on the
same file and threads, in turns: compare_start.py MODEL.gguf LLAMA-COMPLETION [ROUNDS] [THREADS]

Needs the built tool, .build/release/tandem or $TANDEM. The files are in the page cache; llama.cpp runs without warm-up.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = os.environ.get("TANDEM", ROOT / ".build/release/tandem")
TEXT = "The quick brown fox jumps over the lazy dog near the river bank today, and then it sleeps until the evening comes"


def prompt(bundle):
    """The beginning of the text that is 16 tokens."""
    words = TEXT.split()
    for count in range(1, len(words) + 1):
        text = " ".join(words[:count])
        printed = subprocess.run([TOOL, "tokenize", bundle, "--ids"], input=text, capture_output=True, text=True, check=True)
        if len(printed.stdout.split()) == 16:
            return text
    sys.exit("no beginning of the text is 16 tokens")


def seconds(words):
    start = time.perf_counter()
    subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return time.perf_counter() - start


def line(name, values, unit):
    return f"{name}: median {statistics.median(values):.1f}{unit} ({min(values):.1f} to {max(values):.1f})"


def main():
    model, llama = pathlib.Path(sys.argv[1]), sys.argv[2]
    rounds, threads = (int(word) for word in (sys.argv[3:] + ["15", "2"][len(sys.argv) - 3 :])[:2])
    with tempfile.TemporaryDirectory() as folder:
        bundle = pathlib.Path(folder, "model.tandem")
        subprocess.run([TOOL, "pack", model, "-o", bundle], capture_output=True, check=True)
        text = prompt(bundle)
        ours = [TOOL, "run", bundle, "-p", text, "--max-tokens", 1, "--threads", threads]
        theirs = [llama, "-m", model, "-p", text, "-n", 1, "-t", threads, "-ngl", 0, "-no-cnv", "--no-warmup", "--temp", 0]
        seconds(ours), seconds(theirs)
        pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    print(f"{model.name}, {threads} threads, {rounds} rounds, a prompt of 16 tokens and one more:")
    print("  tandem", line("process", [1000 * ours for ours, _ in pairs], " ms"))
    print("  llama.cpp", line("process", [1000 * theirs for _, theirs in pairs], " ms"))
    print("  ratio", line("", [theirs / ours for ours, theirs in pairs], ""))


if __name__ == "__main__":
    main()
