"""A llama-like decoder in numpy and binary64, as plain as it gets: what the engine's numbers are compared with."""

import json
import pathlib

import numpy as np


def from_safetensors(folder):
    """Configuration and weights of a Hugging Face folder with one safetensors file."""
    config = json.loads(pathlib.Path(folder, "config.json").read_text())
    data = pathlib.Path(folder, "model.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        raw = data[begin:end]
        if entry["dtype"] == "BF16":
            numbers = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        else:
            numbers = np.frombuffer(raw, {"F16": "<f2", "F32": "<f4"}[entry["dtype"]])
        weights[name] = numbers.astype(np.float64).reshape(entry["shape"])
    return config, weights


GGUF_NAMES = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}  # fmt: skip


def from_gguf(path):
    """The same of a llama in GGUF, its blocks as the numbers that they stand for."""
    import gguf

    reader = gguf.GGUFReader(path)
    keys = {
        "num_attention_heads": "attention.head_count", "num_key_value_heads": "attention.head_count_kv",
        "hidden_size": "embedding_length", "num_hidden_layers": "block_count", "rope_theta": "rope.freq_base",
        "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    }  # fmt: skip
    config = {name: reader.fields["llama." + key].contents() for name, key in keys.items()}
    weights = {}
    for tensor in reader.tensors:
        numbers = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)
        name = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}.get(
            tensor.name.removesuffix(".weight")
        )
        if name is None:
            _, layer, part, _ = tensor.name.split(".")
            name = f"model.layers.{layer}.{GGUF_NAMES[part]}"
            if part in ("attn_q", "attn_k"):
                # Neighbours are rotated there: rows 2i and 2i + 1 of a head become i and i + half.
                heads = config["num_attention_heads" if part == "attn_q" else "num_key_value_heads"]
                numbers = numbers.reshape(heads, -1, 2, numbers.shape[1]).swapaxes(1, 2).reshape(numbers.shape)
        weights[name + ".weight"] = numbers
    return config, weights


def norm(x, weight, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon) * weight


def rotated(x, base):
    """x: (tokens, heads, size); the pairs are i and i + size / 2."""
    half = x.shape[-1] // 2
    angles = np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)
    cosine, sine = np.cos(angles)[:, None], np.sin(angles)[:, None]
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * cosine - b * sine, b * cosine + a * sine], -1)


def log_probabilities(config, weights, ids):
    """Of each token but the first, given those before it."""
    heads, shared = config["num_attention_heads"], config["num_key_value_heads"]
    size = config.get("head_dim") or config["hidden_size"] // heads
    base = config.get("rope_theta") or config["rope_parameters"]["rope_theta"]
    epsilon = config["rms_norm_eps"]
    embedding = weights["model.embed_tokens.weight"]
    x = embedding[ids]
    mask = np.where(np.tril(np.ones((len(ids), len(ids)))) > 0, 0, -np.inf)

    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}."

        def project(name, x):
            bias = weights.get(f"{prefix}{name}.bias", 0)
            return x @ weights[f"{prefix}{name}.weight"].T + bias

        h = norm(x, weights[prefix + "input_layernorm.weight"], epsilon)
        q = project("self_attn.q_proj", h).reshape(-1, heads, size)
        k = project("self_attn.k_proj", h).reshape(-1, shared, size)
        v = project("self_attn.v_proj", h).reshape(-1, shared, size)
        if prefix + "self_attn.q_norm.weight" in weights:
            q = norm(q, weights[prefix + "self_attn.q_norm.weight"], epsilon)
            k = norm(k, weights[prefix + "self_attn.k_norm.weight"], epsilon)
        q, k = rotated(q, base), rotated(k, base)
        k, v = (np.repeat(each, heads // shared, 1) for each in (k, v))
        scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(size) + mask
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        attended = np.einsum("hij,jhd->ihd", scores, v).reshape(len(ids), -1)
        x = x + project("self_attn.o_proj", attended)
        h = norm(x, weights[prefix + "post_attention_layernorm.weight"], epsilon)
        gate = project("mlp.gate_proj", h)
        x = x + project("mlp.down_proj", gate / (1 + np.exp(-gate)) * project("mlp.up_proj", h))

    head = weights.get("lm_head.weight", embedding)
    logits = norm(x, weights["model.norm.weight"], epsilon) @ head.T
    logits -= logits.max(-1, keepdims=True)
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return logits[np.arange(len(ids) - 1), ids[1:]]
