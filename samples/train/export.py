"""Writes a pair as `tandem pack` takes it: folders as Hugging Face's, projection, router, PAIR.json (schemas/pair.md)."""

import json
import os
import pathlib

import safetensors.torch
import torch
from torch import Tensor

import storage
from decoder import Decoder, Shape
from digest import gguf_digest, tensor_set_digest
from router import Router
from tandem import Reading, Tandem
from tokens import BOS, EOS


def stored(state: dict[str, Tensor], dtype: torch.dtype = torch.bfloat16) -> dict[str, Tensor]:
    return {name: weight.detach().cpu().to(dtype).contiguous() for name, weight in state.items()}


# What a secondary that borrows does not store.
LENT = ("embed_tokens.weight", "lm_head.weight")


def decoder_tensors(decoder: Decoder, dtype: torch.dtype = torch.bfloat16, lent: tuple[str, ...] = ()) -> dict[str, Tensor]:
    """Under Hugging Face's names, without what the primary lends."""
    state = stored({name: weight for name, weight in decoder.state_dict().items() if name not in lent}, dtype)
    return {name if name.startswith("lm_head") else f"model.{name}": weight for name, weight in state.items()}


def config(shape: Shape, begin: int, end: int, dtype: str = "bfloat16") -> dict:
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": begin,
        "dtype": dtype,
        "eos_token_id": end,
        "head_dim": shape.head_size,
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "initializer_range": 0.02,
        "intermediate_size": shape.feed_forward,
        "max_position_embeddings": shape.context,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.shared_heads,
        "pretraining_tp": 1,
        "rms_norm_eps": shape.epsilon,
        "rope_scaling": None,
        "rope_theta": shape.rotary_base,
        "tie_word_embeddings": not shape.head,
        "transformers_version": "4.57.1",
        "use_cache": True,
        "vocab_size": shape.vocabulary,
    }


