"""Where lessons come from: a primary that reads a batch now, or what it left on disk when it read the texts."""

import contextlib
import pathlib
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from decoder import Decoder
from objectives import Lesson
from precision import autocast, product_type
from tokens import Sequences


class Teacher(Protocol):
    """`width`, `layers`, `embedding` (vocabulary, width) and `final_norm` (width) are the primary's; `head_ids` are the tokens of a reduced
    head's rows."""

    width: int
    layers: int
    embedding: Tensor
    final_norm: Tensor
    head_ids: Tensor | None

    def lesson(self, step: int) -> Lesson: ...


def fast(primary: Decoder, device: str) -> Decoder:
    """Matrices in BF16 where that is faster, under autocast: the residual stream and its norms stay in binary32."""
    for module in primary.modules():
        if isinstance(module, nn.Linear):
            module.to(product_type(device))
    return primary


class LiveTeacher:
    """A primary whose forward pass is done for each batch, in BF16 unless it is to be `exact`."""

    def __init__(self, primary: Decoder, texts: pathlib.Path, device: str, length: int = 256, size: int = 16, seed: int = 1,
                 exact: bool = False):  # fmt: skip
        self.primary = (primary if exact else fast(primary, device)).to(device).requires_grad_(False)
        self.width, self.layers = primary.shape.width, primary.shape.layers
        self.sequences = Sequences(texts, length + 1, seed)
        self.embedding, self.head_ids = primary.embed_tokens.weight.detach().float().cpu(), None
        self.final_norm = primary.norm.weight.detach().cpu()
        self.device, self.size, self.exact = device, size, exact

    def lesson(self, step: int) -> Lesson:
        return self.of(self.sequences.batch(step, self.size))

    @torch.no_grad()
    def of(self, windows: np.ndarray) -> Lesson:
        """Of (batch, length + 1) ids."""
        ids = torch.from_numpy(windows).to(self.device)
        with contextlib.nullcontext() if self.exact else autocast(self.device):
            states = dict(enumerate(self.primary.states(ids[:, :-1])))
            states[-1] = self.primary.norm(states[self.layers])
            logits = self.primary.logits(states[self.layers])
        return Lesson(ids[:, :-1], ids[:, 1:], states, logits.float().softmax(-1))
