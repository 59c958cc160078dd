"""The tree of samples as data: relative path -> bytes or link; and the writing and checking of it."""

import os
import shutil
from pathlib import Path
from typing import NamedTuple


class Link(NamedTuple):
    """A symbolic link."""

    target: str


Tree = dict[str, bytes | Link]

# The folders that belong to the script: what else lies in them is removed.
OWNED = ["good/safetensors", "good/gguf", "good/pytorch", "good/huggingface", "good/hub-cache", "good/templates"]
OWNED += [f"{kind}/{format}" for kind in ("good", "hostile") for format in ("npy", "npz", "onnx")]
OWNED += [f"hostile/{format}" for format in ("safetensors", "gguf", "pytorch", "shards", "huggingface", "files")]

FILE_LIMIT = 100_000
TOTAL_LIMIT = 5_000_000


def check_sizes(tree: Tree, limit: int = TOTAL_LIMIT) -> None:
    for path, content in tree.items():
        assert isinstance(content, Link) or len(content) <= FILE_LIMIT, f"{path}: {len(content)} bytes"
    total = sum(len(content) for content in tree.values() if not isinstance(content, Link))
    assert total <= limit, f"{total} bytes in all"


def write(tree: Tree, root: Path, owned: list[str] = OWNED) -> None:
    for folder in owned:
        shutil.rmtree(root / folder, ignore_errors=True)
    for path, content in tree.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            file.symlink_to(content.target)
        else:
            file.write_bytes(content)


def differences(tree: Tree, root: Path, owned: list[str] = OWNED) -> list[str]:
    """What lies on disk otherwise than planned, one line each."""
    found = []
    for path, content in tree.items():
        file = root / path
        if isinstance(content, Link):
            if not file.is_symlink() or os.readlink(file) != content.target:
                found.append(f"{path}: not a link to {content.target}")
        elif not file.is_file() or file.is_symlink() or file.read_bytes() != content:
            found.append(f"{path}: missing or other bytes")
    for folder in owned:
        for file in sorted((root / folder).rglob("*")):
            path = file.relative_to(root).as_posix()
            if (file.is_symlink() or file.is_file()) and path not in tree:
                found.append(f"{path}: not planned")
    return found