def write_json(path: pathlib.Path, content: dict) -> None:
    storage.replace(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


def write_tensors(path: pathlib.Path, tensors: dict[str, Tensor], made_for: str | None = None) -> None:
    metadata = {"format": "pt"} | ({"made_for": made_for} if made_for else {})
    storage.replace(path, in_order(safetensors.torch.save(dict(sorted(tensors.items())), metadata)))


def in_order(data: bytes) -> bytes:
    """A safetensors file whose header lists its keys by name: the library writes metadata in an order of chance."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:end]), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[end:]


def write_decoder(folder: pathlib.Path, decoder: Decoder, tokenizer: bytes, made_for: str | None = None) -> str:
    """Writes a model's folder and returns the digest of its tensors."""
    tensors = decoder_tensors(decoder)
    write_json(folder / "config.json", config(decoder.shape, 0, 1))
    write_json(folder / "generation_config.json", {"bos_token_id": 0, "eos_token_id": 1, "transformers_version": "4.57.1"})
    marks = {"bos_token": BOS, "eos_token": EOS}
    write_json(folder / "special_tokens_map.json", marks)
    rest = {"clean_up_tokenization_spaces": False, "model_max_length": decoder.shape.context, "tokenizer_class": "PreTrainedTokenizerFast"}
    write_json(folder / "tokenizer_config.json", marks | rest)
    storage.replace(folder / "tokenizer.json", tokenizer)
    write_tensors(folder / "model.safetensors", tensors, made_for)
    return tensor_set_digest(tensors)


def projection_tensors(tandem: Tandem) -> dict[str, Tensor]:
    return {name: weight for name, weight in stored(tandem.state_dict()).items() if name.startswith("projections.")}


def pair_json(reading: Reading, made_for: str, router: Router | None, blocks: dict[str, int], vocabulary="shared") -> dict:
    pair = {
        "kind": "tandem",
        "primary": {"path": "primary"},
        "secondary": {"path": "secondary"},
        "projection": {
            "path": "projection.safetensors",
            "weight": "projections.{j}.weight",
            "bias": "projections.{j}.bias" if reading.bias else None,
        },
    }
    if router:
        pair["router"] = {
            "path": "router.safetensors",
            "weight": "layers.{j}.weight",
            "bias": "layers.{j}.bias",
            "activation": "relu",
            "top_k": router.shape.top_k,
            "threshold": router.shape.threshold,
            "sign": "disagreement",
        }
    return pair | {
        "layer_map": list(reading.layer_map),
        "layer_ids": "state-after",
        "final_norm": reading.final_norm,
        "projected_norm": reading.projected_norm,
        "boundary": reading.boundary,
        "free_token": True,
        "block_length": blocks,
        "acceptance": "greedy",
        "vocabulary": vocabulary,
        "made_for": {"primary": made_for},
    }


def independent_json(drafter: str, blocks: dict[str, int], vocabulary="shared") -> dict:
    pair = {"kind": "independent", "primary": {"path": "primary"}, "secondary": {"path": drafter}, "block_length": blocks}
    return pair | {"acceptance": "greedy", "vocabulary": vocabulary}


def borrowed(secondary: Decoder, embedding: Tensor, head_ids: Tensor) -> tuple[str, ...]:
    """What the secondary need not store, because the primary lends it: exactly that."""
    assert torch.equal(secondary.embed_tokens.weight, embedding), "the secondary's embedding is not its primary's"
    assert torch.equal(secondary.lm_head.weight, embedding[head_ids]), "the head is not the embedding's rows"
    return LENT


def write_tandem(folder: pathlib.Path, primary: Decoder, tandem: Tandem, router: Router | None, tokenizer: bytes,
                 blocks: dict[str, int]) -> None:  # fmt: skip
    made_for = write_decoder(folder / "primary", primary, tokenizer)
    write_decoder(folder / "secondary", tandem.secondary, tokenizer, made_for)
    write_tensors(folder / "projection.safetensors", projection_tensors(tandem), made_for)
    if router:
        write_tensors(folder / "router.safetensors", stored(router.state_dict(), torch.float32), made_for)
    write_json(folder / "pair.json", pair_json(tandem.reading, made_for, router, blocks))


def write_independent(folder: pathlib.Path, drafter_folder: pathlib.Path, drafter: Decoder, tokenizer: bytes,
                      blocks: dict[str, int]) -> None:  # fmt: skip
    """The drafter that tandems are compared with, and the pair of it and the primary that `write_tandem` wrote to `folder`."""
    write_decoder(drafter_folder, drafter, tokenizer)
    write_json(folder / "speed.json", independent_json(os.path.relpath(drafter_folder, folder), blocks))


def write_mapped(folder: pathlib.Path, drafter: Decoder, tandem: Tandem, router: Router, ids: Tensor, primary: pathlib.Path,
                 embedding: Tensor, blocks: dict[str, int], marks: tuple[int, int] = (1, 2)) -> None:  # fmt: skip
    """Secondaries that read through their primary's embedding and write with some rows of it, beside a link to it: a GGUF file whose
    tokenizer they share."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "primary.gguf"
    link.unlink(missing_ok=True)
    link.symlink_to(primary.resolve())
    made_for = gguf_digest(primary)
    for name, decoder in (("secondary", tandem.secondary), ("drafter", drafter)):
        tensors = decoder_tensors(decoder, lent=borrowed(decoder, embedding, ids)) | {"draft_to_target": ids}
        write_json(folder / name / "config.json", config(decoder.shape, *marks) | {"tie_word_embeddings": True})
        write_tensors(folder / name / "model.safetensors", tensors, made_for)
    write_tensors(folder / "projection.safetensors", projection_tensors(tandem), made_for)
    write_tensors(folder / "router.safetensors", stored(router.state_dict(), torch.float32), made_for)
    vocabulary = {"draft_to_target": "draft_to_target", "convention": "id"}
    shared = {"primary": {"path": link.name}, "tokenizer": {"path": link.name}, "embedding": "primary"}
    write_json(folder / "pair.json", pair_json(tandem.reading, made_for, router, blocks, vocabulary) | shared)
    lengths = {key: blocks[key] for key in ("default", "maximum")}
    write_json(folder / "speed.json", independent_json("drafter", lengths, vocabulary) | shared)
