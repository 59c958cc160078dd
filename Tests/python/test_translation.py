"""Model folders as GGUF and back, against the reference libraries.

Tiny models of each family: names by gguf-py's table, data by what llama.cpp's converter does to them, written here anew with
numpy; tokens as tokenizer.json has them; back again bit for bit. With `--real` also what the engines make of it: transformers
and llama.cpp must continue a prompt with the same tokens from every form of a model, and cut a text into the same ones.
"""

import json
import pathlib
import sys
import tempfile

import gguf
import ml_dtypes  # noqa: F401 (gives numpy BF16)
import numpy
import safetensors.numpy

from support import SAMPLES, check, tandem

FOLDERS = SAMPLES / "good/huggingface"
FAMILIES = {
    "llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma2": "gemma2", "gemma3": "gemma3",
    "phi3": "phi3", "gpt2": "gpt2", "bert": "bert",
}  # fmt: skip


def tensors_of_folder(path):
    """name -> array, as stored."""
    return safetensors.numpy.load_file(path / "model.safetensors")


def interleaved(array, heads):
    """`LlamaModel.permute` of llama.cpp's converter."""
    shape = array.shape
    return array.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def converted(family, config, name, array):
    """A tensor's data in GGUF."""
    array = array.astype(numpy.float32)
    if FAMILIES[family] == "llama":
        if ".q_proj." in name:
            return interleaved(array, config["num_attention_heads"])
        if ".k_proj." in name:
            return interleaved(array, config["num_key_value_heads"])
    if family.startswith("gemma") and name.endswith("norm.weight"):
        return array + numpy.float32(1)
    if family == "gpt2" and any(part in name for part in ("c_attn.weight", "c_proj.weight", "c_fc.weight")):
        return array.T
    return array


def check_tensors(family, folder, reader):
    config = json.loads((folder / "config.json").read_text())
    layers = config.get("num_hidden_layers", config.get("n_layer"))
    architecture = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == FAMILIES[family])
    names = gguf.get_tensor_name_map(architecture, layers)
    found = {tensor.name: tensor for tensor in reader.tensors}
    for name, array in tensors_of_folder(folder).items():
        if name.endswith("position_ids"):
            continue
        expected = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if name.startswith("pooler.dense."):
            # llama.cpp's loader knows the tensor; its converter leaves it out.
            expected = name.replace("pooler.dense", "cls")
        check(expected in found, f"{family}: {name} is {expected}")
        tensor = found.pop(expected)
        check(tensor.tensor_type.name == "F32", f"{family}: {expected} is F32")
        shape = tuple(int(extent) for extent in reversed(tensor.shape))
        wanted = converted(family, config, name, array)
        same = shape == wanted.shape and tensor.data.tobytes() == wanted.tobytes()
        check(same, f"{family}: {expected} has the data that llama.cpp's converter gives it")
    check(not found, f"{family}: no other tensors: {sorted(found)}")


def check_tokens(family, folder, reader):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    texts = {index: text for text, index in tokenizer["model"]["vocab"].items()}
    added = {token["id"]: token for token in tokenizer["added_tokens"]}
    texts |= {index: token["content"] for index, token in added.items()}
    found = reader.fields["tokenizer.ggml.tokens"].contents()
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    check(len(found) == len(types) == len(texts), f"{family}: a token and a type for each id")
    if family == "bert":
        for index, text in texts.items():
            texts[index] = text if index in added else text[2:] if text.startswith("##") else "\u2581" + text
    check([texts[index] for index in range(len(texts))] == found, f"{family}: the tokens are those of tokenizer.json")
    if "tokenizer.ggml.merges" in reader.fields:
        merges = [" ".join(pair) for pair in tokenizer["model"]["merges"]]
        check(reader.fields["tokenizer.ggml.merges"].contents() == merges, f"{family}: the merge rules are the same")


def check_tiny(family, scratch):
    folder = FOLDERS / f"tiny-{family}"
    file, back = scratch / f"{family}.gguf", scratch / family
    tandem("convert", folder, file, "--dtype", "f32")
    reader = gguf.GGUFReader(file)
    check_tensors(family, folder, reader)
    check_tokens(family, folder, reader)
    stored = {array.dtype.name for name, array in tensors_of_folder(folder).items() if array.dtype.kind != "i"}
    tandem("convert", file, back, "--dtype", {"bfloat16": "bf16", "float16": "f16", "float32": "f32"}[stored.pop()])
    original, again = tensors_of_folder(folder), tensors_of_folder(back)
    original = {name: array for name, array in original.items() if not name.endswith("position_ids")}
    check(original.keys() == again.keys(), f"{family}: the names come back")
    for name, array in original.items():
        check(array.tobytes() == again[name].tobytes(), f"{family}: {name} comes back bit for bit")
    tandem("validate", back)


def main():
    with tempfile.TemporaryDirectory() as name:
        for family in FAMILIES:
            check_tiny(family, pathlib.Path(name))
    print(f"{len(FAMILIES)} families: GGUF as llama.cpp's converter makes it, and back bit for bit")
    if "--real" in sys.argv:
        import translated_engines

        translated_engines.main()


if __name__ == "__main__":
    main()
