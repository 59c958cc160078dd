"""Seeded numbers and their encodings. No libm call and no clock, so every run gives the same bytes."""

import struct

MASK64 = (1 << 64) - 1


class Random:
    """SplitMix64; the seed is a text, so that each tensor draws from a stream of its own."""

    def __init__(self, seed: str):
        state = 0xCBF29CE484222325  # FNV-1a over the text
        for byte in seed.encode("utf-8"):
            state = ((state ^ byte) * 0x100000001B3) & MASK64
        self.state = state

    def word(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK64
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK64
        return z ^ (z >> 31)

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return (self.word() >> 11) / (1 << 53)

    def normal(self) -> float:
        """Nearly normal, mean 0, variance 1: the sum of twelve 16-bit uniforms, less six."""
        total = 0
        for _ in range(3):
            word = self.word()
            total += (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        return (total + 6) / 65536 - 6

    def bytes(self, count: int) -> bytes:
        words = [self.word() for _ in range((count + 7) // 8)]
        return struct.pack(f"<{len(words)}Q", *words)[:count]


def f32(value: float) -> float:
    """Rounds to float32 (to nearest, ties to even)."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


def bf16_bits(value: float) -> int:
    """Rounds float32 to bfloat16 (to nearest, ties to even); finite values only."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 & 0xFFFF


def bf16(value: float) -> float:
    return struct.unpack("<f", struct.pack("<I", bf16_bits(value) << 16))[0]


def encode(values: list[float], dtype: str) -> bytes:
    """Encodes floats little-endian as F64, F32, F16 or BF16."""
    if dtype == "BF16":
        return struct.pack(f"<{len(values)}H", *map(bf16_bits, values))
    code = {"F64": "d", "F32": "f", "F16": "e"}[dtype]
    return struct.pack(f"<{len(values)}{code}", *values)


def q8_0(values: list[float]) -> bytes:
    """Quantises float32 values as ggml does: 32 to a block, half-precision scale, round half away from zero."""
    blocks = []
    for start in range(0, len(values), 32):
        block = values[start : start + 32]
        scale = f32(max(map(abs, block)) / 127)
        inverse = f32(1 / scale) if scale else 0.0
        quants = [round_away(f32(value * inverse)) for value in block]
        blocks.append(struct.pack("<e32b", scale, *quants))
    return b"".join(blocks)


def round_away(value: float) -> int:
    magnitude = int(abs(value) + 0.5)
    return -magnitude if value < 0 else magnitude
