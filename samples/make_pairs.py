#!/usr/bin/env python3
"""Writes the sample pairs beside this file. Python 3.11, standard library only; every run gives the same bytes.

    python3 samples/make_pairs.py            writes the trees
    python3 samples/make_pairs.py --check    exits 1 if what lies there differs
"""

import argparse
import sys
from pathlib import Path

from maker import hostile_pairs, pairs, plan

OWNED = ["good/pairs", "hostile/pairs"]
TOTAL_LIMIT = 3_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes the sample pairs beside this file.")
    parser.add_argument("--check", action="store_true", help="compare with what lies there, write nothing")
    arguments = parser.parse_args()
    root = Path(__file__).resolve().parent
    tree = pairs.everything() | hostile_pairs.everything()
    plan.check_sizes(tree, TOTAL_LIMIT)
    if arguments.check:
        found = plan.differences(tree, root, OWNED)
        print("\n".join(found) or f"{len(tree)} files as planned")
        return 1 if found else 0
    plan.write(tree, root, OWNED)
    print(f"{len(tree)} files written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
