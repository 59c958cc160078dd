"""Reads a pair as PAIR.json describes it, in binary32: the models that the references run are the files' own."""

import dataclasses
import json
import pathlib

import safetensors.torch
import torch

from decoder import Decoder, Shape
from router import Router, RouterShape
from tandem import Reading, Tandem


@dataclasses.dataclass
class Pair:
    primary: Decoder
    tandem: Tandem | None
    drafter: Decoder | None
    router: Router | None
    description: dict
    # The primary's id of each row of a reduced head.
    head_ids: torch.Tensor | None = None

    def tokens(self, rows: torch.Tensor) -> torch.Tensor:
        """The tokens that rows of the secondary's head stand for."""
        return rows if self.head_ids is None else self.head_ids[rows]


def read_tensors(path: pathlib.Path, prefix: str = "") -> dict[str, torch.Tensor]:
    tensors = safetensors.torch.load_file(path)
    return {name.removeprefix(prefix): weight.float() if weight.is_floating_point() else weight for name, weight in tensors.items()}


def read_decoder(folder: pathlib.Path, embedding: torch.Tensor | None = None, head_ids: torch.Tensor | None = None) -> Decoder:
    """`embedding` is the primary's, for a secondary that stores none; `head_ids` the rows of it that a tied head has."""
    config = json.loads((folder / "config.json").read_text())
    tensors = read_tensors(folder / "model.safetensors", "model.")
    if embedding is not None:
        tensors["embed_tokens.weight"] = embedding
    if not config["tie_word_embeddings"]:
        head = tensors["lm_head.weight"]
    else:
        head = tensors["lm_head.weight"] = None if head_ids is None else tensors["embed_tokens.weight"][head_ids]
    shape = Shape(
        vocabulary=config["vocab_size"],
        width=config["hidden_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        shared_heads=config["num_key_value_heads"],
        feed_forward=config["intermediate_size"],
        context=config["max_position_embeddings"],
        head=0 if head is None else head.shape[0],
        rotary_base=config["rope_theta"],
        epsilon=config["rms_norm_eps"],
    )
    decoder = Decoder(shape)
    decoder.load_state_dict({name: tensors[name] for name in decoder.state_dict()})
    return decoder.requires_grad_(False).eval()


def read_head_ids(folder: pathlib.Path, vocabulary: str | dict) -> torch.Tensor | None:
    if vocabulary == "shared":
        return None
    entries = read_tensors(folder / "model.safetensors")[vocabulary["draft_to_target"]].long()
    return entries + torch.arange(len(entries)) if vocabulary["convention"] == "offset" else entries


def read_reading(pair: dict) -> Reading:
    assert pair["layer_ids"] == "state-after", "other ways to count layers are not read here"
    bias = pair["projection"]["bias"] is not None
    return Reading(tuple(pair["layer_map"]), pair["final_norm"], pair["projected_norm"], bias, pair["boundary"])


def read_pair(path: pathlib.Path, primary: pathlib.Path | None = None) -> Pair:
    """`primary` is a folder to read instead of a primary that is no folder: what `tandem convert` makes of a GGUF file."""
    folder, description = path.parent, json.loads(path.read_text())
    decoder = read_decoder(primary or folder / description["primary"]["path"])
    secondary_folder = folder / description["secondary"]["path"]
    embedding = decoder.embed_tokens.weight if description.get("embedding") == "primary" else None
    head_ids = read_head_ids(secondary_folder, description["vocabulary"])
    secondary = read_decoder(secondary_folder, embedding, head_ids)
    if description["kind"] == "independent":
        return Pair(decoder, None, secondary, None, description, head_ids)
    tandem = Tandem(secondary, decoder.shape.width, read_reading(description))
    tandem.projections.load_state_dict(read_tensors(folder / description["projection"]["path"], "projections."))
    router = None
    if "router" in description:
        facts = description["router"]
        tensors = read_tensors(folder / facts["path"])
        shape = RouterShape(facts["top_k"], tensors["layers.0.weight"].shape[0], facts["threshold"])
        router = Router(shape, secondary.shape.width)
        router.load_state_dict(tensors)
        router.requires_grad_(False)
    return Pair(decoder, tandem.requires_grad_(False).eval(), None, router, description, head_ids)
