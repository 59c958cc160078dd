"""Good pairs: models that work together, and the PAIR.json that says how."""

import hashlib
import json
import struct
from collections.abc import Callable

from . import models, safetensors, tokenizers
from .good import llama_file
from .models import Model, Weight
from .numbers import encode
from .plan import Link, Tree
from .safetensors import Tensor

PRIMARY_LAYERS, SECONDARY_LAYERS, HIDDEN, DRAFT_HIDDEN = 4, 2, 32, 16
TOP_K, ROUTER_HIDDEN = 4, 8
# The numbers of element types in the digest (schemas/bundle.md, section 5).
TYPE_NUMBERS = {"I32": 7, "I64": 9, "F16": 10, "BF16": 11, "F32": 12}
BLOCK_BYTES = 1 << 20

Files = dict[str, bytes | Link]


def everything() -> Tree:
    pairs = {
        "tandem": tandem(),
        "tandem-biases": tandem_with_biases(),
        "tandem-borrowing": tandem_borrowing(),
        "tandem-borrowing-head": tandem_borrowing_head(),
        "independent": independent(),
        "independent-gguf": independent_gguf(),
        "independent-mapped": independent_mapped(),
        "standalone": {"PAIR.json": models.pretty({"kind": "standalone", "primary": {"path": "primary"}}), **linked("primary")},
    }
    return {f"good/pairs/{name}/{file}": content for name, files in pairs.items() for file, content in files.items()}


# Members ---------------------------------------------------------------------------------------------------------


def llama(name: str, *, dtype: str = "BF16", **changes) -> Model:
    config = models.decoder_config("LlamaForCausalLM", "llama", mlp_bias=False, pretraining_tp=1, **changes)
    return Model(name, config, models.decoder_weights(config), dtype, tokenizers.byte_level())


def primary() -> Model:
    return llama("pair-primary", num_hidden_layers=PRIMARY_LAYERS)


SMALL = {
    "hidden_size": DRAFT_HIDDEN,
    "intermediate_size": 32,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "num_hidden_layers": SECONDARY_LAYERS,
}


def secondary(**changes) -> Model:
    return llama("pair-secondary", **SMALL | changes)


def seeded(name: str, shape: tuple[int, ...], dtype: str = "BF16") -> Tensor:
    return Tensor(name, dtype, shape, encode(models.values("pair", Weight(name, shape)), dtype))


def projections(
    layers: int = SECONDARY_LAYERS, shape: tuple[int, ...] = (DRAFT_HIDDEN, HIDDEN), *, biases: bool = False, dtype: str = "BF16"
) -> list[Tensor]:
    """One linear layer for each secondary layer: (secondary width, primary width), as torch.nn.Linear stores it."""
    out = [seeded(f"projections.{j}.weight", shape, dtype) for j in range(layers)]
    return out + [seeded(f"projections.{j}.bias", shape[:1], dtype) for j in range(layers) if biases]


def router(inputs: int = 1 + TOP_K + TOP_K * DRAFT_HIDDEN) -> list[Tensor]:
    shapes = {"layers.0": (ROUTER_HIDDEN, inputs), "layers.1": (1, ROUTER_HIDDEN)}
    out = []
    for name, shape in shapes.items():
        out += [seeded(f"{name}.weight", shape, "F32"), seeded(f"{name}.bias", shape[:1], "F32")]
    return out


def tensor_set_digest(tensors: list[Tensor]) -> str:
    """schemas/bundle.md, section 6."""
    hash = hashlib.sha256()
    for tensor in sorted(tensors, key=lambda tensor: tensor.name.encode("utf-8")):
        name = tensor.name.encode("utf-8")
        hash.update(struct.pack("<I", len(name)) + name)
        hash.update(struct.pack("<II", TYPE_NUMBERS[tensor.dtype], len(tensor.shape)))
        hash.update(struct.pack(f"<{len(tensor.shape)}Q", *tensor.shape))
        blocks = [hashlib.sha256(tensor.data[at : at + BLOCK_BYTES]).digest() for at in range(0, len(tensor.data), BLOCK_BYTES)]
        hash.update(hashlib.sha256(b"".join(blocks)).digest())
    return hash.hexdigest()


PRIMARY_DIGEST = tensor_set_digest(models.tensors(primary()))
METADATA = {"format": "pt", "made_for": PRIMARY_DIGEST}


def weights_file(tensors: list[Tensor], metadata: dict[str, str] = METADATA) -> bytes:
    return safetensors.build(sorted(tensors, key=lambda tensor: (-safetensors.BITS[tensor.dtype], tensor.name)), metadata)


def model_folder(model: Model, tensors: list[Tensor] | None = None, metadata: dict[str, str] | None = None) -> Files:
    files = models.folder(model)
    # Compact, because there are many.
    files["tokenizer.json"] = safetensors.compact(model.tokenizer.json).encode("utf-8")
    files["model.safetensors"] = weights_file(tensors or models.tensors(model), metadata or {"format": "pt"})
    return files


def below(folder: str, files: Files) -> Files:
    return {f"{folder}/{name}": content for name, content in files.items()}


# Pairs -----------------------------------------------------------------------------------------------------------

TANDEM = {
    "kind": "tandem",
    "primary": {"path": "primary"},
    "secondary": {"path": "secondary"},
    "projection": {"path": "projection.safetensors", "weight": "projections.{j}.weight", "bias": None},
    "router": {
        "path": "router.safetensors",
        "weight": "layers.{j}.weight",
        "bias": "layers.{j}.bias",
        "activation": "relu",
        "top_k": TOP_K,
        "threshold": 0.8,
        "sign": "disagreement",
    },
    "layer_map": [1, 3],
    "layer_ids": "state-after",
    "final_norm": True,
    "projected_norm": True,
    "boundary": "block",
    "free_token": True,
    "block_length": {"trained": 2, "default": 3, "maximum": 8},
    "acceptance": "greedy",
    "vocabulary": "shared",
    "made_for": {"primary": PRIMARY_DIGEST},
}

