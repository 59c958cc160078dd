"""All hostile samples as a tree, and the README that lists them."""

from . import hostile_folders, hostile_gguf, hostile_numpy, hostile_onnx, hostile_pytorch, hostile_safetensors
from .case import Case
from .plan import Tree

# Codes that no committed sample can show, and inputs that git cannot hold.
AT_RUN_TIME = [
    ("GG008", "a GGUF string of 16 MiB + 1 with all its bytes (a sparse file), and one of exactly 16 MiB, which is good"),
    ("GG009", "a GGUF array of 64 Mi + 1 bytes with all its bytes (a sparse file), and one of exactly 64 Mi, which is good"),
    ("OX002", "an ONNX model of 2 GiB (a sparse file), and one of 2 GiB - 1, which is good"),
    ("ST002", "a safetensors header of 100,000,001 bytes with all its bytes, and one of exactly 100,000,000, which is good"),
    ("ST017", "files whose tensors cross 2^31, 2^32 and a tebibyte (sparse), whole and one byte short"),
    ("-", "every truncation point and every single-byte flip of a small valid file of each format: no crash, no hang, memory within a small multiple of the file"),
    ("-", "a file that shrinks, grows or is replaced while it is read"),
    ("-", "no such file; a file, a folder and a shard that may not be read"),
    ("-", "a FIFO, a socket, a device such as /dev/zero, as the file and as a shard"),
    ("-", "a link to itself, two links to each other, a folder linked into itself"),
    ("-", "an empty folder"),
    ("SH007", "two shard names that are hard links to one file"),
    ("-", "two shard files whose names differ only in case (some file systems have one of them)"),
    ("-", "a file name that is not UTF-8"),
    ("-", "headers of 1.6 million entries; 100,000 entries on one range (ST016); 10 million on one range"),
]  # fmt: skip


def by_format() -> dict[str, list[Case]]:
    numbers = {"pytorch": hostile_pytorch.cases(), **hostile_numpy.cases(), "onnx": hostile_onnx.cases()}
    return {"safetensors": hostile_safetensors.cases(), "gguf": hostile_gguf.cases(), **numbers, **hostile_folders.cases()}


def everything() -> Tree:
    tree: Tree = {}
    suffixes = {"safetensors": ".safetensors", "gguf": ".gguf", "npy": ".npy", "npz": ".npz", "onnx": ".onnx", "pytorch": ".pt"}
    for format, cases in by_format().items():
        names = [case.name for case in cases]
        assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
        for case in cases:
            path = f"hostile/{format}/{case.name}"
            if isinstance(case.content, dict):
                tree |= {f"{path}/{file}": content for file, content in case.content.items()}
            else:
                tree[path + suffixes.get(format, "")] = case.content
    tree["hostile/README.md"] = readme().encode("utf-8")
    return tree


def readme() -> str:
    lines = [
        "# Hostile samples",
        "",
        "Each has one flaw and is named `<code>-<what is wrong>`: the code is the finding that a strict reader must report.",
        "W codes are warnings and N codes notes: such a file still loads. A folder stands for one sample: in `shards` and",
        "`huggingface` open the folder, in `gguf` its first file, in `onnx` its `model.onnx`. `make_checkpoints.py` writes this list.",
        "",
        "## Made by tests at run time",
        "",
        "| code | what |",
        "| --- | --- |",
        *(f"| {code} | {what} |" for code, what in AT_RUN_TIME),
    ]
    for format, cases in by_format().items():
        lines += ["", f"## {format} ({len(cases)})", "", "| sample | what is wrong |", "| --- | --- |"]
        for case in sorted(cases, key=lambda case: case.name):
            also = f" (may bring {', '.join(case.also)} too)" if case.also else ""
            lines.append(f"| `{case.name}` | {case.what}{also} |".replace("\\", "\\\\"))
    return "\n".join(lines) + "\n"
