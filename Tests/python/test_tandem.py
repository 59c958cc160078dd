"""Pairs of random weights against the equations in PyTorch: logarithms of probabilities, and the tokens of every mode."""

import itertools
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch

from support import ROOT, SAMPLES, TOOL, check, tandem

sys.path.insert(0, str(ROOT / "samples/train"))

import export  # noqa: E402
import generation  # noqa: E402
from decoder import Decoder, Shape  # noqa: E402
from pairs import read_pair  # noqa: E402
from router import Router, RouterShape  # noqa: E402
from tandem import Reading, Tandem  # noqa: E402

TEXT = "the quick brown fox jumps over the lazy dog and runs into the wood while it rains "
TOKENIZER = SAMPLES / "good/huggingface/tiny-llama"
PRIMARY = Shape(vocabulary=96, width=64, layers=4, heads=4, shared_heads=2, feed_forward=96, context=128)
SECONDARY = Shape(vocabulary=96, width=32, layers=2, heads=2, shared_heads=1, feed_forward=48, context=128)
REDUCED = 60
EMBEDDING = export.LENT[:1]
COUNT = 24

torch.set_num_threads(1)


def spread(module, seed):
    """Weights so large that texts vary and rounding decides no token."""
    generator = torch.Generator().manual_seed(seed)
    for weight in module.parameters():
        if weight.dim() == 2:
            torch.nn.init.normal_(weight, std=1.5 * weight.shape[-1] ** -0.5, generator=generator)
        else:
            torch.nn.init.normal_(weight, mean=1.0, std=0.2, generator=generator)
    return module.requires_grad_(False)


def write_model(folder, decoder, extra=None, lent=()):
    tie = {"tie_word_embeddings": True} if "lm_head.weight" in lent else {}
    export.write_json(folder / "config.json", export.config(decoder.shape, 0, 1, "float32") | tie)
    tensors = export.decoder_tensors(decoder, torch.float32, lent) | (extra or {})
    export.write_tensors(folder / "model.safetensors", tensors)
    for name in "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json":
        if (TOKENIZER / name).exists():
            shutil.copy(TOKENIZER / name, folder / name)


def write_pair(folder, reading, seed, free_token=True, reduced=False, lent=()):
    primary = spread(Decoder(PRIMARY), seed)
    changes = ({"head": REDUCED} if reduced else {}) | ({"width": PRIMARY.width} if lent else {})
    secondary = Decoder(Shape(**(SECONDARY.__dict__ | changes)))
    model = spread(Tandem(secondary, PRIMARY.width, reading), seed + 1) if reading else spread(secondary, seed + 1)
    write_model(folder / "primary", primary)
    ids = torch.randperm(PRIMARY.vocabulary, generator=torch.Generator().manual_seed(seed))[:REDUCED].sort().values
    map_tensor = {"d2t": ids - torch.arange(REDUCED)} if reduced else None
    write_model(folder / "secondary", secondary, map_tensor, lent)
    vocabulary = {"draft_to_target": "d2t", "convention": "offset"} if reduced else "shared"
    blocks = {"trained": 2, "default": 4, "maximum": 16}
    if reading is None:
        pair = {"kind": "independent", "primary": {"path": "primary"}, "secondary": {"path": "secondary"}}
        pair |= {"block_length": blocks, "acceptance": "greedy", "vocabulary": vocabulary} | export.lent(bool(lent))
    else:
        tensors = {f"projections.{name}": weight for name, weight in export.stored(model.projections.state_dict(), torch.float32).items()}
        export.write_tensors(folder / "projection.safetensors", tensors)
        router = spread(Router(RouterShape(top_k=3, hidden=8, threshold=0.5), secondary.shape.width), seed + 2)
        export.write_tensors(folder / "router.safetensors", export.stored(router.state_dict(), torch.float32))
        pair = export.pair_json(reading, "", router, blocks, vocabulary, bool(lent)) | {"free_token": free_token}
        del pair["made_for"]
    export.write_json(folder / "PAIR.json", pair)
    tandem("pack", folder / "PAIR.json", "-o", folder / "pair.tandem", "--force")
    return read_pair(folder / "PAIR.json"), folder / "pair.tandem"


def piped(*arguments, text):
    result = subprocess.run([TOOL, *map(str, arguments)], input=text, capture_output=True, text=True)
    check(result.returncode == 0, f"tandem {' '.join(map(str, arguments))}: exit {result.returncode}: {result.stderr}")
    return result.stdout


