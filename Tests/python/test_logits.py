"""Logits beside those of transformers in binary32: small random models of every family, and with --real the models
in $MODELS. An error is relative to the largest logit of its token; greedy texts must be the same, token by token."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

from support import MODELS, TOOL, check, tandem

TOKENS, GENERATED = 48, 64
SMALL = {"vocab_size": 320, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3, "num_attention_heads": 4}
SMALL |= {"num_key_value_heads": 2, "max_position_embeddings": 256, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
LLAMA_3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LONG = {"rope_type": "longrope", "rope_theta": 10000.0, "long_factor": [4.0 + i for i in range(8)]}
# The names of configuration classes, and what is special about each model; windows are short enough to matter.
FAMILIES = {
    "llama": ("Llama", {"attention_bias": True, "mlp_bias": True}),
    "llama, stretched": ("Llama", {"rope_parameters": LLAMA_3 | {"original_max_position_embeddings": 64}}),
    "mistral": ("Mistral", {"sliding_window": 16}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"head_dim": 32}),
    "gemma2": ("Gemma2", {"head_dim": 32, "sliding_window": 16, "query_pre_attn_scalar": 32}),
    "gemma2, another scale": ("Gemma2", {"head_dim": 32, "sliding_window": 16, "query_pre_attn_scalar": 24}),
    "gemma3": ("Gemma3Text", {"head_dim": 32, "sliding_window": 16, "query_pre_attn_scalar": 32, "layer_types": [
        "sliding_attention", "full_attention", "sliding_attention"]}),
    "phi3": ("Phi3", {"sliding_window": 16}),
    "phi3, stretched": ("Phi3", {
        "original_max_position_embeddings": 32,
        "rope_parameters": LONG | {"short_factor": [1.0] * 8, "original_max_position_embeddings": 32}}),
    "gpt2": ("GPT2", {}),
}  # fmt: skip
# GGUF has no place for what is special about it.
FOLDER_ONLY = ("gemma2, another scale",)
GPT2 = {"vocab_size": 320, "n_embd": 64, "n_layer": 3, "n_head": 4, "n_positions": 256, "bos_token_id": 1, "eos_token_id": 2}
LIMIT = 2e-5


def logits(source, scratch, ids, *options):
    """Ours, for all tokens of a text."""
    bundle, output = scratch / "model.tandem", scratch / "logits.npy"
    tandem("pack", source, "-o", bundle, "--force")
    words = [TOOL, "bench", "logits", bundle, "-o", output, "--force", "--cache", "f32", *options]
    result = subprocess.run(list(map(str, words)), input=" ".join(map(str, ids)), capture_output=True, text=True)
    check(result.returncode == 0, f"bench logits {source}: {result.stderr}")
    found = np.load(output)
    bundle.unlink()
    output.unlink()
    return found


def greedy(model, prompt):
    """A prompt and what transformers writes behind it, whatever its end token, and all logits."""
    with torch.no_grad():
        ids = torch.tensor([prompt])
        text = model.generate(
            ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=GENERATED, min_new_tokens=GENERATED,
            eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
        return text[0].tolist(), model(text).logits[0].numpy()


def compare(name, sources, model, prompt, scratch, limit=LIMIT):
    ids, expected = greedy(model, prompt)
    for what, source in sources:
        found = logits(source, scratch, ids)
        check(found.shape == expected.shape, f"{name}: {found.shape} logits, transformers has {expected.shape}")
        error = (np.abs(found - expected).max(1) / np.abs(expected).max(1)).max()
        print(f"{name}, {what}: {len(ids)} tokens, worst relative error of a logit {error:.1e}")
        check(error < limit, f"{name}, {what}: a logit differs by {error:.2e} of the largest, allowed are {limit}")
        # The same prefix gives the same best token at each place, so the greedy texts are the same.
        place = len(prompt) - 1
        check(
            found[place:-1].argmax(1).tolist() == ids[len(prompt) :],
            f"{name}, {what}: the same {GENERATED} greedy tokens",
        )


def make(name, folder):
    """A small model with random weights, whose norms and biases are random too."""
    class_name, changes = FAMILIES[name]
    config = getattr(transformers, class_name + "Config")(**(GPT2 if class_name == "GPT2" else SMALL) | changes)
    torch.manual_seed(5)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    return model


def check_small(scratch):
    prompt = [(7 * i * i + 3 * i) % 317 + 3 for i in range(TOKENS)]
    for name in FAMILIES:
        folder, file = scratch / "folder", scratch / "model.gguf"
        model = make(name, folder)
        sources = [("folder", folder)]
        if name not in FOLDER_ONLY:
            tandem("convert", folder, file, "--force")
            sources.append(("GGUF", file))
        compare(name, sources, model, prompt, scratch)
        shutil.rmtree(folder)


def load(folder):
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()


def check_real(scratch):
    """Quantised files as plain numbers, in a folder for transformers."""
    text = pathlib.Path(__file__).resolve().parents[2].joinpath("LICENSE").read_text()[2000:2400]
    for file in "SmolLM2-135M-Instruct.Q4_1.gguf", "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", "gemma-3-270m-q4_k_m.gguf":
        folder = scratch / "folder"
        tandem("convert", MODELS / file, folder, "--dtype", "f32")
        ids = subprocess.run([TOOL, "tokenize", folder, "--ids"], input=text, capture_output=True, text=True, check=True)
        compare(file, [("folder in F32", folder)], load(folder), [int(word) for word in ids.stdout.split()], scratch)
        shutil.rmtree(folder)


def check_iglm(scratch):
    """A trained GPT-2 of antibody sequences, from a PyTorch file: its folder, and a GGUF of that."""
    folder, file = scratch / "iglm", scratch / "iglm.gguf"
    folder.mkdir()
    shutil.copy(MODELS / "torch/iglm.bin", folder / "pytorch_model.bin")
    config = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 33, "n_positions": 512}
    config |= {"n_embd": 512, "n_inner": 2048, "n_layer": 4, "n_head": 8}
    (folder / "config.json").write_text(json.dumps(config))
    tandem("convert", folder, file)
    prompt = [2, 5, 9, 12, 7, 20, 8, 11, 14, 15, 6, 10, 22, 19, 17, 21]
    compare("IgLM", [("folder", folder), ("GGUF", file)], load(folder), prompt, scratch)


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    is_real = "--real" in sys.argv
    with tempfile.TemporaryDirectory(dir=MODELS if is_real else None) as name:
        if is_real:
            check_iglm(pathlib.Path(name))
            check_real(pathlib.Path(name))
        else:
            check_small(pathlib.Path(name))
