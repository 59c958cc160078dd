"""Element conversions against the libraries whose formats they are, number by number and byte by byte.

Casts: NumPy for binary16, ml_dtypes for BF16 and the 8-bit formats. Blocks: gguf-py and, where it is installed, ggml itself
inside xllamacpp. With xllamacpp, `--speed` prints what ggml and we convert in a second on one core.
"""

import ctypes
import importlib.util
import sys
import time

import gguf
import ml_dtypes
import numpy

from loops import levels
from support import MODELS, check

LEVELS = levels()
BEST = LEVELS[-1]
random = numpy.random.default_rng(20)

FLOATS = {
    "f16": numpy.float16,
    "bf16": ml_dtypes.bfloat16,
    "f8_e4m3": ml_dtypes.float8_e4m3fn,
    "f8_e5m2": ml_dtypes.float8_e5m2,
    "f8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "f8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "f8_e8m0": ml_dtypes.float8_e8m0fnu,
}
GGML = {type.name.lower(): type for type in gguf.GGMLQuantizationType}
SIZES = {name: gguf.GGML_QUANT_SIZES[type] for name, type in GGML.items()} | {"q8_1": (32, 36), "q2_0": (64, 18)}
# In ggml's list, but not yet in gguf-py 0.19.
GGML_NUMBERS = {name: int(type) for name, type in GGML.items()} | {"q2_0": 42}
BLOCK_TYPES = [name for name in BEST.decode if name not in FLOATS]
QUANTISED = [name for name in BEST.encode if name not in FLOATS]


def same_numbers(found, expected):
    """Equal bits; which NaN it is does not matter."""
    bits = found.view(numpy.uint32) == expected.view(numpy.uint32)
    return bool((bits | numpy.isnan(found) & numpy.isnan(expected)).all())


def check_casts():
    for name, dtype in FLOATS.items():
        width = numpy.dtype(dtype).itemsize
        codes = numpy.arange(256**width, dtype=f"u{width}")
        with numpy.errstate(invalid="ignore"):
            numbers = codes.view(dtype).astype(numpy.float32)
        for loops in LEVELS:
            check(same_numbers(loops.decode[name](codes, codes.size, 1), numbers), f"{loops.name} reads {name}")
        if name in BEST.encode:
            check_rounding(name, dtype, numbers)
    print(f"casts: every code of {', '.join(FLOATS)}; rounding at and beside every middle")


def check_rounding(name, dtype, numbers):
    """Every number of the type, every middle between two, and what lies just beside; random bits as well."""
    finite = numpy.unique(numbers[numpy.isfinite(numbers)])
    middles = ((finite[1:].astype(numpy.float64) + finite[:-1]) / 2).astype(numpy.float32)
    beside = [numpy.nextafter(middles, numpy.float32(end)) for end in (-numpy.inf, numpy.inf)]
    bits = random.integers(0, 2**32, 1 << 20, dtype=numpy.uint32).view(numpy.float32)
    inputs = numpy.concatenate([numbers, middles, *beside, bits, numpy.float32([0, -0.0, numpy.inf, -numpy.inf])])
    with numpy.errstate(over="ignore", invalid="ignore"):
        expected = inputs.astype(dtype)
        restored = expected.astype(numpy.float32)
    for loops in LEVELS:
        codes = loops.encode[name](inputs, inputs.size, expected.itemsize)
        with numpy.errstate(invalid="ignore"):
            check(same_numbers(codes.view(dtype).astype(numpy.float32), restored), f"{loops.name} rounds to {name}")


def random_blocks(name, count):
    return random.integers(0, 256, (count, SIZES[name][1]), dtype=numpy.uint8)


def decode(loops, name, blocks):
    return loops.decode[name](blocks, len(blocks), SIZES[name][0])


