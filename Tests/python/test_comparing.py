"""What `tandem diff` says of tensors of every pair of types, against Python's exact numbers."""

import fractions
import itertools
import math
import pathlib
import tempfile

import ml_dtypes
import numpy
from safetensors.numpy import save_file

from support import check, tandem
from test_schemas import must_match

INTEGERS = [numpy.uint8, numpy.int8, numpy.uint16, numpy.int16, numpy.uint32, numpy.int32, numpy.uint64, numpy.int64]
FLOATS = [numpy.float16, ml_dtypes.bfloat16, numpy.float32, numpy.float64]
TYPES = [numpy.bool_, *INTEGERS, *FLOATS]


def numbers(type):
    """Numbers next to those where narrower types begin to round, as far as the type holds them, and its ends."""
    with numpy.errstate(all="ignore"):
        if type in INTEGERS:
            ends = numpy.iinfo(type)
            wanted = [0, 1, 2, 255, *(2**power + step for power in (8, 11, 24, 31, 53, 60) for step in (-1, 0, 1)), ends.min, ends.max]
            return [number for number in wanted if ends.min <= number <= ends.max]
        wanted = [0.0, -0.0, 1.0, 2.0, 255.0, 0.1, 2.0**24, 2.0**24 + 1, 2.0**53, 2.0**60, 2.0**63, 1e-310, 1e300, math.inf, -math.inf, math.nan]
        return [0, 1] if type is numpy.bool_ else numpy.array(wanted, "f8").astype(type).tolist()


def array(numbers, type):
    return numpy.array([type(number) for number in numbers], dtype=type)


def exact(number):
    return fractions.Fraction(number) if math.isfinite(number) else number


def is_same(a, b):
    return a == b or a != a and b != b


def expected(a, b):
    """The counts and the largest difference, of two lists of numbers."""
    differing = [place for place, (x, y) in enumerate(zip(a, b)) if not is_same(exact(x), exact(y))]
    finite = [place for place in differing if math.isfinite(a[place]) and math.isfinite(b[place])]
    pairs = [(exact(a[place]), exact(b[place])) for place in finite]
    absolute = max((abs(x - y) for x, y in pairs), default=0)
    relative = max((abs(x - y) / max(abs(x), abs(y)) for x, y in pairs), default=0)
    return differing, len(differing) - len(finite), float(absolute), float(relative)


def cosine(a, b):
    """The cosine, from exact sums; 1 if both are zero, 0 if one is."""
    pairs = [(exact(x), exact(y)) for x, y in zip(a, b) if math.isfinite(x) and math.isfinite(y)]
    x, y = sum(p * p for p, _ in pairs), sum(q * q for _, q in pairs)
    if not x or not y:
        return float(x == y)
    product = sum(p * q for p, q in pairs)
    # The root of a quotient near 1, where that of either sum may be out of range.
    return math.sqrt(product * product / (x * y)) * (1 if product > 0 else -1)


def check_pair(found, a, b, what):
    left, right = a.tolist(), b.tolist()
    differing, infinite, absolute, relative = expected(left, right)
    if not differing:
        outcome = "same_values" if a.dtype != b.dtype else "identical" if a.tobytes() == b.tobytes() else "other_bits"
        return check(found["outcome"] == outcome, f"{what} are {outcome}, not {found}")
    check(found["outcome"] == "changed", f"{what} differ, they are {found}")
    counts = len(left), len(differing), infinite, differing[0]
    names = "element_count", "differing_count", "non_finite_count", "first_differing"
    check(tuple(found[name] for name in names) == counts, f"{what}: {counts}, not {found}")
    for name, number in ("largest_absolute", absolute), ("largest_relative", relative), ("cosine", cosine(left, right)):
        check(math.isclose(found[name], number, rel_tol=1e-9, abs_tol=1e-12), f"{what}: {name} {number}, not {found}")


def pairs():
    """Each type with each, its numbers with the same ones in another order, in part equal."""
    random = numpy.random.default_rng(1)
    for first, second in itertools.product(TYPES, TYPES):
        shared = [number for number in numbers(first) if number in numbers(second)]
        lists = [numbers(first), numbers(second)]
        count = min(map(len, lists))
        chosen = [[every[place] for place in random.permutation(len(every))[:count]] + shared for every in lists]
        yield array(chosen[0], first), array(chosen[1], second)
        yield array(shared, first), array(shared, second)


def main():
    cases = [pair for pair in pairs() if len(pair[0])]
    zeros = numpy.zeros(3, "f4")
    cases += [(zeros, -zeros), (zeros, zeros), (zeros, numpy.zeros(3, "f8") + 1e-320)]
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, name) for name in ("a.safetensors", "b.safetensors")]
        for side, path in enumerate(paths):
            save_file({f"t{number}": case[side] for number, case in enumerate(cases)}, path)
        result = must_match("diff", tandem("diff", *paths, "--json", expect=1), "diff of two files")
        found = {tensor["name"]: tensor for tensor in result["tensors"]}
        check(len(found) == len(cases) and not result["same"], "every tensor is compared")
        for number, (a, b) in enumerate(cases):
            check_pair(found[f"t{number}"], a, b, f"{a.dtype} {a.tolist()} and {b.dtype} {b.tolist()}")
    print(f"{len(cases)} pairs of tensors in {len(TYPES)} types are compared as exact numbers say")


if __name__ == "__main__":
    main()
