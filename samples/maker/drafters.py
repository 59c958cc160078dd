"""Drafters of other kinds, as they are found on the hub: a config and a few of their tensors."""

import struct

from . import gguf, models
from .broken import GGUF, INDEPENDENT
from .case import Case
from .models import Weight
from .numbers import encode
from .pairs import Files, below
from .safetensors import Tensor, build

WIDTH = 32


def drafters() -> list[Case]:
    llama = models.decoder_config("LlamaForCausalLM", "llama", num_hidden_layers=1)
    layer = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
    eagle = {"model.embed_tokens.weight": (96, WIDTH), "fc.weight": (WIDTH, 2 * WIDTH), "fc.bias": (WIDTH,)}
    eagle |= {f"layers.0.{name}.weight": (WIDTH, WIDTH) for name in layer}
    eagle3 = {"fc.weight": (WIDTH, 3 * WIDTH), "norm.weight": (WIDTH,), "lm_head.weight": (64, WIDTH)}
    eagle3 |= {f"midlayer.{name}.weight": (WIDTH, 2 * WIDTH) for name in layer[:3]}
    dflash = {"fc.weight": (WIDTH, 2 * WIDTH), "hidden_norm.weight": (WIDTH,), "layers.0.self_attn.q_proj.weight": (WIDTH, WIDTH)}
    medusa = {f"{head}.0.linear.weight": (WIDTH, WIDTH) for head in range(2)} | {f"{head}.1.weight": (96, WIDTH) for head in range(2)}
    verifier = {"architectures": [], "name_or_path": "/model/from_s3"}
    rows = [
        ("medusa", "Medusa heads", {"medusa_num_heads": 2, "medusa_num_layers": 1, "base_model_name_or_path": "N/A"}, medusa),
        ("hydra", "Hydra heads", {"hydra_num_heads": 2, "hydra_num_layers": 1, "grounded_heads": True}, medusa),
        ("eagle", "EAGLE, whose config is that of a Llama", llama, eagle),
        ("eagle3", "EAGLE-3", llama | {"architectures": ["LlamaForCausalLMEagle3"], "draft_vocab_size": 64}, eagle3),
        ("eagle3-by-tensors", "EAGLE-3, whose config is that of a Llama", llama, eagle3),
        ("speculators", "EAGLE-3 in the form of speculators, its verifier a path of another machine",
         {"speculators_model_type": "eagle3", "speculators_config": {"verifier": verifier}}, eagle3),
        ("dflash", "DFlash", {"architectures": ["DFlashDraftModel"], "dflash_config": {"target_layer_ids": [1, 9]}}, dflash),
        ("mtp", "multi-token prediction", llama | {"num_nextn_predict_layers": 1}, {"mtp.fc.weight": (WIDTH, 2 * WIDTH)}),
        ("glide", "GliDe, which reads the target's cache", llama | {"large_hidden_size": 64, "large_head_dim": 8},
         {"model.layers.0.cross_attn.q_proj.weight": (WIDTH, WIDTH)}),
        ("bita", "BiTA, which is a prompt", llama | {"mask_num": 4, "mask_diff": False, "prompt_num": 16}, {"mask_tokens.weight": (4, WIDTH)}),
        ("gemma-assistant", "a Gemma assistant", {"model_type": "gemma4_assistant", "backbone_hidden_size": 64},
         {"pre_projection.weight": (WIDTH, 128)}),
        ("mlp-speculator", "an MLP speculator", {"model_type": "mlp_speculator", "n_predict": 3}, {"speculator.emb.0.weight": (96, WIDTH)}),
    ]  # fmt: skip
    keys = [("general.architecture", gguf.string("eagle3")), ("eagle3.target_hidden_size", gguf.u32(WIDTH))]
    file = gguf.build(keys, [gguf.Tensor("fc.weight", (3 * WIDTH, WIDTH))])
    out = [Case("PAIR011", "eagle3-gguf", "EAGLE-3 as llama.cpp's converter writes it", GGUF.files({"secondary.gguf": file}))]
    return out + [
        Case("PAIR011", slug, what, INDEPENDENT.files({"secondary/config.json": models.pretty(config), **weights(slug, shapes)}, ("secondary",)))
        for slug, what, config, shapes in rows
    ]


def weights(name: str, shapes: dict[str, tuple[int, ...]]) -> Files:
    tensors = []
    for tensor, shape in sorted(shapes.items()):
        tensors.append(Tensor(tensor, "BF16", shape, encode(models.values(name, Weight(tensor, shape)), "BF16")))
    if "eagle3" in name or name == "speculators":
        tensors.insert(0, Tensor("d2t", "I64", (64,), struct.pack("<64q", *[0] * 64)))
    return below("secondary", {"model.safetensors": build(tensors, {"format": "pt"})})
