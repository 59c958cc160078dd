"""What the primary writes behind the beginnings of texts: its own words are those that a drafter is asked for."""

import dataclasses
import pathlib
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

import cache
import storage
from decoder import Decoder, Layer
from precision import autocast, product_type
from teachers import fast
from tokens import Sequences

# Texts that are written at the same time.
BATCH = 256


@dataclasses.dataclass(frozen=True)
class Writing:
    """Tokens of a text that are given, and the temperature at which the primary goes on, 0 for its likeliest."""

    given: int
    temperature: float


class KeysAndValues:
    """Keys and values of a batch of texts of one length, (batch, shared heads, tokens, size) a layer."""

    def __init__(self, primary: Decoder, batch: int, length: int, device: str):
        shape = primary.shape
        room = (batch, shape.shared_heads, length, shape.head_size)
        self.parts = [[torch.empty(room, dtype=product_type(device), device=device) for _ in "kv"] for _ in primary.layers]
        self.count = 0

    def attend(self, layer: Layer, number: int, x: Tensor, rotation: Tensor) -> Tensor:
        """The state after a layer, of the tokens behind those that are cached: several at the beginning, later one a text."""
        assert self.count == 0 or x.shape[1] == 1, "several tokens behind others would need a mask"
        attention, h, end = layer.self_attn, layer.input_layernorm(x), self.count + x.shape[1]
        q = attention.queries(h, rotation)
        for part, new in zip(self.parts[number], attention.shared_keys_and_values(h, rotation), strict=True):
            part[:, :, self.count : end] = new
        k, v = (part[:, :, :end] for part in self.parts[number])
        if x.shape[1] == 1:
            # All query heads of a key see the same: they are as many queries of one head.
            y = functional.scaled_dot_product_attention(q.to(k.dtype).reshape(*k.shape[:2], -1, k.shape[3]), k, v).reshape(q.shape)
        else:
            y = functional.scaled_dot_product_attention(q.to(k.dtype), k, v, is_causal=True, enable_gqa=True)
        x = x + attention.o_proj(y.transpose(1, 2).flatten(-2))
        return x + layer.mlp(layer.post_attention_layernorm(x))


def chosen(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """A token a text: the likeliest at temperature 0, else one drawn; (batch)."""
    if temperature == 0:
        return logits.argmax(-1)
    shares = (logits / temperature).softmax(-1).cumsum(-1)
    drawn = torch.rand(len(logits), 1, generator=generator, device=logits.device) * shares[:, -1:]
    return torch.searchsorted(shares, drawn, right=True)[:, 0]


@torch.no_grad()
def continued(primary: Decoder, beginnings: np.ndarray, length: int, temperature: float, seed: int, device: str = "cpu") -> np.ndarray:
    """Texts (batch, length) that begin with the ids given, (batch, shorter)."""
    ids = torch.from_numpy(beginnings.astype(np.int64)).to(device)
    generator = torch.Generator(device).manual_seed(seed)
    known, new = KeysAndValues(primary, len(ids), length, device), ids
    while ids.shape[1] < length:
        rotation = primary.rotation(torch.arange(known.count, known.count + new.shape[1], device=device))
        with autocast(device):
            x = primary.embed_tokens(new)
            for number, layer in enumerate(primary.layers):
                x = known.attend(layer, number, x, rotation)
            logits = primary.logits(x[:, -1:])[:, 0].float()
        known.count += new.shape[1]
        new = chosen(logits, temperature, generator)[:, None]
        ids = torch.cat([ids, new], 1)
    return ids.cpu().numpy()


def piece_paths(folder: pathlib.Path, number: int) -> list[pathlib.Path]:
    """The shards of a batch of texts."""
    return [folder / f"shard-{number:03}-{part}.pt" for part in range(BATCH // cache.WINDOWS_PER_SHARD)]


def fill(primary: Decoder, sequences: Sequences, folder: pathlib.Path, layers: tuple[int, ...], pieces: int,
         writings: tuple[Writing, ...], device: str = "cpu") -> None:  # fmt: skip
    """Writes those of `pieces` batches of continued texts that are not whole.

    The beginnings are of the last windows in the cache's order, which it takes as they are after all others. A piece that was interrupted
    is written anew: its texts are the same only on the same machine with the same threads.
    """
    primary = fast(primary, device).to(device).requires_grad_(False)
    places, began, done = cache.order(sequences)[::-1], time.monotonic(), 0
    for number in range(min(pieces, sequences.count // BATCH)):
        paths = piece_paths(folder, number)
        if all(path.exists() for path in paths):
            continue
        writing = writings[number % len(writings)]
        given = np.stack([sequences.window(place)[: writing.given] for place in places[number * BATCH : (number + 1) * BATCH]])
        texts = continued(primary, given, sequences.length, writing.temperature, number, device)
        for path, windows in zip(paths, np.split(texts, len(paths)), strict=True):
            storage.save(path, cache.shard(primary, windows, layers, device))
        done += 1
        left = (time.monotonic() - began) / done * (pieces - number - 1)
        print(f"piece {number} of {pieces}: {left / 60:.0f} min left", flush=True)
