"""Checkpoints without an error or a warning."""

import hashlib
import json
import struct

from . import gguf, models, numbers_files, pytorch, safetensors, templates
from .gguf import Tensor as GTensor
from .numbers import Random, q8_0, encode
from .plan import Link, Tree
from .safetensors import BITS, Tensor, build, byte_count


def everything() -> Tree:
    tree: Tree = {}
    tree |= {f"good/safetensors/{name}.safetensors": data for name, data in safetensors_files().items()}
    tree |= {f"good/gguf/{name}.gguf": data for name, data in gguf_files().items()}
    tree |= numbers_files.everything()
    tree |= {f"good/pytorch/{name}": data for name, data in pytorch.files().items()}
    tree |= {f"good/huggingface/{name}": data for name, data in huggingface_folders().items()}
    tree |= {f"good/hub-cache/{name}": data for name, data in hub_cache().items()}
    tree |= {f"good/templates/{name}": data for name, data in templates.files().items()}
    return tree


# safetensors -----------------------------------------------------------------------------------------------------


def seeded(name: str, dtype: str, shape: tuple[int, ...]) -> Tensor:
    """A tensor with seeded data: finite floats, 0 and 1 as BOOL, any bytes elsewhere."""
    random = Random(name)
    count = byte_count(dtype, shape)
    if dtype in ("F64", "F32", "F16", "BF16"):
        return Tensor(name, dtype, shape, encode([random.normal() for _ in range(count * 8 // BITS[dtype])], dtype))
    if dtype == "C64":
        return Tensor(name, dtype, shape, encode([random.normal() for _ in range(count // 4)], "F32"))
    data = random.bytes(count)
    return Tensor(name, dtype, shape, bytes(byte & 1 for byte in data) if dtype == "BOOL" else data)


def safetensors_files() -> dict[str, bytes]:
    a, b = seeded("a", "F32", (2, 2)), seeded("b", "F32", (2,))
    widest_first = sorted(BITS, key=lambda dtype: (-BITS[dtype], dtype))
    byte_wide = [dtype for dtype in widest_first if BITS[dtype] >= 8]
    two = safetensors.compact({"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}})
    files = {
        "one-tensor": build([a]),
        "two-tensors": build([a, b]),
        "every-dtype": build([seeded(dtype.lower(), dtype, (2, 4)) for dtype in widest_first]),
        "scalars": build([seeded(dtype.lower(), dtype, ()) for dtype in byte_wide]),
        "sub-byte": build(
            [
                seeded("f4-eight", "F4", (2, 4)),
                seeded("f4-two", "F4", (2,)),
                seeded("f6-four", "F6_E2M3", (4,)),
                seeded("f6-eight", "F6_E3M2", (2, 4)),
                seeded("f4-none", "F4", (0, 3)),
            ]
        ),
        "zero-dims": build(
            [seeded("first", "F32", (0,)), a, seeded("between", "F32", (0, 3)), b, seeded("last", "BF16", (4, 0, 2))]
        ),
        "zero-dims-only": build([seeded("none", "F32", (0,)), seeded("none-either", "I64", (3, 0))]),
        "rank-64": build([seeded("deep", "F32", (1,) * 63 + (2,))]),
        "empty-header": safetensors.raw("{}", align=1),
        "empty-header-padded": safetensors.raw("{}", align=8),
        "metadata": build([a], {"format": "pt", "title": "Ünïcode ✓", "quote": '"\\\n', "empty": ""}),
        "metadata-empty": build([a], {}),
        "metadata-only": build([], {"format": "pt"}),
        "metadata-last": safetensors.raw(two[:-1] + ',"__metadata__":{"format":"pt"}}', a.data),
        "header-padded-to-512": build([a, b], align=512),
        "header-with-inner-spaces": safetensors.raw(
            '{ "a" : {\n\t"dtype": "F32",\r\n "shape": [ 2 , 2 ], "data_offsets": [0, 16] } }', a.data
        ),
        "header-with-escapes": safetensors.raw(
            r'{"\u0061\/\"\\\ud83d\ude00":{"shape":[2,2],"data_offsets":[0,16],"dt\u0079pe":"F32"}}', a.data
        ),
        "header-out-of-order": safetensors.raw(
            '{"b":' + safetensors.entry("F32", [2], 16, 24) + ',"a":' + safetensors.entry("F32", [2, 2], 0, 16) + "}",
            a.data + b.data,
        ),
        "names-unusual": build(
            [
                seeded(name, "F32", (2,))
                for name in ("a/b", "../up", "with space", "ünïcode", "😀", "C:\\x", "-", ".", "__metadata", "%s")
            ]
        ),
        "names-differ-in-case": build([seeded("weight", "F32", (2,)), seeded("Weight", "F32", (2,))]),
        "name-of-65535-bytes": build([seeded("n" * 65535, "F32", (2,))]),
        "odd-u8-last": build([a, seeded("odd", "U8", (3,))]),
        # A note (ST022) is no warning: other writers do not sort by width.
        "odd-u8-shifts-alignment": build([seeded("odd", "U8", (3,)), a, b]),
        "not-a-number": build([Tensor("f32", "F32", (4,), struct.pack("<4I", 0x7FC00000, 0x7F800000, 0xFF800000, 0x80000000))]),
    }
    return files


# GGUF ------------------------------------------------------------------------------------------------------------

ARCHITECTURE = ("general.architecture", gguf.string("llama"))
QUANTISED = ("general.quantization_version", gguf.u32(2))

FAMILIES = {
    "plain": ["F32", "F16", "BF16", "F64", "I8", "I16", "I32", "I64"],
    "legacy": ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q8_1"],
    "k": ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "Q8_K"],
    "iq": ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS"],
    "ternary": ["TQ1_0", "TQ2_0"],
    "fp4": ["MXFP4", "NVFP4"],
    "one-bit": ["Q1_0"],
}


def type_family(types: list[str]) -> bytes:
    """Two rows of one block of each type; Q8_1 one row (see `gguf.one_block`)."""
    assert set(types) <= set(gguf.TYPES)
    tensors = []
    for type in types:
        row = max(gguf.TYPES[type][1], 4)
        dims = (row,) if type == "Q8_1" else (row, 2)
        tensors.append(GTensor(f"{type.lower()}.weight", dims, type))
    return gguf.build([ARCHITECTURE, QUANTISED], tensors)


def every_value_type() -> list[tuple[str, gguf.Value]]:
    scalars = {
        "u8": [gguf.u8(0), gguf.u8(255)],
        "i8": [gguf.i8(-128), gguf.i8(127)],
        "u16": [gguf.u16(0), gguf.u16(65535)],
        "i16": [gguf.i16(-32768), gguf.i16(32767)],
        "u32": [gguf.u32(0), gguf.u32(2**32 - 1)],
        "i32": [gguf.i32(-(2**31)), gguf.i32(2**31 - 1)],
        "f32": [gguf.f32(-0.0), gguf.f32(1.5)],
        "bool": [gguf.boolean(0), gguf.boolean(1)],
        "string": [gguf.string(""), gguf.string("Ünïcode ✓\n")],
        "u64": [gguf.u64(0), gguf.u64(2**64 - 1)],
        "i64": [gguf.i64(-(2**63)), gguf.i64(2**63 - 1)],
        "f64": [gguf.f64(-0.0), gguf.f64(1e300)],
    }
    keys = [ARCHITECTURE]
    for name, (least, most) in scalars.items():
        keys += [(f"test.{name}.first", least), (f"test.{name}.second", most)]
        keys += [(f"test.{name}.array", gguf.array([least, most])), (f"test.{name}.none", gguf.array([], type=least.type))]
    return keys


def gguf_files() -> dict[str, bytes]:
    f32 = GTensor("a.weight", (4, 2))
    keys = [ARCHITECTURE, ("general.name", gguf.string("sample"))]
    half = gguf.build(keys, [GTensor("a.weight", (4, 2)), GTensor("b.weight", (3,)), GTensor("c.weight", (32,), "F16")])
    files = {f"types-{name}": type_family(types) for name, types in FAMILIES.items()}
    files |= {
        "version-2": gguf.build(keys, [f32], version=2),
        "version-3": half,
        "value-types": gguf.build(every_value_type()),
        "alignment-64": gguf.build([*keys, ("general.alignment", gguf.u32(64))], [f32, GTensor("b.weight", (3,))], align=64),
        "alignment-8": gguf.build([*keys, ("general.alignment", gguf.u32(8))], [f32, GTensor("b.weight", (3,))], align=8),
        "alignment-32-stated": gguf.build([*keys, ("general.alignment", gguf.u32(32))], [f32]),
        # Writers pad after the infos even where no tensor follows; a file that ends with its last key is as good.
        "no-tensors": gguf.build(keys),
        "no-tensors-not-padded": gguf.build(keys, align=1),
        "no-keys-no-tensors": gguf.build(align=1),
        "no-keys": gguf.build([], [f32]),
        "ranks": gguf.build(keys, [GTensor(f"rank-{rank}", (4, 3, 2, 2)[:rank]) for rank in range(5)]),
        "zero-dims": gguf.build(keys, [GTensor("none", (0, 3)), f32, GTensor("none-either", (4, 0)), GTensor("last", (2,))]),
        "name-of-63-bytes": gguf.build(keys, [GTensor("n" * 63, (4,))]),
        "names-differ-in-case": gguf.build(keys, [GTensor("weight", (4,)), GTensor("Weight", (4,))]),
        "tokens-not-utf-8": gguf.build(
            [*keys, ("tokenizer.ggml.tokens", gguf.array([gguf.string(b"a"), gguf.string(b"\xff"), gguf.string(b"\xe2\x82")]))]
        ),
        "tiny-llama": llama_file("Q8_0"),
        "tiny-llama-f16": llama_file("F16"),
    }
    return files | split_pair()


def split_keys(index: int, count: int, tensors: int) -> list[tuple[str, gguf.Value]]:
    return [
        ("split.no", gguf.u16(index)),
        ("split.count", gguf.u16(count)),
        ("split.tensors.count", gguf.i32(tensors)),
    ]


def split_pair() -> dict[str, bytes]:
    """Two shards: all other keys lie in the first."""
    first = [GTensor("a.weight", (4, 2)), GTensor("b.weight", (3,))]
    second = [GTensor("c.weight", (4,))]
    return {
        "tiny-00001-of-00002": gguf.build([ARCHITECTURE, *split_keys(0, 2, 3)], first),
        "tiny-00002-of-00002": gguf.build(split_keys(1, 2, 3), second),
    }


def llama_file(matrix_type: str, model: models.Model | None = None) -> bytes:
    """A Llama as llama.cpp's converter writes it: the same weights, Q and K rows reordered for its rotary layout."""
    model = model or models.tiny_llama()
    config, tokenizer = model.config, model.tokenizer
    names = {"model.embed_tokens": "token_embd", "model.norm": "output_norm"}
    parts = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    }  # fmt: skip
    for layer in range(config["num_hidden_layers"]):
        names |= {f"model.layers.{layer}.{part}": f"blk.{layer}.{name}" for part, name in parts.items()}
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    tensors = []
    for weight in model.weights:
        name = names[weight.name.removesuffix(".weight")]
        values = models.stored_values(model, weight)
        head_count = heads.get(name.split(".")[-1])
        if head_count:
            values = interleave(values, weight.shape, head_count)
        if len(weight.shape) == 1:
            tensors.append(GTensor(name + ".weight", weight.shape, "F32", encode(values, "F32")))
            continue
        data = q8_0(values) if matrix_type == "Q8_0" else encode(values, matrix_type)
        tensors.append(GTensor(name + ".weight", weight.shape[::-1], matrix_type, data))
    strings = lambda items: gguf.array([gguf.string(item) for item in items])
    kinds = [3 if index < tokenizer.special_count else 1 for index in range(len(tokenizer.tokens))]
    keys = [
        ("general.architecture", gguf.string("llama")),
        ("general.type", gguf.string("model")),
        ("general.name", gguf.string(model.name.replace("-", " ").title())),
        ("llama.block_count", gguf.u32(config["num_hidden_layers"])),
        ("llama.context_length", gguf.u32(config["max_position_embeddings"])),
        ("llama.embedding_length", gguf.u32(config["hidden_size"])),
        ("llama.feed_forward_length", gguf.u32(config["intermediate_size"])),
        ("llama.attention.head_count", gguf.u32(config["num_attention_heads"])),
        ("llama.attention.head_count_kv", gguf.u32(config["num_key_value_heads"])),
        ("llama.rope.freq_base", gguf.f32(config["rope_theta"])),
        ("llama.attention.layer_norm_rms_epsilon", gguf.f32(config["rms_norm_eps"])),
        ("llama.attention.key_length", gguf.u32(config["head_dim"])),
        ("llama.attention.value_length", gguf.u32(config["head_dim"])),
        ("general.file_type", gguf.u32({"F16": 1, "Q8_0": 7}[matrix_type])),
        ("llama.vocab_size", gguf.u32(config["vocab_size"])),
        ("llama.rope.dimension_count", gguf.u32(config["head_dim"])),
        ("general.quantization_version", gguf.u32(2)),
        ("tokenizer.ggml.model", gguf.string("gpt2")),
        ("tokenizer.ggml.pre", gguf.string("gpt-2")),
        ("tokenizer.ggml.tokens", strings(tokenizer.tokens)),
        ("tokenizer.ggml.token_type", gguf.array([gguf.i32(kind) for kind in kinds])),
        ("tokenizer.ggml.merges", strings(" ".join(pair) for pair in tokenizer.merges)),
        ("tokenizer.ggml.bos_token_id", gguf.u32(config["bos_token_id"])),
        ("tokenizer.ggml.eos_token_id", gguf.u32(config["eos_token_id"])),
        ("tokenizer.ggml.add_bos_token", gguf.boolean(1)),
        ("tokenizer.chat_template", gguf.string(tokenizer.config["chat_template"])),
    ]
    return gguf.build(keys, tensors)


def interleave(values: list[float], shape: tuple[int, ...], heads: int) -> list[float]:
    """Brings the two halves of each head's rows together: row h, half, i goes to h, i, half."""
    rows, columns = shape
    half = rows // heads // 2
    order = [head * 2 * half + part * half + index for head in range(heads) for index in range(half) for part in range(2)]
    return [value for row in order for value in values[row * columns : (row + 1) * columns]]


# Hugging Face ----------------------------------------------------------------------------------------------------


def huggingface_folders() -> Tree:
    folders = {make().name: models.folder(make()) for make in models.ALL}
    folders["tiny-llama-sharded"] = models.folder(models.tiny_llama(), shards=2)
    # The bases of the hostile folders.
    folders["micro-llama"] = models.folder(models.micro_llama())
    folders["micro-llama-sharded"] = models.folder(models.micro_llama(), shards=2)
    folders["micro-llama-pytorch"] = models.folder(models.micro_llama(), kind="pytorch")
    folders["micro-llama-pytorch-sharded"] = models.folder(models.micro_llama(), shards=2, kind="pytorch")
    folders["micro-llama-shards-in-folder"] = shards_in_folder(folders["micro-llama-sharded"])
    return {f"{name}/{file}": data for name, files in folders.items() for file, data in files.items()}


def shards_in_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """A shard's path may have folders; `metadata` may be missing, and keys that nobody knows may stand in the index."""
    out = {("weights/" + name if name.endswith(".safetensors") else name): data for name, data in files.items()}
    index = json.loads(files["model.safetensors.index.json"])
    weight_map = {tensor: "weights/" + file for tensor, file in index["weight_map"].items()}
    out["model.safetensors.index.json"] = models.pretty({"weight_map": weight_map, "written_by": "sample"})
    return out


def hub_cache() -> Tree:
    """The layout of the hub's cache: a snapshot is a folder of links to blobs outside it."""
    root = "models--tandem--micro-llama"
    files = models.folder(models.micro_llama(), shards=2)
    revision = hashlib.sha1(b"micro-llama").hexdigest()
    tree: Tree = {f"{root}/refs/main": revision.encode("ascii")}
    for name, data in files.items():
        digest = hashlib.sha256(data).hexdigest()
        tree[f"{root}/blobs/{digest}"] = data
        tree[f"{root}/snapshots/{revision}/{name}"] = Link(f"../../blobs/{digest}")
    return tree
