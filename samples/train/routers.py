"""Trains a router on a frozen secondary: how far will the primary's distribution be from the secondary's?"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from decoder import Decoder
from objectives import total_variation
from router import Router, RouterShape
from secondaries import logits
from tandem import own_from
from teachers import Teacher
from trainer import Optimizers


class RouterTask:
    """Cross-entropy with the total variation distance as soft label; blocks of all lengths up to the longest.

    `head_ids` leads from the rows of a reduced head to tokens.
    """

    def __init__(self, model: nn.Module, teacher: Teacher, shape: RouterShape, longest: int, device: str,
                 head_ids: torch.Tensor | None = None, rate: float = 1e-3, seed: int = 3):  # fmt: skip
        torch.manual_seed(seed)
        self.model, self.teacher, self.head_ids = model.requires_grad_(False), teacher, head_ids
        self.secondary = model if isinstance(model, Decoder) else model.secondary
        self.router = Router(shape, self.secondary.shape.width).to(device)
        self.optimizers = Optimizers(self.router, rate)
        self.longest, self.device, self.seed = longest, device, seed

    def example(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (batch, tokens, inputs) and distances (batch, tokens)."""
        lesson = self.teacher.lesson(number)
        generator = np.random.default_rng([self.seed, number])
        positions = torch.arange(lesson.ids.shape[1], device=self.device)
        block = generator.integers(1, self.longest + 1, lesson.ids.shape[0])
        boundary = "block" if self.secondary is self.model else self.model.reading.boundary
        first = torch.stack([own_from(positions, int(size), boundary) for size in block])
        with torch.no_grad(), torch.autocast(self.device, torch.bfloat16):
            out = logits(self.model, lesson, self.teacher.layers, first).float()
            features = self.router.features(out, self.secondary.embed_tokens.weight, self.head_ids)
            return features, total_variation(out.softmax(-1), lesson.teacher)

    def step(self, number: int, rate: float) -> dict[str, float]:
        features, distance = self.example(number)
        loss = functional.binary_cross_entropy_with_logits(self.router.logit(features), distance)
        loss.backward()
        self.optimizers.step(rate)
        return {"loss": loss.item(), "mean distance": distance.mean().item()}

    def state(self) -> dict:
        return {"router": self.router.state_dict(), "optimizers": self.optimizers.state()}

    def restore(self, state: dict) -> None:
        self.router.load_state_dict(state["router"])
        self.optimizers.restore(state["optimizers"])
