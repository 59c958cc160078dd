"""Tiny models of ten architectures, as their Hugging Face folders: names, shapes and config keys of transformers."""

import json
import struct
from typing import NamedTuple

from . import pytorch, safetensors, tokenizers
from .numbers import Random, bf16, encode
from .tokenizers import Tokenizer

HIDDEN, FFN, LAYERS, HEADS, KV_HEADS, HEAD, VOCAB, CONTEXT = 32, 64, 2, 4, 2, 8, 96, 128


class Weight(NamedTuple):
    name: str
    shape: tuple[int, ...]


class Model(NamedTuple):
    name: str
    config: dict
    weights: list[Weight]
    dtype: str
    tokenizer: Tokenizer
    norm_center: float = 1.0


def values(model: str, weight: Weight, norm_center: float = 1.0) -> list[float]:
    """Seeded values that look trained: rows of unlike length, norms near but not at their neutral value."""
    random = Random(f"{model}/{weight.name}")
    if len(weight.shape) == 1:
        is_norm = "norm" in weight.name.lower() or ".ln_" in weight.name
        is_scale = is_norm and weight.name.endswith("weight")
        return [norm_center + 0.05 * random.normal() if is_scale else 0.02 * random.normal() for _ in range(weight.shape[0])]
    rows, columns = weight.shape
    out = []
    for _ in range(rows):
        scale = 0.02 * (0.3 + 2.7 * random.uniform())
        out += [scale * random.normal() for _ in range(columns)]
    return out


def tensors(model: Model) -> list[safetensors.Tensor]:
    """The tensors in the order of their names, as transformers writes them."""
    out = []
    for weight in sorted(model.weights):
        if weight.name.endswith("position_ids"):
            data = struct.pack(f"<{weight.shape[1]}q", *range(weight.shape[1]))
            out.append(safetensors.Tensor(weight.name, "I64", weight.shape, data))
            continue
        data = encode(values(model.name, weight, model.norm_center), model.dtype)
        out.append(safetensors.Tensor(weight.name, model.dtype, weight.shape, data))
    return sorted(out, key=lambda tensor: (-safetensors.BITS[tensor.dtype], tensor.name))


