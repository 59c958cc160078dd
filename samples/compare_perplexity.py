#!/usr/bin/env python3
"""The perplexity of a text beside llama.cpp's, of the same file: compare_perplexity.py MODEL.gguf LLAMA-PERPLEXITY TEXT

Needs numpy and the built tool, .build/release/tandem or $TANDEM. Both read windows of 512 tokens and count the later
half of each, as llama-perplexity does. The model adds no token before a text.
"""

import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = os.environ.get("TANDEM", ROOT / ".build/release/tandem")
WINDOW = 512


def ours(model, text):
    """Of a window all tokens but the first are predicted; those up to the middle one are not counted."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = pathlib.Path(folder, "model.tandem")
        subprocess.run([TOOL, "pack", model, "-o", bundle], capture_output=True, check=True)
        words = [TOOL, "bench", "perplexity", bundle, "--json", "--window", str(WINDOW)]
        result = subprocess.run(words, input=text, capture_output=True, check=True).stdout
    logarithms = np.array(json.loads(result)["log_probabilities"])
    windows = logarithms[: len(logarithms) // (WINDOW - 1) * (WINDOW - 1)].reshape(-1, WINDOW - 1)
    return math.exp(-windows[:, WINDOW // 2 :].mean()), len(windows)


def theirs(model, llama, text):
    words = [llama, "-m", model, "-f", text, "-c", WINDOW, "-b", WINDOW]
    done = subprocess.run(list(map(str, words)), capture_output=True, check=True, text=True)
    return float(re.search(r"Final estimate: PPL = ([\d.]+)", done.stdout + done.stderr)[1])


def main():
    model, llama, text = map(pathlib.Path, sys.argv[1:])
    (mine, count), other = ours(model, text.read_bytes()), theirs(model, llama, text)
    print(f"{model.name}, {count} windows of {WINDOW}: perplexity {mine:.4f}, llama.cpp's {other:.4f}, {mine / other - 1:+.3%}")


if __name__ == "__main__":
    main()
