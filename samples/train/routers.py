"""Trains routers on a frozen secondary: how far will the primary's distribution be from the secondary's?"""

import dataclasses

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from decoder import Decoder
from objectives import Lesson, total_variation
from precision import autocast
from router import Router, RouterShape
from secondaries import logits
from tandem import own_from
from teachers import Teacher
from trainer import Optimizers


class RoutersTask:
    """Cross-entropy with the total variation distance as soft label; blocks of all lengths up to the longest.

    `head_ids` leads from the rows of a reduced head to tokens.
    """

    def __init__(self, model: nn.Module, teacher: Teacher, shapes: dict[str, RouterShape], longest: int, device: str,
                 head_ids: torch.Tensor | None = None, rate: float = 1e-3, seed: int = 3):  # fmt: skip
        torch.manual_seed(seed)
        self.model, self.teacher, self.head_ids = model.requires_grad_(False), teacher, head_ids
        self.secondary = model if isinstance(model, Decoder) else model.secondary
        self.routers, self.optimizers = {}, {}
        for name, shape in shapes.items():
            torch.manual_seed(seed)
            self.routers[name] = Router(shape, self.secondary.shape.width).to(device)
            self.optimizers[name] = Optimizers(self.routers[name], rate)
        self.longest, self.device, self.seed = longest, device, seed

    def drafts(self, lesson: Lesson, number: int) -> torch.Tensor:
        """The secondary's logits in blocks of chance lengths; (batch, tokens, rows of the head)."""
        generator = np.random.default_rng([self.seed, number])
        positions = torch.arange(lesson.ids.shape[1], device=self.device)
        block = generator.integers(1, self.longest + 1, lesson.ids.shape[0])
        boundary = "block" if self.secondary is self.model else self.model.reading.boundary
        first = torch.stack([own_from(positions, int(size), boundary) for size in block])
        with torch.no_grad(), autocast(self.device):
            return logits(self.model, lesson, self.teacher.layers, first).float()

    def logit(self, name: str, out: torch.Tensor) -> torch.Tensor:
        router = self.routers[name]
        return router.logit(router.features(out, self.secondary.embed_tokens.weight, self.head_ids))

    def losses(self, lesson: Lesson, number: int) -> dict[str, torch.Tensor]:
        """Of each router; and the mean distance, which one that knows nothing would say."""
        out = self.drafts(lesson, number)
        distance = total_variation(out.softmax(-1), lesson.teacher)
        losses = {"mean distance": distance.mean()}
        for name in self.routers:
            losses[name] = functional.binary_cross_entropy_with_logits(self.logit(name, out), distance)
        return losses

    @torch.no_grad()
    def calibrated(self, name: str, share: float, batches: int = 8) -> Router:
        """A router whose threshold asks the primary behind a share of the tokens of its texts."""
        router = self.routers[name]
        lessons = [self.teacher.lesson(number) for number in range(batches)]
        said = torch.cat([self.logit(name, self.drafts(lesson, number)).sigmoid().flatten() for number, lesson in enumerate(lessons)])
        router.shape = dataclasses.replace(router.shape, threshold=round(said.quantile(1 - share).item(), 4))
        return router

    def step(self, number: int, rate: float) -> dict[str, float]:
        losses = self.losses(self.teacher.lesson(number), number)
        for name, optimizers in self.optimizers.items():
            losses[name].backward()
            optimizers.step(rate)
        return {name: loss.item() for name, loss in losses.items()}

    def state(self) -> dict:
        return {name: {"router": self.routers[name].state_dict(), "optimizers": self.optimizers[name].state()} for name in self.routers}

    def restore(self, state: dict) -> None:
        for name, part in state.items():
            self.routers[name].load_state_dict(part["router"])
            self.optimizers[name].restore(part["optimizers"])
