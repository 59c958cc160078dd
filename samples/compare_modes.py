#!/usr/bin/env python3
"""Every mode of a tandem beside its primary alone, in turns: compare_modes.py TANDEM.tandem SPEED.tandem [PROMPTS.txt] [ROUNDS]

PROMPTS has one a line. TANDEM is the packed tandem, SPEED the packed pair of the same primary and a drafter that works alone. Prints, for greedy texts, how many
times as fast as the primary alone each mode is (median of rounds, and their range), how often both models ran and how many drafted tokens
stood: the paper's Tables 2 to 5. Needs the built tool, .build/release/tandem or $TANDEM, and a quiet machine.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOL = os.environ.get("TANDEM", ROOT / ".build/release/tandem")
PROMPTS = ROOT / "samples/tiny-tandem/prompts.txt"
# Of our own prompts every so many, which are of all works.
STRIDE = 25
COUNT, THREADS, LENGTHS, STANDALONE = 64, 2, (1, 2, 3, 4, 5, 7), 3


def cases(tandem, independent):
    yield "primary alone", independent, ("primary",)
    yield f"tandem standalone, γ = {STANDALONE}", tandem, ("tandem", "--gamma", STANDALONE)
    for length in LENGTHS:
        yield f"SPEED, γ = {length}", independent, ("speed", "--gamma", length)
    for length in LENGTHS:
        yield f"Tandem + SPEED, γ = {length}", tandem, ("tandem-speed", "--gamma", length)
    yield "Tandem + SPEED, adaptive", tandem, ("tandem-speed", "--gamma", "adaptive")


def write(bundle, mode, prompt):
    """Milliseconds a token behind the prompt, what was drafted, and the tokens."""
    words = [TOOL, "run", bundle, "-p", prompt, "--max-tokens", COUNT, "--threads", THREADS, "--temperature", 0, "--json", "--mode", *mode]
    run = subprocess.run([*map(str, words)], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}: {run.stderr}")
    result = json.loads(run.stdout)
    written = len(result["tokens"]) - result["first_token_count"]
    return result["decoding_milliseconds"] / max(1, written), result["drafting"], result["tokens"]


def total(drafts, *keys):
    numbers = (draft for draft in drafts if draft)
    for key in keys:
        numbers = [number[key] for number in numbers]
    return sum(numbers)


def main():
    tandem, independent, *rest = sys.argv[1:]
    prompts = pathlib.Path(rest[0]).read_text().splitlines() if rest else PROMPTS.read_text().splitlines()[::STRIDE]
    rounds = max(1, int(rest[1])) if len(rest) > 1 else 5
    ratios, drafts = {}, {}
    for _ in range(rounds):
        alone = None
        for name, bundle, mode in cases(tandem, independent):
            times, drafts[name], texts = zip(*(write(bundle, mode, prompt) for prompt in prompts))
            time = statistics.mean(times)
            alone = alone or (time, texts)
            if mode[0] != "tandem" and texts != alone[1]:
                sys.exit(f"{name}: writes other tokens than the primary alone: are both bundles of one primary?")
            ratios.setdefault(name, []).append(alone[0] / time)
    print(f"{len(prompts)} prompts, {COUNT} tokens each, {THREADS} threads, {rounds} rounds in turn\n")
    print("| mode | times as fast | primary passes | secondary passes | drafted tokens that stand |\n| --- | --- | --- | --- | --- |")
    for name, values in ratios.items():
        made = drafts[name]
        drafted = total(made, "drafted_count")
        facts = [total(made, "primary", "pass_count"), total(made, "secondary", "pass_count")] if drafted else ["", ""]
        facts.append(f"{total(made, 'accepted_count') / drafted:.1%}" if drafted else "")
        cells = [name, f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})", *facts]
        print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
