"""Text from a bundle: the model's numbers, the same text whatever the threads, and how runs end."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import numpy as np

import plain_decoder
from support import SAMPLES, TOOL, check, tandem

TEXT = "the quick brown fox jumps over the lazy dog and runs into the wood while it rains "


def piped(*arguments, text, expect=0):
    result = subprocess.run([TOOL, *map(str, arguments)], input=text, capture_output=True, text=True)
    words = " ".join(map(str, arguments))
    check(result.returncode == expect, f"tandem {words}: exit {result.returncode}: {result.stderr}")
    return result.stdout


def pack(source, folder):
    bundle = folder / f"{pathlib.Path(source).name}.tandem"
    tandem("pack", source, "-o", bundle, "--force")
    return bundle


def check_numbers(name, folder, limit):
    """Log probabilities against the plain decoder; weights are BF16, so activations are rounded to it too."""
    source = SAMPLES / "good/huggingface" / name
    bundle = pack(source, folder)
    ids = [int(word) for word in piped("tokenize", bundle, "--ids", text=TEXT).split()][:64]
    result = json.loads(
        piped("bench", "perplexity", bundle, "--json", "--cache", "f32", "--window", len(ids), text=TEXT)
    )
    config, weights = plain_decoder.from_safetensors(source)
    expected = plain_decoder.log_probabilities(config, weights, np.array(ids))
    error = np.abs(np.array(result["log_probabilities"]) - expected).max()
    check(error < limit, f"{name}: log probabilities differ by {error:.2e}, allowed are {limit}")
    print(f"{name}: log probabilities of {len(expected)} tokens differ from numpy's by at most {error:.1e}")


def check_same_text(bundle):
    """Neither threads nor a second run change a text; another seed does."""

    def text(*options):
        return tandem("run", bundle, "-p", "the fox", "--max-tokens", 40, "--temperature", 1, *options)

    first = text("--seed", 3)
    for threads in 1, 2, 3, 8:
        check(text("--seed", 3, "--threads", threads) == first, f"the same text with {threads} threads")
    check(text("--seed", 4) != first, "another seed gives another text")


def check_ends(bundle, folder):
    whole = tandem("run", bundle, "-p", "the fox", "--max-tokens", 30)
    middle = whole[8:11]
    check(
        tandem("run", bundle, "-p", "the fox", "--max-tokens", 30, "--stop", middle) == whole[: whole.index(middle)] + "\n",
        "a stop text ends the text before it",
    )
    check(tandem("run", bundle, "-p", "the fox", "--max-tokens", 0) == "\n", "no tokens are no text")
    tandem("run", SAMPLES / "good/huggingface/tiny-llama", "-p", "x", expect=2)
    tandem("run", bundle, "-p", "x", "--mode", "secondary", expect=2)
    tandem("run", bundle, "-p", TEXT * 20, "--context", 16, expect=2)


def start(bundle):
    """A run that goes on: the model's greedy text repeats one letter."""
    words = [TOOL, "run", bundle, "-p", "the fox", "--context", "2000000"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def check_interruption(bundle):
    """Ctrl-C ends a text with a line end, and the process as a signal does."""
    process = start(bundle)
    process.stdout.read(8)
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    check(process.returncode == -signal.SIGINT, f"exit {process.returncode} after SIGINT: {errors}")
    check(rest.endswith(b"\n"), "an interrupted text ends with a line end")


def check_shortened(bundle, folder):
    """A bundle that is cut under the mapping ends the run in one sentence."""
    copy = folder / "short.tandem"
    copy.write_bytes(bundle.read_bytes())
    process = start(copy)
    process.stdout.read(8)
    os.truncate(copy, 4096)
    _, errors = process.communicate(timeout=20)
    check(process.returncode == 2, f"exit {process.returncode} with a shortened bundle")
    check(f"tandem: {copy} can no longer be read".encode() in errors, f"one sentence that names the file: {errors}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for sample in "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3":
            check_numbers(sample, folder, 0.02)
        bundle = folder / "tiny-llama.tandem"
        check_same_text(bundle)
        check_ends(bundle, folder)
        check_interruption(bundle)
        check_shortened(bundle, folder)
    print("texts are the same whatever the threads; stops, limits, Ctrl-C and a shortened bundle end a run as they should")