def pretty(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode("utf-8")


def tokenizer_files(tokenizer: Tokenizer) -> dict[str, bytes]:
    # Token ids are easier to read in their own order than in that of their texts.
    text = json.dumps(tokenizer.json, indent=1, ensure_ascii=False) + "\n"
    files = {
        "tokenizer.json": text.encode("utf-8"),
        "tokenizer_config.json": pretty(tokenizer.config),
        "special_tokens_map.json": pretty(tokenizer.special_map),
    }
    if tokenizer.json["model"]["type"] == "WordPiece":
        files["vocab.txt"] = "".join(token + "\n" for token in tokenizer.tokens).encode("utf-8")
    return files


def folder(model: Model, *, shards: int = 1, kind: str = "safetensors") -> dict[str, bytes]:
    """The files of a model's folder by name."""
    files = {"config.json": pretty(model.config), **tokenizer_files(model.tokenizer)}
    generation = {key: model.config[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id") if key in model.config}
    if model.config["model_type"] != "bert":
        files["generation_config.json"] = pretty({"_from_model_config": True, **generation, "transformers_version": "4.57.1"})
    return files | weight_files(tensors(model), shards, kind)


def weight_files(all_tensors: list[safetensors.Tensor], shards: int, kind: str = "safetensors") -> dict[str, bytes]:
    """`model.safetensors` or `pytorch_model.bin`, or shards of about equal size and their index."""
    if kind == "safetensors":
        stem, suffix, build = "model", "safetensors", lambda part: safetensors.build(part, {"format": "pt"})
    else:
        stem, suffix, build = "pytorch_model", "bin", pytorch.state_dict
    if shards == 1:
        return {f"{stem}.{suffix}": build(all_tensors)}
    total = sum(len(tensor.data) for tensor in all_tensors)
    parts: list[list[safetensors.Tensor]] = [[] for _ in range(shards)]
    written = 0
    for tensor in all_tensors:
        parts[min(written * shards // total, shards - 1)].append(tensor)
        written += len(tensor.data)
    files, weight_map = {}, {}
    for index, part in enumerate(parts, 1):
        name = f"{stem}-{index:05d}-of-{shards:05d}.{suffix}"
        files[name] = build(part)
        weight_map |= {tensor.name: name for tensor in part}
    files[f"{stem}.{suffix}.index.json"] = pretty({"metadata": {"total_size": total}, "weight_map": weight_map})
    return files


# The parts that architectures share ------------------------------------------------------------------------------


def decoder_config(architecture: str, model_type: str, **changes) -> dict:
    """The config keys that the decoder-only models have in common, with llama's values."""
    config = {
        "architectures": [architecture],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "dtype": "bfloat16",
        "eos_token_id": 1,
        "head_dim": HEAD,
        "hidden_act": "silu",
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": FFN,
        "max_position_embeddings": CONTEXT,
        "model_type": model_type,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": KV_HEADS,
        "rms_norm_eps": 1e-05,
        "rope_scaling": None,
        "rope_theta": 10000.0,
        "tie_word_embeddings": True,
        "transformers_version": "4.57.1",
        "use_cache": True,
        "vocab_size": VOCAB,
    } | changes
    return {key: value for key, value in config.items() if value is not ...}


def decoder_weights(
    config: dict,
    *,
    norms: tuple[str, ...] = ("input_layernorm", "post_attention_layernorm"),
    head_norms: bool = False,
    qkv_bias: bool = False,
    fused: bool = False,
) -> list[Weight]:
    """The tensors of a decoder in transformers' naming."""
    hidden, ffn = config["hidden_size"], config["intermediate_size"]
    head = config.get("head_dim") or hidden // config["num_attention_heads"]
    q, kv = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    weights = [Weight("model.embed_tokens.weight", (config["vocab_size"], hidden)), Weight("model.norm.weight", (hidden,))]
    if not config["tie_word_embeddings"]:
        weights.append(Weight("lm_head.weight", (config["vocab_size"], hidden)))
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."
        if fused:
            matrices = [("self_attn.qkv_proj", q + 2 * kv, hidden), ("mlp.gate_up_proj", 2 * ffn, hidden)]
        else:
            matrices = [("self_attn.q_proj", q, hidden), ("self_attn.k_proj", kv, hidden), ("self_attn.v_proj", kv, hidden)]
            matrices += [("mlp.gate_proj", ffn, hidden), ("mlp.up_proj", ffn, hidden)]
        matrices += [("self_attn.o_proj", hidden, q), ("mlp.down_proj", hidden, ffn)]
        weights += [Weight(f"{prefix}{name}.weight", (rows, columns)) for name, rows, columns in matrices]
        weights += [Weight(f"{prefix}{norm}.weight", (hidden,)) for norm in norms]
        if head_norms:
            weights += [Weight(f"{prefix}self_attn.{name}_norm.weight", (head,)) for name in "qk"]
        if qkv_bias:
            weights += [Weight(f"{prefix}self_attn.{name}_proj.bias", (size,)) for name, size in (("q", q), ("k", kv), ("v", kv))]
    return weights


# The models ------------------------------------------------------------------------------------------------------


def tiny_llama() -> Model:
    config = decoder_config("LlamaForCausalLM", "llama", mlp_bias=False, pretraining_tp=1)
    return Model("tiny-llama", config, decoder_weights(config), "BF16", tokenizers.byte_level())


def micro_llama() -> Model:
    """The smallest whole model; the hostile folders are made from it."""
    config = decoder_config(
        "LlamaForCausalLM",
        "llama",
        hidden_size=8,
        intermediate_size=16,
        head_dim=4,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
    )
    return Model("micro-llama", config, decoder_weights(config), "BF16", tokenizers.byte_level())


def tiny_qwen2() -> Model:
    # Written as older releases of transformers do: `torch_dtype`, no `head_dim`.
    config = decoder_config(
        "Qwen2ForCausalLM",
        "qwen2",
        attention_bias=...,
        dtype=...,
        head_dim=...,
        layer_types=["full_attention"] * LAYERS,
        max_window_layers=LAYERS,
        rms_norm_eps=1e-06,
        rope_theta=1000000.0,
        sliding_window=None,
        torch_dtype="bfloat16",
        transformers_version="4.46.3",
        use_sliding_window=False,
    )
    return Model("tiny-qwen2", config, decoder_weights(config, qkv_bias=True), "BF16", tokenizers.byte_level())


def tiny_qwen3() -> Model:
    # Written as transformers 5 does: `rope_parameters` stands for `rope_theta` and `rope_scaling`.
    config = decoder_config(
        "Qwen3ForCausalLM",
        "qwen3",
        head_dim=16,
        layer_types=["full_attention"] * LAYERS,
        max_window_layers=LAYERS,
        rms_norm_eps=1e-06,
        rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"},
        rope_scaling=...,
        rope_theta=...,
        sliding_window=None,
        transformers_version="5.0.0",
        use_sliding_window=False,
    )
    return Model("tiny-qwen3", config, decoder_weights(config, head_norms=True), "BF16", tokenizers.byte_level())


FALLBACK_IDS = {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "vocab_size": 352}


def tiny_mistral() -> Model:
    config = decoder_config(
        "MistralForCausalLM", "mistral", attention_bias=..., sliding_window=64, tie_word_embeddings=False, **FALLBACK_IDS
    )
    return Model("tiny-mistral", config, decoder_weights(config), "BF16", tokenizers.byte_fallback())


def tiny_phi3() -> Model:
    config = decoder_config(
        "Phi3ForCausalLM",
        "phi3",
        attention_bias=False,
        embd_pdrop=0.0,
        head_dim=...,
        original_max_position_embeddings=CONTEXT,
        partial_rotary_factor=1.0,
        resid_pdrop=0.0,
        sliding_window=64,
        tie_word_embeddings=False,
        **FALLBACK_IDS,
    )
    return Model("tiny-phi3", config, decoder_weights(config, fused=True), "BF16", tokenizers.byte_fallback())


GEMMA_NORMS = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")


def tiny_gemma2() -> Model:
    config = decoder_config(
        "Gemma2ForCausalLM",
        "gemma2",
        attn_logit_softcapping=50.0,
        cache_implementation="hybrid",
        final_logit_softcapping=30.0,
        head_dim=16,
        hidden_act="gelu_pytorch_tanh",
        hidden_activation="gelu_pytorch_tanh",
        layer_types=["sliding_attention", "full_attention"],
        query_pre_attn_scalar=16,
        rms_norm_eps=1e-06,
        rope_scaling=...,
        sliding_window=64,
        **FALLBACK_IDS,
    )
    # Gemma multiplies by 1 + weight, so its neutral norm is 0.
    return Model("tiny-gemma2", config, decoder_weights(config, norms=GEMMA_NORMS), "BF16", tokenizers.byte_fallback(), 0.0)


def tiny_gemma3() -> Model:
    config = decoder_config(
        "Gemma3ForCausalLM",
        "gemma3_text",
        _sliding_window_pattern=2,
        attn_logit_softcapping=None,
        final_logit_softcapping=None,
        head_dim=16,
        hidden_act=...,
        hidden_activation="gelu_pytorch_tanh",
        layer_types=["sliding_attention", "full_attention"],
        num_key_value_heads=1,
        query_pre_attn_scalar=16,
        rms_norm_eps=1e-06,
        rope_local_base_freq=10000.0,
        rope_theta=1000000.0,
        sliding_window=64,
        tie_word_embeddings=True,
        **FALLBACK_IDS,
    )
    weights = decoder_weights(config, norms=GEMMA_NORMS, head_norms=True)
    return Model("tiny-gemma3", config, weights, "BF16", tokenizers.byte_fallback(), 0.0)


def tiny_gpt2() -> Model:
    """Linear layers are Conv1D: their weight lies transposed, (in, out)."""
    config = {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 0,
        "embd_pdrop": 0.1,
        "eos_token_id": 1,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": CONTEXT,
        "n_embd": HIDDEN,
        "n_head": HEADS,
        "n_inner": None,
        "n_layer": LAYERS,
        "n_positions": CONTEXT,
        "reorder_and_upcast_attn": False,
        "resid_pdrop": 0.1,
        "scale_attn_by_inverse_layer_idx": False,
        "scale_attn_weights": True,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True,
        "summary_type": "cls_index",
        "summary_use_proj": True,
        "torch_dtype": "float16",
        "transformers_version": "4.46.3",
        "use_cache": True,
        "vocab_size": VOCAB,
    }
    weights = [Weight("transformer.wte.weight", (VOCAB, HIDDEN)), Weight("transformer.wpe.weight", (CONTEXT, HIDDEN))]
    norms = ["transformer.ln_f"]
    for layer in range(LAYERS):
        prefix = f"transformer.h.{layer}."
        norms += [prefix + "ln_1", prefix + "ln_2"]
        layers = [("attn.c_attn", HIDDEN, 3 * HIDDEN), ("attn.c_proj", HIDDEN, HIDDEN)]
        layers += [("mlp.c_fc", HIDDEN, 4 * HIDDEN), ("mlp.c_proj", 4 * HIDDEN, HIDDEN)]
        for name, inputs, outputs in layers:
            weights += [Weight(f"{prefix}{name}.weight", (inputs, outputs)), Weight(f"{prefix}{name}.bias", (outputs,))]
    weights += [Weight(f"{norm}.{part}", (HIDDEN,)) for norm in norms for part in ("weight", "bias")]
    return Model("tiny-gpt2", config, weights, "F16", tokenizers.byte_level())


def tiny_bert() -> Model:
    positions = 32
    config = {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "classifier_dropout": None,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": HIDDEN,
        "initializer_range": 0.02,
        "intermediate_size": FFN,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": positions,
        "model_type": "bert",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "pad_token_id": 0,
        "position_embedding_type": "absolute",
        "torch_dtype": "float32",
        "transformers_version": "4.46.3",
        "type_vocab_size": 2,
        "use_cache": True,
        "vocab_size": VOCAB,
    }
    embeddings = [("word", VOCAB), ("position", positions), ("token_type", 2)]
    weights = [Weight(f"embeddings.{name}_embeddings.weight", (rows, HIDDEN)) for name, rows in embeddings]
    # Older exports keep this buffer; it is the one tensor that is no F32.
    weights.append(Weight("embeddings.position_ids", (1, positions)))
    norms, layers = ["embeddings.LayerNorm"], [("pooler.dense", HIDDEN, HIDDEN)]
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}."
        norms += [prefix + "attention.output.LayerNorm", prefix + "output.LayerNorm"]
        layers += [(f"{prefix}attention.self.{name}", HIDDEN, HIDDEN) for name in ("query", "key", "value")]
        layers += [(prefix + "attention.output.dense", HIDDEN, HIDDEN)]
        layers += [(prefix + "intermediate.dense", FFN, HIDDEN), (prefix + "output.dense", HIDDEN, FFN)]
    for name, outputs, inputs in layers:
        weights += [Weight(name + ".weight", (outputs, inputs)), Weight(name + ".bias", (outputs,))]
    weights += [Weight(f"{norm}.{part}", (HIDDEN,)) for norm in norms for part in ("weight", "bias")]
    return Model("tiny-bert", config, weights, "F32", tokenizers.word_piece())


ALL = [tiny_llama, tiny_bert, tiny_qwen2, tiny_qwen3, tiny_mistral, tiny_gemma2, tiny_gemma3, tiny_phi3, tiny_gpt2]


def stored_values(model: Model, weight: Weight) -> list[float]:
    """A BF16 model's values after rounding, as a converter reads them."""
    assert model.dtype == "BF16"
    return [bf16(value) for value in values(model.name, weight, model.norm_center)]
