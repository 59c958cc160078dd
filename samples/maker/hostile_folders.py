"""Hostile folders, made from the good micro-llama by one change, and files that are no checkpoint."""

import json
from collections.abc import Callable

from . import hostile_pytorch, models, pytorch, safetensors
from .case import Case
from .good import seeded
from .plan import Link

Files = dict[str, bytes | Link]
INDEX = "model.safetensors.index.json"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
SINGLE = models.folder(models.micro_llama())
SHARDED = models.folder(models.micro_llama(), shards=2)
# What a hostile folder holds besides its flaw: the tokenizer adds bytes and no case.
SHARDS_BASE: Files = {name: SHARDED[name] for name in ("config.json", INDEX, ONE, TWO)}
FOLDER_BASE: Files = {name: SINGLE[name] for name in ("config.json", "model.safetensors")}
WEIGHT_MAP: dict[str, str] = json.loads(SHARDED[INDEX])["weight_map"]
TOTAL = json.loads(SHARDED[INDEX])["metadata"]["total_size"]
NORM = "model.norm.weight"
LAST = WEIGHT_MAP[NORM]


def cases() -> dict[str, list[Case]]:
    return {"shards": [*index(), *paths(), *contents()], "huggingface": [*config(), *json_files()], "files": files()}


# Shards and their index ----------------------------------------------------------------------------------------------


def shards(changes: Files, without: tuple[str, ...] = ()) -> Files:
    """The good sharded folder with these files added or replaced."""
    files = SHARDS_BASE | changes
    return {name: content for name, content in files.items() if name not in without}


def indexed(weight_map: object, metadata: object = ...) -> bytes:
    """An index; without `metadata` where the sum of the bytes depends on how a reader counts."""
    return models.pretty({"weight_map": weight_map} if metadata is ... else {"metadata": metadata, "weight_map": weight_map})


UNSUMMED: Files = {INDEX: indexed(WEIGHT_MAP)}


def index_text(edit: Callable[[str], str]) -> Files:
    text = SHARDED[INDEX].decode("utf-8")
    changed = edit(text)
    assert changed != text
    return shards({INDEX: changed.encode("utf-8")})


def renamed(old: str, new: str, content: bytes | Link | None = None) -> Files:
    """The index names `new` instead of `old`; the shard moves with it, or `content` takes its place."""
    weight_map = {tensor: new if file == old else file for tensor, file in WEIGHT_MAP.items()}
    moved = {} if content is None else {new: content}
    return shards({INDEX: indexed(weight_map), **moved}, without=(old,))


BIN_SHARDED = models.folder(models.micro_llama(), shards=2, kind="pytorch")
BIN_INDEX, BIN_TWO = "pytorch_model.bin.index.json", "pytorch_model-00002-of-00002.bin"
BIN_BASE: Files = {name: data for name, data in BIN_SHARDED.items() if name == "config.json" or name.startswith("pytorch_model")}


def pytorch_renamed(old: str, new: str, content: bytes | None = None) -> Files:
    """As `renamed`, of a folder with PyTorch files."""
    entries = json.loads(BIN_SHARDED[BIN_INDEX])["weight_map"].items()
    weight_map = {tensor: new if file == old else file for tensor, file in entries}
    files = {name: data for name, data in BIN_BASE.items() if name != old} | ({} if content is None else {new: content})
    return files | {BIN_INDEX: indexed(weight_map)}


