"""What a frozen primary gives for the texts, computed once and kept on disk: tapped states."""

import pathlib
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

import storage
from decoder import Decoder
from draft_vocabulary import DraftVocabulary
from objectives import Lesson
from precision import autocast, product_type
from teachers import fast
from tokens import Sequences

WINDOWS_PER_SHARD = 32
# Of the positions of a window.
SHARE_KEPT = 0.5


def order(sequences: Sequences) -> np.ndarray:
    """Windows in an order of chance, so that the first shards are a fair sample of all texts."""
    return np.random.default_rng(0).permutation(sequences.count)


def shard_path(folder: pathlib.Path, number: int) -> pathlib.Path:
    return folder / f"shard-{number:05}.pt"


@torch.no_grad()
def shard(primary: Decoder, windows: np.ndarray, layers: tuple[int, ...], device: str) -> dict[str, Tensor]:
    """ids (windows, length + 1); states (windows, length, taps, width) BF16."""
    states = []
    for window in windows:
        ids = torch.from_numpy(window[None].astype(np.int64)).to(device)
        with autocast(device):
            everything = primary.states(ids[:, :-1])
            everything[-1] = primary.norm(everything[-1])
        states.append(torch.stack([everything[at] for at in layers], 2).bfloat16().cpu())
    return {"ids": torch.from_numpy(windows.astype(np.int32)), "states": torch.cat(states)}


def fill(primary: Decoder, sequences: Sequences, folder: pathlib.Path, layers: tuple[int, ...], shards: int,
         device: str = "cpu") -> None:  # fmt: skip
    """Writes the shards that are missing; those that are there are whole."""
    primary = fast(primary, device).to(device).requires_grad_(False)
    places, began, done = order(sequences), time.monotonic(), 0
    for number in range(min(shards, sequences.count // WINDOWS_PER_SHARD)):
        path = shard_path(folder, number)
        if path.exists():
            continue
        chosen = places[number * WINDOWS_PER_SHARD : (number + 1) * WINDOWS_PER_SHARD]
        storage.save(path, shard(primary, np.stack([sequences.window(place) for place in chosen]), layers, device))
        done += 1
        left = (time.monotonic() - began) / done * (shards - number - 1)
        print(f"{path.name} of {shards}: {left / 60:.0f} min left", flush=True)


class CachedTeacher:
    """Lessons from shards: each window once before any a second time, in an order of chance.

    The primary's distribution is made of its last state again, over the tokens of the head: its embedding is its head. The likeliest
    tokens alone would teach that others do not come, which are a tenth of the probability even of SmolLM2's 64.
    """

    def __init__(self, paths: list[pathlib.Path], layers: tuple[int, ...], embedding: Tensor, final_norm: Tensor, last: int,
                 vocabulary: DraftVocabulary, device: str = "cpu", size: int = 8, seed: int = 5):  # fmt: skip
        self.shards = [torch.load(path, mmap=True, weights_only=True) for path in paths]
        # The state after the last layer is kept behind the final norm.
        self.keys = [-1 if at == last else at for at in layers]
        self.layers, self.width = last, self.shards[0]["states"].shape[-1]
        self.embedding, self.final_norm, self.head_ids = embedding, final_norm, vocabulary.ids.cpu()
        self.head = embedding[self.head_ids].to(device, product_type(device))
        self.vocabulary, self.device, self.size, self.seed = vocabulary, device, size, seed
        self.count = len(self.shards) * WINDOWS_PER_SHARD

    def lesson(self, step: int) -> Lesson:
        parts = []
        for index in range(step * self.size, (step + 1) * self.size):
            epoch, place = divmod(index, self.count)
            window = int(np.random.default_rng([self.seed, epoch]).permutation(self.count)[place])
            whole = self.shards[window // WINDOWS_PER_SHARD]
            parts.append({name: tensor[window % WINDOWS_PER_SHARD] for name, tensor in whole.items()})
        batch = {name: torch.stack([part[name] for part in parts]).to(self.device) for name in ("ids", "states")}
        ids, states = batch["ids"].long(), batch["states"]
        taps = {key: states[:, :, at] for at, key in enumerate(self.keys)}
        kept = self.kept(step, ids.shape[1] - 1)
        teacher = functional.linear(taps[-1][:, kept].to(self.head.dtype), self.head).float().softmax(-1)
        return Lesson(ids[:, :-1], self.vocabulary.labels(ids[:, 1:])[:, kept], taps, teacher, kept)

    def kept(self, step: int, length: int) -> Tensor:
        """The positions that are learnt from: a large head costs more than the layers, and neighbours teach much the same."""
        chosen = np.random.default_rng([self.seed, step, 1]).permutation(length)[: int(length * SHARE_KEPT)]
        return torch.from_numpy(np.sort(chosen)).to(self.device)
