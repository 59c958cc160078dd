#!/usr/bin/env python3
"""Makes broken pairs of a good tandem, one flaw each: break_tandem.py PAIR_FOLDER OUT_FOLDER

Takes a pair as `train/export.py` writes it. Each broken one is a folder named for its flaw, with its pair.json; members that the flaw
leaves alone are links. `broken-pairs.md` says what finds which. Needs numpy; the same bytes every time.
"""

import hashlib
import json
import pathlib
import shutil
import struct
import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from maker import pairs, safetensors

SEED = 20
MEMBERS = ("primary", "secondary", "projection.safetensors", "router.safetensors")
MADE_FOR_ONE = ("secondary/model.safetensors", "projection.safetensors", "router.safetensors")
ANOTHER_PRIMARY = hashlib.sha256(b"another primary").hexdigest()
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
PLAIN_TYPES = {"I64": "<i8", "I32": "<i4", "F16": "<f2", "F32": "<f4", "BF16": "<u2"}


class Weights(dict):
    """A safetensors file as arrays by name. BF16 is widened to F32, which holds its numbers exactly."""

    def __init__(self, data: bytes):
        start = 8 + struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8:start])
        self.metadata = header.pop("__metadata__", {})
        self.types = {name: entry["dtype"] for name, entry in header.items()}
        # What the header is to say instead of a type, where it lies.
        self.declared: dict[str, str] = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            array = np.frombuffer(data[start + begin : start + end], PLAIN_TYPES[entry["dtype"]]).reshape(entry["shape"])
            self[name] = (array.astype("<u4") << 16).view("<f4") if entry["dtype"] == "BF16" else array

    def type_of(self, name: str) -> str:
        """A tensor that the file did not have gets the type of its first."""
        return self.types.get(name) or next(iter(self.types.values()))

    def bytes_of(self, name: str) -> bytes:
        array, dtype = np.ascontiguousarray(self[name]), self.type_of(name)
        if dtype == "BF16":
            bits = array.astype("<f4").view("<u4")
            # To the nearest, ties to even; what was BF16 stays what it was.
            array = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16
        return array.astype(PLAIN_TYPES[dtype]).tobytes()

    def tensors(self) -> list[safetensors.Tensor]:
        return [safetensors.Tensor(name, self.type_of(name), array.shape, self.bytes_of(name)) for name, array in self.items()]

    def encoded(self) -> bytes:
        tensors = [tensor._replace(dtype=self.declared.get(tensor.dtype, tensor.dtype)) for tensor in self.tensors()]
        return safetensors.build(tensors, self.metadata or None)

    def digest(self) -> str:
        return pairs.tensor_set_digest(self.tensors())


