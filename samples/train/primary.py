"""Trains a primary: an ordinary decoder on the texts."""

import pathlib

import torch
from torch.nn import functional

from decoder import Decoder, Shape
from precision import autocast
from tokens import Sequences
from trainer import Optimizers, Schedule


class PrimaryTask:
    """`size` is the number of windows of the whole context in a step, or of twice as many half as long."""

    def __init__(self, shape: Shape, texts: pathlib.Path, schedule: Schedule, device: str, rate: float = 2e-3,
                 size: int = 8, seed: int = 0):  # fmt: skip
        torch.manual_seed(seed)
        self.model = Decoder(shape).to(device)
        self.optimizers = Optimizers(self.model, rate)
        # Attention over half the context costs half; the whole is learnt while the rate falls.
        self.short = Sequences(texts, shape.context // 2 + 1, seed)
        self.long = Sequences(texts, shape.context + 1, seed + 1)
        self.schedule, self.device, self.size = schedule, device, size

    def step(self, number: int, rate: float) -> dict[str, float]:
        is_level = number < self.schedule.level_end
        windows = self.short.batch(number, 2 * self.size) if is_level else self.long.batch(number, self.size)
        ids = torch.from_numpy(windows).to(self.device)
        with autocast(self.device):
            logits = self.model(ids[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten())
        loss.backward()
        self.optimizers.step(rate)
        return {"loss": loss.item()}

    def state(self) -> dict:
        return {"model": self.model.state_dict(), "optimizers": self.optimizers.state()}

    def restore(self, state: dict) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizers.restore(state["optimizers"])
