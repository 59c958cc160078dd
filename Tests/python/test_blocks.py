"""Logits of real weights have the same bits however a text is cut into blocks and however many threads compute it, for
each precision of keys and values and each choice of instructions."""

import hashlib
import pathlib
import subprocess
import sys
import tempfile

from support import MODELS, ROOT, TOOL, check, tandem

TOKENS = 33
FILES = ["SmolLM2-135M-Instruct.Q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"]


def variants(bundle):
    """The instructions that this processor has."""
    words = [TOOL, "bench", "logits", bundle, "-o", bundle.parent / "none.npy", "--force", "--variant"]
    names = "portable", "avx2", "avx512", "neon"
    return [name for name in names if subprocess.run([*words, name], input="", text=True, capture_output=True).returncode == 0]


def digest(bundle, ids, *options):
    output = bundle.parent / "logits.npy"
    words = [TOOL, "bench", "logits", bundle, "-o", output, "--force", *map(str, options)]
    result = subprocess.run(words, input=" ".join(ids), capture_output=True, text=True)
    check(result.returncode == 0, f"bench logits: {result.stderr}")
    return hashlib.sha256(output.read_bytes()).hexdigest()


def follow(bundle, ids, name):
    count = 0
    for variant in variants(bundle):
        for cache in "f16", "f32":
            options = ["--variant", variant, "--cache", cache]
            expected = digest(bundle, ids, *options, "--block", 1, "--threads", 1)
            for block in range(1, 17):
                # All threads for the fastest instructions; for the others they take turns.
                for threads in (1, 2, 3) if variant == variants(bundle)[-1] else (1 + block % 3,):
                    found = digest(bundle, ids, *options, "--block", block, "--threads", threads)
                    check(found == expected, f"{name}: {variant}, {cache}: blocks of {block} on {threads} threads differ")
                    count += 1
    print(f"{name}: logits of {len(ids)} tokens have the same bits {count} times: {', '.join(variants(bundle))}")


if __name__ == "__main__":
    text = (ROOT / "LICENSE").read_text()[2000:3000]
    for file in sys.argv[1:] or FILES:
        if not (MODELS / file).exists():
            print(f"skipped: {MODELS / file} is not there; samples/fetch.py fetches it")
            continue
        with tempfile.TemporaryDirectory(dir=MODELS) as folder:
            bundle = pathlib.Path(folder, "model.tandem")
            tandem("pack", MODELS / file, "-o", bundle)
            printed = subprocess.run([TOOL, "tokenize", bundle, "--ids"], input=text, capture_output=True, text=True, check=True)
            follow(bundle, printed.stdout.split()[:TOKENS], file)
