"""Files that are never half written: temporary name in the same folder, fsync, rename."""

import io
import os
import pathlib

import numpy as np
import torch


def replace(path: pathlib.Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def save(path: pathlib.Path, state: dict) -> None:
    """Replaces a checkpoint: whoever is killed meanwhile leaves the one before."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    replace(path, buffer.getvalue())


def load(path: pathlib.Path) -> dict | None:
    return torch.load(path, map_location="cpu", weights_only=True) if path.exists() else None


def replace_array(path: pathlib.Path, array: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array)
    replace(path, buffer.getvalue())