def check_logits(pair, bundle, text, blocks=(1, 2, 3, 7, 16)):
    """Logarithms of the text's probabilities, relative to their size; returns the largest difference."""
    ids = [int(word) for word in piped("tokenize", bundle, "--ids", text=text).split()]
    every = {token: token for token in range(pair.primary.shape.vocabulary)}
    rows = every if pair.head_ids is None else {int(token): row for row, token in enumerate(pair.head_ids)}
    worst = 0.0

    def compare(logits, what, rows, *options):
        nonlocal worst
        words = ["bench", "perplexity", bundle, "--json", "--cache", "f32", "--window", len(ids), *options]
        ours = json.loads(piped(*words, text=text))["log_probabilities"]
        expected = logits.double().log_softmax(-1)
        theirs = [float(expected[at, rows.get(token, -1)]) for at, token in enumerate(ids[1:]) if token in rows]
        check(0 < len(ours) == len(theirs), f"{what}: {len(ours)} of {len(theirs)} tokens")
        for a, b in zip(ours, theirs):
            difference = abs(a - b) / max(1.0, abs(b))
            check(difference < 1e-4, f"{what}: logarithms differ by {difference:.1e}")
            worst = max(worst, difference)

    compare(generation.primary_logits(pair, ids), "primary", every)
    # One whose head has tokens of its own is not asked alone.
    if pair.head_ids is None:
        compare(generation.secondary_logits(pair, ids), "secondary", every, "--member", "secondary")
    if pair.tandem:
        for block in blocks:
            compare(generation.tandem_logits(pair, ids, block), f"tandem, blocks of {block}", rows, "--gamma", block)
    return worst


def check_tokens(pair, bundle, prompt):
    """The same tokens in every mode, by the greedy rule, and the same blocks."""
    runs = 0

    def run(*options):
        words = ["run", bundle, "-p", TEXT[:20], "--max-tokens", COUNT, "--cache", "f32", "--json", *options]
        return json.loads(tandem(*words))

    def compare(written, *options):
        nonlocal runs
        runs += 1
        ours = run(*options)["tokens"]
        theirs = list(itertools.takewhile(lambda token: token != 1, written.ids[:COUNT]))
        check(ours == theirs, f"{' '.join(map(str, options))}: {ours} where PyTorch writes {theirs}")

    alone = generation.primary(pair, prompt, COUNT)
    compare(alone, "--mode", "primary")
    if pair.head_ids is None:
        compare(generation.secondary(pair, prompt, COUNT), "--mode", "secondary")
    for block in 1, 2, 3, 5, 8:
        compare(alone, "--mode", "speed", "--gamma", block)
    if pair.tandem is None:
        return runs
    for block in 1, 2, 3, 5, 8:
        compare(generation.speculative(pair, prompt, COUNT, block), "--mode", "tandem-speed", "--gamma", block)
        for free, word in (True, "always"), (False, "never"):
            written = generation.standalone(pair, prompt, COUNT, block, free)
            compare(written, "--mode", "tandem", "--gamma", block, "--free-token", word)
    written = generation.speculative(pair, prompt, COUNT, 16, pair.router.shape.threshold)
    compare(written, "--mode", "tandem-speed", "--gamma", "adaptive")
    drafting = run("--mode", "tandem-speed", "--gamma", "adaptive")["drafting"]
    if 1 not in alone.ids:
        check(drafting["block_count"] == len(written.blocks), "the router ends blocks where the reference's does")
        check(drafting["drafted_count"] == sum(drafted for drafted, _ in written.blocks), "drafted tokens")
        check(drafting["accepted_count"] == sum(accepted for _, accepted in written.blocks), "accepted tokens")
    return runs


if __name__ == "__main__":
    examples = {
        "block": dict(reading=Reading((2, 4))),
        "paper": dict(reading=Reading((1, 3), boundary="paper")),
        "biases, no norms": dict(reading=Reading((0, 4), final_norm=False, projected_norm=False, bias=True)),
        "paper, one state twice": dict(reading=Reading((4, 4), boundary="paper", bias=True)),
        "reduced head": dict(reading=Reading((3, 4)), reduced=True),
        "the primary's embedding": dict(reading=Reading((2, 4)), lent=EMBEDDING),
        "the primary's embedding, reduced head": dict(reading=Reading((1, 4)), lent=EMBEDDING, reduced=True),
        "rows of the primary's embedding as head": dict(reading=Reading((4, 4)), lent=export.LENT, reduced=True),
        "independent": dict(reading=None),
        "independent, the primary's embedding": dict(reading=None, lent=EMBEDDING),
        "independent, reduced head": dict(reading=None, reduced=True),
    }
    with tempfile.TemporaryDirectory() as name:
        for seed, (what, options) in enumerate(examples.items()):
            pair, bundle = write_pair(pathlib.Path(name, str(seed)), seed=7 * seed, **options)
            prompt = [int(word) for word in piped("tokenize", bundle, "--ids", text=TEXT[:20]).split()]
            worst = check_logits(pair, bundle, TEXT)
            runs = check_tokens(pair, bundle, prompt)
            print(f"{what}: logarithms differ by at most {worst:.0e}; {runs} runs write PyTorch's tokens")