def reference_numbers(name, blocks):
    """What gguf-py reads, or ggml where gguf-py does not know the type; None if neither is there."""
    try:
        with numpy.errstate(all="ignore"):
            return gguf.quants.dequantize(blocks, GGML[name]).ravel()
    except (KeyError, NotImplementedError):
        function = getattr(ggml(), f"dequantize_row_{name.replace('_k', '_K')}", None)
        if function is None:
            return None
        numbers = numpy.empty(len(blocks) * SIZES[name][0], numpy.float32)
        function(ctypes.c_void_p(blocks.ctypes.data), ctypes.c_void_p(numbers.ctypes.data), ctypes.c_int64(numbers.size))
        return numbers


def check_reading():
    alone = []
    for name in BLOCK_TYPES:
        blocks = random_blocks(name, 2000)
        expected = reference_numbers(name, blocks)
        if expected is None:
            alone.append(name)
            expected = decode(LEVELS[0], name, blocks)
        for loops in LEVELS:
            check(same_numbers(decode(loops, name, blocks), expected), f"{loops.name} reads {name}")
    print(f"blocks: random bytes of {len(BLOCK_TYPES)} types; with no reference here: {', '.join(alone) or 'none'}")


def check_real_files():
    for path in sorted(MODELS.glob("*.gguf")):
        types = set()
        for tensor in gguf.GGUFReader(path).tensors:
            name = tensor.tensor_type.name.lower()
            if name in BLOCK_TYPES:
                blocks = tensor.data.reshape(-1, SIZES[name][1])[:4000]
                check(same_numbers(decode(BEST, name, blocks), reference_numbers(name, blocks)), f"{path.name} {tensor.name}")
                types.add(name)
        print(f"blocks: {path.name}, {', '.join(sorted(types))}")


