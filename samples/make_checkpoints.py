#!/usr/bin/env python3
"""Writes the sample checkpoints beside this file. Python 3.11, standard library only; every run gives the same bytes.

    python3 samples/make_checkpoints.py            writes the trees
    python3 samples/make_checkpoints.py --check    exits 1 if what lies there differs
"""

import argparse
import sys
from pathlib import Path

from maker import good, hostile, plan


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the sample checkpoints beside this file.")
    parser.add_argument("--check", action="store_true", help="compare with what lies there, write nothing")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parent
    tree = good.everything() | hostile.everything()
    plan.check_sizes(tree)
    if arguments.check:
        found = plan.differences(tree, root)
        print("\n".join(found) or f"{len(tree)} files as planned")
        return 1 if found else 0
    plan.write(tree, root)
    print(f"{len(tree)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