class Pair:
    """A good pair about to be broken: files that a flaw opens are changed in memory, the others stay where they are."""

    def __init__(self, good: pathlib.Path):
        self.good, self.opened = good.resolve(), {}
        self.random = np.random.default_rng(SEED)

    def open(self, name: str):
        if name not in self.opened:
            data = (self.good / name).read_bytes()
            self.opened[name] = Weights(data) if name.endswith(".safetensors") else json.loads(data)
        return self.opened[name]

    facts = property(lambda self: self.open("pair.json"))
    config = property(lambda self: self.open("secondary/config.json"))
    secondary = property(lambda self: self.open("secondary/model.safetensors"))
    primary = property(lambda self: self.open("primary/model.safetensors"))
    # To look at, without changing it.
    primary_weights = property(lambda self: Weights((self.good / "primary/model.safetensors").read_bytes()))
    projection = property(lambda self: self.open("projection.safetensors"))
    # The names of the projections' weights.
    names = property(lambda self: [self.facts["projection"]["weight"].format(j=j) for j in range(len(self.facts["layer_map"]))])

    def noise(self, like: np.ndarray) -> np.ndarray:
        """What an initialiser would draw, as large as the weights that it stands for."""
        return self.random.normal(0, like.std(), like.shape).astype("<f4")

    def write(self, folder: pathlib.Path) -> None:
        """A member of which a file changes is copied, because a checkpoint's folder may not lead to files outside it."""
        folder.mkdir(parents=True)
        changed = {name.split("/")[0] for name in self.opened}
        for member in MEMBERS:
            path = self.good / member
            if member not in changed and path.exists():
                (folder / member).symlink_to(path)
            elif path.is_dir():
                shutil.copytree(path, folder / member)
        texts = {"pair.json": self.facts, **self.opened}
        contents = {
            name: content.encoded() if isinstance(content, Weights) else (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()
            for name, content in texts.items()
        }
        assert any(content != (self.good / name).read_bytes() for name, content in contents.items()), f"{folder}: nothing is changed"
        for name, content in contents.items():
            (folder / name).write_bytes(content)


Change = Callable[[Pair], object]


# Changes that several flaws share, or that take more than a line -------------------------------------------------


def fact(key: str, change: Callable) -> Change:
    return lambda pair: pair.facts.update({key: change(pair.facts[key])})


def configured(key: str, change: Callable) -> Change:
    return lambda pair: pair.config.update({key: change(pair.config[key])})


def projected(change: Callable[[Pair, np.ndarray], np.ndarray]) -> Change:
    return lambda pair: pair.projection.update({name: change(pair, pair.projection[name]) for name in pair.names})


def own_embedding(pair: Pair) -> Weights:
    """The secondary with the embedding that it borrows as its own."""
    if pair.facts.pop("embedding", None) == "primary":
        pair.secondary[EMBEDDING] = pair.primary_weights[EMBEDDING]
    return pair.secondary


def rows(change: Callable[[np.ndarray], np.ndarray]) -> Change:
    """Of the secondary's embedding, and of its head if that is another."""

    def apply(pair: Pair) -> None:
        own_embedding(pair).update({name: change(pair.secondary[name]) for name in (EMBEDDING, HEAD) if name in pair.secondary})
        pair.config["vocab_size"] = len(pair.secondary[EMBEDDING])

    return apply


def guess_layers(pair: Pair) -> None:
    count = json.loads((pair.good / "primary/config.json").read_text())["num_hidden_layers"]
    pair.facts["layer_map"] = [2, count // 2, count - 3][: len(pair.facts["layer_map"])]


def untied(pair: Pair) -> Weights:
    """The secondary with a head of its own, which the embedding was before."""
    pair.config["tie_word_embeddings"] = False
    own_embedding(pair).setdefault(HEAD, pair.secondary[EMBEDDING])
    return pair.secondary


def randomised(name: str) -> Change:
    return lambda pair: untied(pair).update({name: pair.noise(pair.secondary[name])})


def reset(kind: str) -> Change:
    """Norms of a kind are 1, as a loader leaves what it has not found."""
    return lambda pair: pair.secondary.update({name: np.ones_like(pair.secondary[name]) for name in pair.secondary if name.endswith(kind)})


def split_heads(pair: Pair) -> None:
    pair.config["num_attention_heads"] *= 2
    pair.config["num_key_value_heads"] *= 2
    pair.config["head_dim"] //= 2


def interleave(pair: Pair) -> None:
    for name, weight in pair.secondary.items():
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            halves = weight.reshape(-1, 2, pair.config["head_dim"] // 2, weight.shape[1])
            pair.secondary[name] = halves.swapaxes(1, 2).reshape(weight.shape)


def shift_ids(pair: Pair) -> None:
    tokenizer = pair.open("secondary/tokenizer.json")
    tokens = tokenizer["model"]["vocab"]
    ids = sorted(set(tokens.values()) - {token["id"] for token in tokenizer["added_tokens"]})
    after = dict(zip(ids, ids[1:] + ids[:1]))
    tokenizer["model"]["vocab"] = {token: after.get(id, id) for token, id in tokens.items()}


def renumber(pair: Pair, weights: Weights) -> None:
    """Gives the channels between a model's layers other numbers, as training from another seed would: alone it writes what it wrote
    before, and nothing outside knows its channels any more."""
    order = pair.random.permutation(len(weights["model.norm.weight"]))
    for name, weight in weights.items():
        is_output = name.endswith(("norm.weight", "o_proj.weight", "down_proj.weight"))
        weights[name] = weight[order] if is_output else weight[:, order]


def record(pair: Pair, made_for: str | None, *files: str) -> None:
    """Says in safetensors files which primary they were made for; in pair.json and all of them, if none is named."""
    said = {"made_for": made_for} if made_for else {}
    for name in files or MADE_FOR_ONE:
        if (pair.good / name).exists():
            weights = pair.open(name)
            weights.metadata = {key: text for key, text in weights.metadata.items() if key != "made_for"} | said
    if not files:
        pair.facts.pop("made_for", None)
        pair.facts.update({"made_for": {"primary": made_for}} if made_for else {})


def replace_primary(pair: Pair) -> None:
    renumber(pair, pair.primary)
    record(pair, pair.primary.digest())


def replace_secondary(pair: Pair) -> None:
    renumber(pair, own_embedding(pair))
    record(pair, ANOTHER_PRIMARY, "secondary/model.safetensors")


def replace_router(pair: Pair) -> None:
    """Its inputs are an entropy, `top_k` probabilities and as many embeddings, whose channels have other numbers."""
    weights, top_k = pair.open("router.safetensors"), pair.facts["router"]["top_k"]
    name = pair.facts["router"]["weight"].format(j=0)
    known, embeddings = np.split(weights[name], [1 + top_k], 1)
    embeddings = embeddings.reshape(len(embeddings), top_k, -1)
    renumbered = embeddings[:, :, pair.random.permutation(embeddings.shape[2])]
    weights[name] = np.concatenate([known, renumbered.reshape(len(known), -1)], 1)
    record(pair, ANOTHER_PRIMARY, "router.safetensors")


# The flaws -------------------------------------------------------------------------------------------------------


class Flaw(NamedTuple):
    name: str
    what: str
    change: Change


FLAWS = [
    Flaw("layer-map-missing", "`pair.json` names no layers (vllm #50170)", lambda pair: pair.facts.pop("layer_map")),
    Flaw("layer-map-longer", "one layer more than there are projections (speculators #1065)", fact("layer_map", lambda ids: [1, *ids])),
    Flaw("layer-map-guessed", "the layers that engines guess: 2, L / 2, L - 3 (vllm #50170)", guess_layers),
    Flaw("layer-ids-off-by-one", "each layer reads the state before the right one", fact("layer_map", lambda ids: [at - 1 for at in ids])),
    Flaw("layer-ids-inputs-as-outputs", "ids of inputs, said to be of outputs (sglang #25454)",
         lambda pair: pair.facts.update(layer_ids="output-of")),
    Flaw("layer-ids-outputs-as-inputs", "ids of outputs, said to be of inputs (sglang #25454)",
         lambda pair: pair.facts.update(layer_map=[at - 1 for at in pair.facts["layer_map"]], layer_ids="input-of")),
    Flaw("final-norm", "the last state is read on the wrong side of the final norm (speculators #313)",
         fact("final_norm", lambda is_behind: not is_behind)),
    Flaw("projected-norm", "the norm behind the projections is lost (Qwen3-8B-Eagle3-NeMoRL)",
         fact("projected_norm", lambda is_there: not is_there)),
    Flaw("boundary", "blocks end otherwise than in training, which drafts that are checked do not depend on",
         fact("boundary", {"block": "paper", "paper": "block"}.get)),
    Flaw("router-sign", "the router's output is taken for its opposite",
         fact("router", lambda router: router | {"sign": {"disagreement": "acceptance"}.get(router["sign"], "disagreement")})),
    Flaw("projections-permuted", "the projections' outputs are in another order",
         projected(lambda pair, weight: pair.random.permutation(weight))),
    Flaw("projection-scaled", "projections eight times as large, which a norm behind them takes away",
         projected(lambda _, weight: 8 * weight)),
    Flaw("projection-transposed", "projections are transposed", projected(lambda _, weight: weight.T)),
    Flaw("projection-random", "projections are as before training", projected(lambda pair, weight: pair.noise(weight))),
    Flaw("projection-missing", "the last layer has no projection", lambda pair: pair.projection.pop(pair.names[-1])),
    Flaw("projection-f16", "projections are BF16 and declared F16", lambda pair: pair.projection.declared.update(BF16="F16")),
    Flaw("embedding-random", "the embedding is as before training, the head is right (TorchSpec #38)", randomised(EMBEDDING)),
    Flaw("head-missing", "the head is said to be stored, and is not (sglang #27829)", lambda pair: untied(pair).pop(HEAD)),
    Flaw("head-random", "the head is as before training (sglang #27829)", randomised(HEAD)),
    Flaw("norm-missing", "the first layer's first norm is missing",
         lambda pair: pair.secondary.pop("model.layers.0.input_layernorm.weight")),
    Flaw("norms-reset", "all norms are 1", reset("norm.weight")),
    Flaw("input-norms-reset", "the norms before attention are 1, the others are right", reset("input_layernorm.weight")),
    Flaw("rotary-base", "the secondary's rotary base is 50 times as large", configured("rope_theta", lambda base: 50 * base)),
    Flaw("rotary-pairs", "rows of queries and keys have llama.cpp's order in a folder of Hugging Face's", interleave),
    Flaw("heads-split", "twice as many heads of half the size, which fits the same tensors", split_heads),
    Flaw("context-shorter", "the secondary has a quarter of its positions (vllm #48894)",
         configured("max_position_embeddings", lambda count: count // 4)),
    Flaw("rows-shifted", "rows are those of a tokenizer with one more token in front", rows(lambda matrix: np.roll(matrix, 1, 0))),
    Flaw("rows-padded", "64 rows of padding, the tokens are the same (vllm #13849)",
         rows(lambda matrix: np.pad(matrix, ((0, 64), (0, 0))))),
    Flaw("tokenizer-shifted", "the secondary's tokenizer has ids one further", shift_ids),
    Flaw("begin-token", "the secondary's tokenizer puts no token before a text",
         lambda pair: pair.open("secondary/tokenizer.json").update(post_processor=None)),
    Flaw("half-updated", "the secondary is of another training, projections and router are the old ones",
         lambda pair: renumber(pair, own_embedding(pair))),
    Flaw("half-updated-recorded", "the same, and the secondary says that it was made for another primary", replace_secondary),
    Flaw("router-other", "the router is another tandem's, and says that it was made for another primary", replace_router),
    Flaw("other-primary", "the primary is of another training", lambda pair: renumber(pair, pair.primary)),
    Flaw("other-primary-recorded", "the same, and all members say that they were made for it", replace_primary),
    Flaw("origin-path", "a local path stands for the primary (Llama-3.1-8B eagle3)",
         lambda pair: record(pair, "/model/from_s3", "projection.safetensors")),
    Flaw("origin-missing", "nothing says which primary the pair was made for (Mistral3_speculator_dummy)", lambda pair: record(pair, None)),
]  # fmt: skip


def write_all(good: pathlib.Path, out: pathlib.Path) -> None:
    for flaw in FLAWS:
        pair = Pair(good)
        flaw.change(pair)
        pair.write(out / flaw.name)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write_all(*map(pathlib.Path, sys.argv[1:]))
    print(f"{len(FLAWS)} broken pairs in {sys.argv[2]}")
