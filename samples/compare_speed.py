#!/usr/bin/env python3
"""Decoding beside llama.cpp on the same file and threads, in turns: compare_speed.py MODEL.gguf [ROUNDS] [THREADS]

Needs xllamacpp (llama.cpp, prebuilt) and the built tool, .build/release/tandem or $TANDEM. Prints medians, their
spread and ratios; both programs see the same busy moments of the machine.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import xllamacpp

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = os.environ.get("TANDEM", ROOT / ".build/release/tandem")
PROMPT, POSITION, DECODED = 512, 128, 64


def ours(bundle, threads):
    """Tokens a second of a prompt and of single tokens, and the machine's read rate."""
    words = ["bench", "decode", bundle, "--json", "--threads", threads, "--position", POSITION]
    words += ["--prompt", PROMPT, "--repetitions", 3]
    for length in 1, 4, 8, 16:
        words += ["--block", length]
    result = json.loads(subprocess.run([TOOL, *map(str, words)], capture_output=True, check=True).stdout)
    times = {block["token_count"]: block["median_milliseconds"] for block in result["blocks"]}
    return {
        "prompt": result["prompt"]["tokens_per_second"],
        "decode": 1000 / times[1],
        "read GB/s": result["read_bytes_per_second"] / 1e9,
        **{f"cost of {length}": times[length] / times[1] for length in (4, 8, 16)},
    }


def server(model, threads):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.n_ctx = 1024
    parameters.n_parallel = 1
    parameters.verbosity = -1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(parameters)


def theirs(reference):
    def timings(length, count):
        request = {"prompt": [100 + i * 7919 % 20_000 for i in range(length)], "n_predict": count, "temperature": 0}
        answer = reference.handle_completions({**request, "ignore_eos": True, "cache_prompt": False})
        return (json.loads(answer) if isinstance(answer, str) else answer)["timings"]

    return {
        "prompt": timings(PROMPT, 1)["prompt_per_second"],
        "decode": timings(POSITION, DECODED)["predicted_per_second"],
    }


def line(name, values):
    return f"{name}: median {statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    model = pathlib.Path(sys.argv[1])
    rounds, threads = (int(word) for word in (sys.argv[2:] + ["5", "2"][len(sys.argv) - 2 :])[:2])
    with tempfile.TemporaryDirectory() as folder:
        bundle = pathlib.Path(folder, "model.tandem")
        subprocess.run([TOOL, "pack", model, "-o", bundle], capture_output=True, check=True)
        reference = server(model, threads)
        pairs = [(ours(bundle, threads), theirs(reference)) for _ in range(rounds)]
    print(f"llama.cpp: {xllamacpp.get_system_info().strip()}")
    print(f"{model.name}, {threads} threads, {rounds} rounds, tokens a second:")
    for key in pairs[0][0]:
        print("  tandem", line(key, [pair[0][key] for pair in pairs]))
        if key in pairs[0][1]:
            print("  llama.cpp", line(key, [pair[1][key] for pair in pairs]))
            print("  ratio", line(key, [pair[0][key] / pair[1][key] for pair in pairs]))


if __name__ == "__main__":
    main()
