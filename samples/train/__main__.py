"""Trains the first tandems in the open: `python samples/train COMMAND --data FOLDER`; README.md says what each command does.

Every command goes on where it was interrupted, and leaves what it has finished alone.
"""

import argparse
import os
import pathlib
import sys

# Threads that wait for each other must not spin: the machine may have other work. Memory that a step frees is kept for the next:
# without that a third of the time goes into fresh pages. Both are read when a process starts.
SETTINGS = {"OMP_WAIT_POLICY": "PASSIVE", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "100000000000"}
if any(name not in os.environ for name in SETTINGS):
    os.environ |= SETTINGS
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

import torch  # noqa: E402

import commands  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="samples/train", description=__doc__)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    subparsers = parser.add_subparsers(dest="command", required=True)

    def command(name: str, *options: str):
        sub = subparsers.add_parser(name, help=getattr(commands, name).__doc__)
        if "data" in options:
            sub.add_argument("--data", type=pathlib.Path, required=True, help="folder of texts, checkpoints and results")
            plans = commands.recipes.SMOL_PLANS if name == "smol" else commands.recipes.PLANS
            sub.add_argument("--plan", choices=plans, default="quick")
            sub.add_argument("--begin", type=pathlib.Path, help="an exported pair that training begins with")
        return sub

    def seeded(name: str):
        sub = command(name, "data")
        sub.add_argument("--seed", type=int, default=0, help="another one draws other windows")
        return sub

    for name in ("prepare", "primary", "ablations", "router", "export", "evaluate"):
        seeded(name)
    for name in ("secondaries", "tiny"):
        seeded(name).add_argument("--only", nargs="+", choices=commands.recipes.secondaries(), help="which secondaries to train")
    command("prompts").add_argument("--data", type=pathlib.Path, required=True, help="folder of texts")
    smol = command("smol", "data")
    smol.add_argument("steps", nargs="*", help="prepare fill write secondaries router export measure")
    smol.add_argument("--only", nargs="+", choices=commands.recipes.smol_secondaries(), help="which secondaries to train")
    reference = command("reference")
    reference.add_argument("--pair", type=pathlib.Path, required=True)
    reference.add_argument("--mode", choices=["logits", "primary", "secondary", "tandem", "speculative"], required=True)
    reference.add_argument("--of", choices=["primary", "secondary", "tandem"], default="tandem", help="whose logits")
    reference.add_argument("--ids", required=True, help="token ids of the prompt, with commas between")
    reference.add_argument("--count", type=int, default=32)
    reference.add_argument("--block", type=int, default=4)
    reference.add_argument("--threshold", type=float)
    reference.add_argument("--no-free-token", action="store_true")

    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(commands.DEVICE == "cpu")
    # Nothing here reads memory before it is written.
    torch.utils.deterministic.fill_uninitialized_memory = False
    getattr(commands, options.command)(options)


if __name__ == "__main__":
    main()