INDEPENDENT = {
    "kind": "independent",
    "primary": {"path": "primary"},
    "secondary": {"path": "secondary"},
    "block_length": {"default": 4, "maximum": 16},
    "acceptance": "residual",
    "vocabulary": "shared",
}


def edited(pair: dict, change: Callable[[dict], object] | None = None, **changes) -> bytes:
    """PAIR.json with keys replaced (`...` takes one out), then edited by a function."""
    copy = json.loads(json.dumps({key: value for key, value in (pair | changes).items() if value is not ...}))
    if change:
        change(copy)
    return (json.dumps(copy, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def linked(*members: str) -> Files:
    """Members of the good tandem pair, from another good pair's folder."""
    return {member: Link(f"../tandem/{member}") for member in members}


def tandem() -> Files:
    return {
        "PAIR.json": edited(TANDEM),
        **below("primary", model_folder(primary())),
        **below("secondary", model_folder(secondary(), metadata=METADATA)),
        "projection.safetensors": weights_file(projections()),
        "router.safetensors": weights_file(router(), {"format": "pt"}),
    }


def tandem_with_biases() -> Files:
    """No router; biases; layers told by what they put out; one tokenizer named for both."""
    bias = {"path": "projection.safetensors", "weight": "projections.{j}.weight", "bias": "projections.{j}.bias"}
    pair = edited(
        TANDEM,
        router=...,
        projection=bias,
        tokenizer={"path": "primary/tokenizer.json"},
        layer_map=[0, 2],
        layer_ids="output-of",
        boundary="paper",
        free_token=False,
    )
    return {
        "PAIR.json": pair,
        **linked("primary", "secondary"),
        "projection.safetensors": weights_file(projections(biases=True, dtype="F32")),
    }


# One layer as wide as the primary, whose embedding it reads tokens through; its head has 64 rows, of its own or of that embedding.
BORROWING = {key: value for key, value in TANDEM.items() if key != "router"} | {
    "layer_map": [PRIMARY_LAYERS],
    "vocabulary": {"draft_to_target": "d2t", "convention": "offset"},
    "embedding": "primary",
}


def borrowing_secondary(width: int = HIDDEN, *, tied: bool = False) -> Model:
    return secondary(hidden_size=width, num_attention_heads=4, num_key_value_heads=4, num_hidden_layers=1, tie_word_embeddings=tied)


def borrowing_tensors(model: Model, *, embedding: bool = False) -> list[Tensor]:
    gone = {"lm_head.weight"} | (set() if embedding else {"model.embed_tokens.weight"})
    out = [tensor for tensor in models.tensors(model) if tensor.name not in gone]
    width = model.config["hidden_size"]
    return [*out, seeded("lm_head.weight", (len(DRAFT_IDS), width)), draft_map(DRAFT_IDS)]


def tandem_borrowing() -> Files:
    model = borrowing_secondary()
    return borrowing(model, borrowing_tensors(model))


def tandem_borrowing_head() -> Files:
    tensors = [tensor for tensor in borrowing_tensors(borrowing_secondary()) if tensor.name != "lm_head.weight"]
    return borrowing(borrowing_secondary(tied=True), tensors)


def borrowing(model: Model, tensors: list[Tensor]) -> Files:
    return {
        "PAIR.json": edited(BORROWING),
        **linked("primary"),
        **below("secondary", model_folder(model, tensors, METADATA)),
        "projection.safetensors": weights_file(projections(1, (HIDDEN, HIDDEN))),
    }


def independent() -> Files:
    return {"PAIR.json": edited(INDEPENDENT), **linked("primary", "secondary")}


def independent_gguf() -> Files:
    pair = edited(INDEPENDENT, primary={"path": "primary.gguf"}, secondary={"path": "secondary.gguf"})
    files = {"primary.gguf": llama_file("F16", primary()), "secondary.gguf": llama_file("F16", secondary())}
    return {"PAIR.json": pair, **files}


# The draft writes 64 of the 96 tokens: the first 32, which end markers are among, and the last 32.
DRAFT_IDS = [*range(32), *range(64, 96)]
MAPPED = INDEPENDENT | {"vocabulary": {"draft_to_target": "d2t", "convention": "offset"}}


def mapped_tensors(ids: list[int], *, name: str = "d2t", rows: int | None = None) -> list[Tensor]:
    """A secondary whose head has a row for each of its own tokens, and the map from them to the target's, as offsets."""
    model = secondary(tie_word_embeddings=False)
    out = [tensor for tensor in models.tensors(model) if tensor.name != "lm_head.weight"]
    return [*out, seeded("lm_head.weight", (rows or len(ids), DRAFT_HIDDEN)), draft_map(ids, name)]


def draft_map(ids: list[int], name: str = "d2t") -> Tensor:
    offsets = [target - index for index, target in enumerate(ids)]
    return Tensor(name, "I64", (len(ids),), struct.pack(f"<{len(ids)}q", *offsets))


def mapped_secondary(tensors: list[Tensor]) -> Files:
    return below("secondary", model_folder(secondary(tie_word_embeddings=False), tensors))


def independent_mapped() -> Files:
    return {"PAIR.json": edited(MAPPED), **linked("primary"), **mapped_secondary(mapped_tensors(DRAFT_IDS))}