def rows():
    """Rows of 256 numbers that are hard on quantisers, by what they are."""
    count = 256 * 200
    normal = random.standard_normal(count, dtype=numpy.float32)
    signs = numpy.where(random.random(count) < 0.5, numpy.float32(1), numpy.float32(-1))
    powers = numpy.exp2(random.integers(-60, 60, count)).astype(numpy.float32)
    bits = random.integers(0, 2**32, count, dtype=numpy.uint32).view(numpy.float32)
    yield "normal", normal * numpy.float32(0.02)
    yield "of BF16", (normal.view(numpy.uint32) & 0xFFFF0000).view(numpy.float32)
    yield "heavy-tailed", random.standard_t(1.5, count).astype(numpy.float32)
    yield "uniform", random.random(count, dtype=numpy.float32)
    yield "negative", -random.random(count, dtype=numpy.float32)
    yield "constant", numpy.full(count, 0.37, numpy.float32)
    yield "zero", numpy.zeros(count, numpy.float32)
    yield "sparse", numpy.where(random.random(count) < 0.9, 0, normal).astype(numpy.float32)
    yield "ties", random.integers(-16, 17, count).astype(numpy.float32) / 2
    yield "plus and minus one", signs
    yield "powers of two", powers * signs
    yield "just below powers of two", numpy.nextafter(powers, numpy.float32(0))
    halves = numpy.nextafter(random.integers(-60, 60, count).astype(numpy.float32) + numpy.float32(0.5), numpy.float32(0))
    yield "just below halves of a scale of one", numpy.where(numpy.arange(count) % 32 == 0, numpy.float32(127), halves)
    # Only such parts, and few of them, are best with the outermost factors that Q6_K's search tries.
    levels = numpy.where(random.random((1 << 17, 16)) < 0.5, 1, random.random((1 << 17, 1)))
    yield "of two levels", levels.astype(numpy.float32).ravel()
    for exponent in (-45, -40, -38, -36, -30, -25, -18, -15, -12, -8, -6, 3, 5, 10, 18, 19, 25, 30, 36, 37):
        yield f"times 1e{exponent}", (normal.astype(numpy.float64) * 10.0**exponent).astype(numpy.float32)
    yield "finite bits", numpy.where(numpy.isfinite(bits), bits, 1).astype(numpy.float32)
    weights = MODELS / "all-MiniLM-L6-v2/model.safetensors"
    if weights.exists():
        data = numpy.fromfile(weights, numpy.float32, offset=8 + int.from_bytes(weights.read_bytes()[:8], "little"))
        yield "of a real model", data[: data.size // 256 * 256][: 256 * 20000]


def special_rows():
    """Rows that gguf-py treats otherwise than ggml: zeros with signs, and numbers that are not finite."""
    count = 256 * 200
    normal = random.standard_normal(count, dtype=numpy.float32)
    chosen = random.random(count) < 0.004
    yield "minus zero", -numpy.zeros(count, numpy.float32)
    yield "zeros of both signs", numpy.where(chosen, numpy.float32(0), numpy.float32(-0.0))
    yield "minus zeros and positive", numpy.where(random.random(count) < 0.7, numpy.float32(-0.0), abs(normal))
    yield "with infinity", numpy.where(chosen, numpy.float32(numpy.inf), normal)
    yield "with minus infinity", numpy.where(chosen, numpy.float32(-numpy.inf), normal)
    yield "with NaN", numpy.where(chosen, numpy.float32(numpy.nan), normal)


def encode(loops, name, numbers):
    element_count, byte_count = SIZES[name]
    return loops.encode[name](numbers, numbers.size // element_count, byte_count)


def check_writing(reference, types, cases, library):
    for what, numbers in cases:
        for name in types:
            # ggml's Q8_0 forgets what came before a NaN.
            if name == "q8_0" and what == "with NaN":
                continue
            expected = reference(name, numbers)
            for loops in LEVELS:
                found = encode(loops, name, numbers)
                check((found == expected).all(), f"{loops.name} writes {name} as {library} does: rows {what}")
    print(f"blocks: {', '.join(types)} written byte for byte as {library} writes them")


def by_gguf_py(name, numbers):
    with numpy.errstate(all="ignore"):
        return gguf.quants.quantize(numbers.reshape(-1, 256), GGML[name]).ravel()


def ggml():
    """ggml's library, as far as it is installed: its functions are visible in xllamacpp's extension module."""
    spec = importlib.util.find_spec("xllamacpp")
    if spec is None:
        return None
    from xllamacpp import xllamacpp

    return ctypes.CDLL(xllamacpp.__file__)


def by_ggml(name, numbers):
    output = numpy.empty(numbers.size // SIZES[name][0] * SIZES[name][1], numpy.uint8)
    quantise = ggml().ggml_quantize_chunk
    quantise.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + 3 * [ctypes.c_int64] + [ctypes.c_void_p]
    quantise(GGML_NUMBERS[name], numbers.ctypes.data, output.ctypes.data, 0, numbers.size // 256, 256, None)
    return output


def print_speeds():
    numbers = random.standard_normal(1 << 22, dtype=numpy.float32)

    def best_time(work):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
        return min(times)

    print("millions of numbers a second, one core: " + ", ".join(loops.name for loops in LEVELS) + ", ggml, best over ggml")
    for name in QUANTISED:
        rates = [numbers.size / best_time(lambda: encode(loops, name, numbers)) / 1e6 for loops in LEVELS]
        rates.append(numbers.size / best_time(lambda: by_ggml(name, numbers)) / 1e6)
        print(f"{name:8}" + "".join(f"{rate:8.0f}" for rate in rates) + f"{rates[-2] / rates[-1]:8.1f}")


check_casts()
check_reading()
check_real_files()
check_writing(by_gguf_py, ["q4_0", "q4_1", "q5_0", "q5_1", "q8_0"], list(rows()), "gguf-py")
if ggml():
    check_writing(by_ggml, QUANTISED, [*rows(), *special_rows()], "ggml")
    if "--speed" in sys.argv:
        print_speeds()