def index() -> list[Case]:
    first_line = f'"{NORM}": "{LAST}"'
    return [
        Case("SH001", "cut", "the index ends in the middle", index_text(lambda text: text[: len(text) // 2])),
        Case("SH001", "empty", "the index is an empty file", shards({INDEX: b""})),
        Case("SH001", "array", "the index is an array", shards({INDEX: b"[]\n"})),
        Case("SH001", "no-weight-map", "the index has no weight_map", shards({INDEX: models.pretty({"metadata": {"total_size": TOTAL}})})),
        Case("SH001", "weight-map-array", "weight_map is an array", shards({INDEX: indexed([ONE, TWO], {"total_size": TOTAL})})),
        Case("SH001", "weight-map-null", "weight_map is null", shards({INDEX: indexed(None, {"total_size": TOTAL})})),
        Case("SH002", "empty", "weight_map is `{}`", {"config.json": SHARDED["config.json"], INDEX: indexed({}, {"total_size": 0})}),
        Case("SH003", "number", "an entry of weight_map is a number", shards({INDEX: indexed(WEIGHT_MAP | {NORM: 2})})),
        Case("SH003", "null", "an entry of weight_map is null", shards({INDEX: indexed(WEIGHT_MAP | {NORM: None})})),
        Case("SH003", "array", "an entry of weight_map is an array", shards({INDEX: indexed(WEIGHT_MAP | {NORM: [LAST]})})),
        Case("SH003", "name-twice", "a tensor stands twice in weight_map, with one file", index_text(lambda text: text.replace(first_line, f"{first_line},\n    {first_line}"))),
        Case("SH003", "name-twice-other-file", "a tensor stands twice in weight_map, with two files", index_text(lambda text: text.replace(first_line, f'"{NORM}": "{ONE if LAST == TWO else TWO}",\n    {first_line}'))),
        Case("SH003", "weight-map-twice", "weight_map stands twice", index_text(lambda text: text.replace('"weight_map"', '"weight_map": {},\n  "weight_map"'))),
        Case("SH003", "total-size-twice", "total_size stands twice", index_text(lambda text: text.replace('"total_size"', '"total_size": 0,\n    "total_size"'))),
        Case("SH011", "less", "total_size is one byte less than the tensors have", shards({INDEX: indexed(WEIGHT_MAP, {"total_size": TOTAL - 1})})),
        Case("SH011", "with-headers", "total_size is the size of the files, headers and all", shards({INDEX: indexed(WEIGHT_MAP, {"total_size": len(SHARDED[ONE]) + len(SHARDED[TWO])})})),
        Case("SH011", "zero", "total_size is 0", shards({INDEX: indexed(WEIGHT_MAP, {"total_size": 0})})),
        Case("SH011", "string", "total_size is a string", shards({INDEX: indexed(WEIGHT_MAP, {"total_size": str(TOTAL)})})),
        Case("SH011", "negative", "total_size is negative", shards({INDEX: indexed(WEIGHT_MAP, {"total_size": -TOTAL})})),
    ]  # fmt: skip


def paths() -> list[Case]:
    unsafe = lambda slug, what, path: Case("SH004", slug, what, renamed(TWO, path))
    outside = f"../../../good/huggingface/micro-llama-sharded/{TWO}"
    linked = {"link": Link("../../../good/huggingface/micro-llama-sharded")}
    by_folder = {tensor: "link/" + file for tensor, file in WEIGHT_MAP.items()}
    return [
        unsafe("parent", "a shard is `../x.safetensors`", "../x.safetensors"),
        unsafe("parent-existing", "a shard is the good folder's, by `..`", outside),
        unsafe("absolute", "a shard is `/abs/x.safetensors`", "/abs/x.safetensors"),
        unsafe("backslash", r"a shard is `\x.safetensors`", "\\x.safetensors"),
        unsafe("backslash-parent", r"a shard is `..\x.safetensors`", "..\\x.safetensors"),
        unsafe("backslash-inside", r"a shard is `weights\x.safetensors`", "weights\\x.safetensors"),
        unsafe("drive", "a shard is `C:x.safetensors`", "C:x.safetensors"),
        unsafe("drive-absolute", r"a shard is `C:\x.safetensors`", "C:\\x.safetensors"),
        unsafe("drive-slash", "a shard is `C:/x.safetensors`", "C:/x.safetensors"),
        unsafe("unc", r"a shard is `\\server\share\x.safetensors`", "\\\\server\\share\\x.safetensors"),
        unsafe("unc-slashes", "a shard is `//server/share/x.safetensors`", "//server/share/x.safetensors"),
        unsafe("nul", "a shard's path holds NUL", "x.safetensors\0.safetensors"),
        unsafe("newline", "a shard's path holds a newline", "x\n.safetensors"),
        unsafe("empty", "a shard's path is empty", ""),
        Case("SH004", "parent-inside", "a shard's path goes down and up again", renamed(TWO, f"weights/../{TWO}") | {TWO: SHARDED[TWO]}, ("SH009",)),
        Case("SH004", "link-out", "a shard is a link to a good file outside the folder", shards({TWO: Link(outside), **UNSUMMED})),
        Case("SH004", "link-out-by-folder", "the shards lie in a linked folder outside", shards({INDEX: indexed(by_folder), **linked}, without=(ONE, TWO))),
        Case("SH005", "missing", "the index names a shard that is not there", shards(UNSUMMED, without=(TWO,))),
        Case("SH005", "folder", "the shard's name is a folder's", shards({f"{TWO}/README.md": b"a folder\n", **UNSUMMED}, without=(TWO,))),
        Case("SH005", "link-to-nothing", "the shard is a link to a file of the folder that is not there", shards({TWO: Link("blob"), **UNSUMMED})),
        Case("SH013", "bin", "the index names a .bin file, which is there", renamed(TWO, "pytorch_model-00002-of-00002.bin", PICKLE)),
        Case("SH013", "pytorch-to-safetensors", "the index of PyTorch files names a safetensors file", pytorch_renamed(BIN_TWO, TWO, SHARDED[TWO])),
        Case("SH013", "pytorch-to-pickle", "the index of PyTorch files names a .pkl file", pytorch_renamed(BIN_TWO, "x.pkl", PICKLE)),
        Case("SH005", "pytorch-missing", "a shard that the index of PyTorch files names is missing", pytorch_renamed(BIN_TWO, "pytorch_model-00003-of-00002.bin")),
        Case("SH004", "pytorch-parent", "the index of PyTorch files leads out of the folder", pytorch_renamed(BIN_TWO, "../" + BIN_TWO)),
        Case("PT010", "pytorch-shard-runs-code", "a shard of PyTorch files calls os.system", pytorch_renamed(BIN_TWO, BIN_TWO, hostile_pytorch.calls("os", "system", hostile_pytorch.SHELL))),
        Case("SH013", "double", "the index names a `.safetensors.bin` file", renamed(TWO, TWO + ".bin", PICKLE)),
        Case("SH013", "gguf", "the index names a .gguf file", renamed(TWO, "model-00002-of-00002.gguf", b"GGUF" + bytes(20))),
        Case("SH013", "config", "the index names config.json", renamed(TWO, "config.json", SHARDED["config.json"])),
        Case("SH013", "index-itself", "the index names itself", renamed(TWO, INDEX)),
    ]  # fmt: skip


# A pickle that builds an empty tuple: protocol 2, EMPTY_TUPLE, STOP.
PICKLE = b"\x80\x02)."


def tensors_of(name: str) -> list[safetensors.Tensor]:
    """The tensors of a good shard."""
    return [tensor for tensor in models.tensors(models.micro_llama()) if WEIGHT_MAP[tensor.name] == name]


def contents() -> list[Case]:
    pt = {"format": "pt"}
    first, second = tensors_of(ONE), tensors_of(TWO)
    everything = models.tensors(models.micro_llama())
    extra = seeded("extra.weight", "BF16", (4,))
    numbered = lambda one, two: {
        "config.json": SHARDED["config.json"],
        one: SHARDED[ONE],
        two: SHARDED[TWO],
        INDEX: indexed({tensor: one if file == ONE else two for tensor, file in WEIGHT_MAP.items()}, {"total_size": TOTAL}),
    }
    moved = next(tensor for tensor in second if tensor.name == NORM) if LAST == TWO else second[0]
    twice_linked = {tensor: (ONE, TWO)[number % 2] for number, tensor in enumerate(WEIGHT_MAP)}
    name = lambda number, count: f"model-{number:05d}-of-{count:05d}.safetensors"
    return [
        Case("SH006", "nowhere", "the index names a tensor that no shard has", shards({INDEX: indexed(WEIGHT_MAP | {"extra.weight": TWO})})),
        Case("SH006", "other-shard", "the index names the first shard for a tensor of the second", shards({INDEX: indexed(WEIGHT_MAP | {moved.name: ONE})}), ("SH008",)),
        Case("SH006", "empty-shard", "a shard has no tensors", shards({TWO: safetensors.build([], pt), INDEX: indexed(WEIGHT_MAP)})),
        Case("SH007", "same", "a tensor stands in both shards", shards({ONE: safetensors.build([*first, moved], pt), INDEX: indexed(WEIGHT_MAP)})),
        Case("SH007", "other-shape", "a tensor stands in both shards with two shapes", shards({ONE: safetensors.build([*first, moved._replace(dtype="F32", shape=(len(moved.data) // 4,))], pt), INDEX: indexed(WEIGHT_MAP)})),
        Case("SH007", "two-names-one-file", "the second shard is a link to the first, which has every tensor", shards({ONE: safetensors.build(everything, pt), TWO: Link(ONE), INDEX: indexed(twice_linked)})),
        Case("SH008", "tensor", "a shard has a tensor that the index lacks", shards({TWO: safetensors.build([*second, extra], pt), INDEX: indexed(WEIGHT_MAP)})),
        Case("SH009", "file", "a .safetensors file lies in the folder that the index does not name", shards({"model-extra.safetensors": safetensors.build([extra], pt)})),
        Case("SH010", "gap", "shards 1 and 3 of 3 are named, 2 is not", numbered(name(1, 3), name(3, 3))),
        Case("SH010", "totals-differ", "one name says -of-00002, the other -of-00003", numbered(name(1, 2), name(2, 3))),
        Case("SH010", "from-0", "shards are numbered 0 and 1 of 2", numbered(name(0, 2), name(1, 2))),
        Case("SH010", "past-total", "shards are numbered 1 and 3 of 2", numbered(name(1, 2), name(3, 2))),
        Case("SH010", "total-1", "both names say -of-00001", numbered(name(1, 1), name(2, 1))),
        Case("SH012", "both", "the folder has the shards with their index and model.safetensors too", shards({"model.safetensors": SINGLE["model.safetensors"]})),
        Case("ST017", "second-shard-cut", "the second shard lacks its last byte", shards({TWO: SHARDED[TWO][:-1], **UNSUMMED})),
        Case("FI001", "second-shard-empty", "the second shard is an empty file", shards({TWO: b"", **UNSUMMED})),
    ]  # fmt: skip


# Hugging Face folders ------------------------------------------------------------------------------------------------


def folder(changes: Files, without: tuple[str, ...] = ()) -> Files:
    return {name: content for name, content in (FOLDER_BASE | changes).items() if name not in without}


def edited(name: str, old: str, new: str) -> Files:
    """The good folder with one place of one of its JSON files changed."""
    text = SINGLE[name].decode("utf-8")
    assert text.count(old) == 1, (name, old)
    return folder({name: text.replace(old, new).encode("utf-8", "surrogateescape")})


def config_value(key: str, text: str) -> Files:
    """The good folder with one config value given as JSON text."""
    old = json.dumps(json.loads(SINGLE["config.json"])[key])
    return edited("config.json", f'"{key}": {old}', f'"{key}": {text}')


def config() -> list[Case]:
    return [
        Case("HF001", "config-only", "the folder holds config.json and no weights", folder({}, without=("model.safetensors",))),
        Case("HF001", "text-only", "the folder holds a text file", {"notes.txt": b"no model here\n"}),
        Case("HF001", "tokenizer-only", "the folder holds a tokenizer", {name: SINGLE[name] for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")}),
        Case("HF003", "nan", "a config value is NaN", config_value("attention_dropout", "NaN")),
        Case("HF003", "infinity", "a config value is Infinity", config_value("attention_dropout", "Infinity")),
        Case("HF003", "minus-infinity", "a config value is -Infinity", config_value("attention_dropout", "-Infinity")),
        Case("HF003", "in-list", "Infinity stands in a list, under a key that this model does not use", edited("config.json", '"use_cache": true', '"time_step_limit": [0.0, Infinity],\n  "use_cache": true')),
        Case("HF004", "size-string", 'hidden_size is "8"', config_value("hidden_size", '"8"')),
        Case("HF004", "size-fraction", "hidden_size is 8.5", config_value("hidden_size", "8.5")),
        Case("HF004", "size-negative", "hidden_size is -8", config_value("hidden_size", "-8")),
        Case("HF004", "size-zero", "hidden_size is 0", config_value("hidden_size", "0")),
        Case("HF004", "size-null", "hidden_size is null", config_value("hidden_size", "null")),
        Case("HF004", "size-true", "hidden_size is true", config_value("hidden_size", "true")),
        Case("HF004", "size-list", "hidden_size is [8]", config_value("hidden_size", "[8]")),
        Case("HF004", "size-2-pow-63", "hidden_size is 2^63", config_value("hidden_size", str(2**63))),
        Case("HF004", "layers-2-pow-32", "num_hidden_layers is 2^32", config_value("num_hidden_layers", str(2**32))),
        Case("HF004", "layers-billion", "num_hidden_layers is 1,000,000,000", config_value("num_hidden_layers", "1000000000")),
        Case("HF004", "heads-zero", "num_attention_heads is 0", config_value("num_attention_heads", "0")),
        Case("HF004", "vocab-1e30", "vocab_size is 1e30", config_value("vocab_size", "1e30")),
        Case("HF004", "theta-string", 'rope_theta is "10000"', config_value("rope_theta", '"10000"')),
        Case("HF004", "epsilon-negative", "rms_norm_eps is -1e-05", config_value("rms_norm_eps", "-1e-05")),
        Case("HF004", "epsilon-infinite", "rms_norm_eps is 1e999, which no float64 holds", config_value("rms_norm_eps", "1e999")),
        Case("HF004", "tied-number", "tie_word_embeddings is 1", config_value("tie_word_embeddings", "1")),
        Case("HF004", "tied-string", 'tie_word_embeddings is "false"', config_value("tie_word_embeddings", '"false"')),
        Case("HF004", "type-number", "model_type is a number", config_value("model_type", "1")),
        Case("HF004", "architectures-string", "architectures is a string", folder({"config.json": replaced_key("architectures", "LlamaForCausalLM")})),
        Case("HF004", "architectures-numbers", "architectures holds a number", folder({"config.json": replaced_key("architectures", [1])})),
        Case("HF004", "array", "config.json is an array", folder({"config.json": b"[]\n"})),
        Case("HF005", "missing", "config.json is missing", folder({}, without=("config.json",))),
    ]  # fmt: skip


def replaced_key(key: str, value: object) -> bytes:
    return models.pretty(json.loads(SINGLE["config.json"]) | {key: value})


def json_files() -> list[Case]:
    good = SINGLE["config.json"]
    as_config = lambda data: folder({"config.json": data})
    other = lambda name, data: folder({name: data})
    return [
        Case("HF002", "config-empty", "config.json is an empty file", as_config(b"")),
        Case("HF002", "config-cut", "config.json ends in the middle", as_config(good[: len(good) // 2])),
        Case("HF002", "config-trailing-comma", "a comma stands before the last brace", as_config(good.rstrip()[:-2] + b",\n}\n")),
        Case("HF002", "config-comment", "config.json holds a comment", as_config(b"// a comment\n" + good)),
        Case("HF002", "config-single-quotes", "config.json is a Python dictionary", as_config(repr(json.loads(good)).encode("utf-8"))),
        Case("HF002", "config-byte-order-mark", "config.json begins with a byte order mark", as_config(b"\xef\xbb\xbf" + good)),
        Case("HF002", "config-utf-16", "config.json is UTF-16", as_config(b"\xff\xfe" + good.decode("utf-8").encode("utf-16-le"))),
        Case("HF002", "config-byte-ff", "a text of config.json holds the byte FF", edited("config.json", '"llama"', '"llama\udcff"')),
        Case("HF002", "config-lone-surrogate", "a text of config.json escapes a lone surrogate", edited("config.json", '"llama"', r'"llama\ud800"')),
        Case("HF002", "config-two-values", "two objects stand in config.json", as_config(good + good)),
        Case("HF002", "config-nesting", "20,000 brackets open and none closes", as_config(b'{"a":' + b"[" * 20_000)),
        Case("HF002", "config-html", "config.json is the error page of a download", as_config(b"<!DOCTYPE html><html><body>404</body></html>\n")),
        Case("HF002", "config-lfs-pointer", "config.json is a Git LFS pointer", as_config(LFS_POINTER)),
        Case("HF002", "tokenizer-cut", "tokenizer.json ends in the middle", other("tokenizer.json", SINGLE["tokenizer.json"][:2000])),
        Case("HF002", "tokenizer-config-cut", "tokenizer_config.json ends in the middle", other("tokenizer_config.json", SINGLE["tokenizer_config.json"][:100])),
        Case("HF002", "generation-config-cut", "generation_config.json ends in the middle", other("generation_config.json", SINGLE["generation_config.json"][:40])),
        Case("HF002", "special-tokens-map-cut", "special_tokens_map.json ends in the middle", other("special_tokens_map.json", SINGLE["special_tokens_map.json"][:20])),
        Case("HF006", "config-same-value", "a key stands twice in config.json with one value", edited("config.json", '"hidden_size": 8', '"hidden_size": 8,\n  "hidden_size": 8')),
        Case("HF006", "config-other-value", "a key stands twice in config.json with two values", edited("config.json", '"hidden_size": 8', '"hidden_size": 16,\n  "hidden_size": 8')),
        Case("HF006", "config-by-escape", "a key stands twice in config.json, once escaped", edited("config.json", '"hidden_size": 8', '"hidden\\u005fsize": 16,\n  "hidden_size": 8')),
        Case("HF006", "config-nested", "a key stands twice in an object of config.json", edited("config.json", '"rope_scaling": null', '"written_by": {"k": 1, "k": 2},\n  "rope_scaling": null')),
        Case("HF006", "tokenizer-vocabulary", "a token stands twice in the vocabulary of tokenizer.json", edited("tokenizer.json", '"Ġ": 4,', '"Ġ": 4,\n   "Ġ": 5,')),
        Case("HF006", "generation-config", "a key stands twice in generation_config.json", edited("generation_config.json", '"eos_token_id": 1', '"eos_token_id": 1,\n  "eos_token_id": 0')),
    ]  # fmt: skip


LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0123456789abcdef" * 4 + b"\nsize 4431\n"


# Files that are no checkpoint ------------------------------------------------------------------------------------------


def files() -> list[Case]:
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")
    # A local header without a central directory.
    archive = b"PK\x03\x04\x14\0" + bytes(20) + b"\x08\0\0\0data.pkl" + PICKLE + b"garbage" * 8
    page = b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n"
    return [
        Case("FI001", "empty.safetensors", "an empty .safetensors file", b""),
        Case("FI001", "empty.gguf", "an empty .gguf file", b""),
        Case("FI001", "empty", "an empty file without an extension", b""),
        Case("FI002", "png.gguf", "a PNG image named .gguf", png),
        Case("FI002", "png.safetensors", "a PNG image named .safetensors", png),
        Case("ZP001", "zip-garbage", "a zip's first bytes, then garbage", archive),
        Case("ZP001", "zip-garbage.safetensors", "a zip's first bytes, then garbage, named .safetensors", archive),
        Case("PT026", "pickle.safetensors", "a pickle named .safetensors", PICKLE + bytes(16)),
        Case("FI002", "gzip.gguf", "gzip's first bytes, named .gguf", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(16)),
        Case("FI002", "lfs-pointer.safetensors", "a Git LFS pointer instead of the file", LFS_POINTER),
        Case("FI002", "lfs-pointer.gguf", "a Git LFS pointer instead of the file", LFS_POINTER),
        Case("FI002", "error-page.safetensors", "the error page of a download", page),
        Case("FI002", "error-page.gguf", "the error page of a download", page),
        Case("FI002", "json-without-length.safetensors", "a safetensors header without its length", b'{"a":' + safetensors.entry("F32", [2], 0, 8).encode() + b"}" + bytes(8)),
        Case("FI002", "png.pt", "a PNG image named .pt", png),
        Case("FI002", "png-then-zip.pt", "a PNG image with a checkpoint of PyTorch behind it", png + pytorch.archive()),
        Case("FI002", "text-then-zip.pt", "a text with a checkpoint of PyTorch behind it", b"# a script\n" + pytorch.archive()),
        Case("FI002", "gzip.pt", "gzip's first bytes, named .pt", b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + bytes(16)),
        Case("FI002", "7z.pt", "a 7z archive named .pt", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(24)),
        Case("FI002", "tar.pt", "a tar archive, as PyTorch 0.1 wrote", b"sys_info".ljust(257, b"\0") + b"ustar\x0000" + bytes(247)),
        Case("FI002", "preview.pt", "PyTorch's preview of its archive", b"PYTORCH1" + bytes(24)),
        Case("FI002", "garbage-then-pickle.pt", "bytes that are no pickle, then one that calls os.system", b"\0\xff" + b"cos\nsystem\n(S'id'\ntR."),
        Case("FI002", "ctranslate2.bin", "a model of CTranslate2", b"\6\0\0\0\x0c\0WhisperSpec\0" + bytes(16)),
        Case("FI002", "hdf5.h5", "an HDF5 file", b"\x89HDF\r\n\x1a\n" + bytes(24)),
        Case("FI002", "text", "a text without an extension", b"Once upon a time there was a tensor.\n"),
        Case("FI002", "zeros.bin", "64 zero bytes", bytes(64)),
        Case("FI002", "one-byte", "one byte without an extension", b"\n"),
        Case("FI002", "random.bin", "64 random bytes", bytes.fromhex("c1") + seeded("random", "U8", (63,)).data),
    ]  # fmt: skip
