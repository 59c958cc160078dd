"""The training loop: the same weights whether or not it was interrupted, and the time that is left."""

import dataclasses
import pathlib
import time
from typing import Protocol

import torch
from torch import Tensor, nn

import storage
from muon import Muon

# Seconds between checkpoints.
SAVE_INTERVAL = 240
# Of the learning rate, for weights that are nearly right from the beginning.
CAREFUL_SHARE = 0.02


class Task(Protocol):
    """What is trained. A step may depend on the step's number and the seed, and on nothing else outside of `state`."""

    def step(self, number: int, rate: float) -> dict[str, float]: ...
    def state(self) -> dict: ...
    def restore(self, state: dict) -> None: ...


@dataclasses.dataclass(frozen=True)
class Schedule:
    """Learning rate: up in `warmup` steps, level, then down to 0 in the last `decay` steps.

    A finished run can be prolonged: it goes on from the checkpoint that lies before the decay.
    """

    steps: int
    decay: int
    warmup: int = 60

    def rate(self, step: int) -> float:
        return min(1, (step + 1) / self.warmup, (self.steps - step) / max(self.decay, 1))

    @property
    def level_end(self) -> int:
        return self.steps - self.decay


class Optimizers:
    """Muon for the matrices of layers, AdamW for embeddings, heads and norms; one rate, since Muon's updates are scaled to AdamW's.

    What is `nearly_right` from the beginning learns at a fiftieth of the rate.
    """

    def __init__(self, module: nn.Module, rate: float, nearly_right: tuple[Tensor, ...] = ()):
        named = [(name, weight) for name, weight in module.named_parameters() if weight.requires_grad]
        self.weights, self.parts = [weight for _, weight in named], []
        for share, is_slow in (1.0, False), (CAREFUL_SHARE, True):
            group = [(name, weight) for name, weight in named if any(weight is other for other in nearly_right) == is_slow]
            matrices = [weight for name, weight in group if weight.dim() == 2 and "embed" not in name and "lm_head" not in name]
            others = [weight for _, weight in group if all(weight is not matrix for matrix in matrices)]
            if others:
                self.parts.append((torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.95), weight_decay=0.0, fused=True), share * rate))
            if matrices:
                self.parts.append((Muon(matrices, lr=rate), share * rate))

    def step(self, factor: float) -> None:
        nn.utils.clip_grad_norm_(self.weights, 1.0)
        for part, rate in self.parts:
            for group in part.param_groups:
                group["lr"] = rate * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def state(self) -> list[dict]:
        return [part.state_dict() for part, _ in self.parts]

    def restore(self, states: list[dict]) -> None:
        for (part, _), state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def train(task: Task, path: pathlib.Path, schedule: Schedule, stop: int | None = None) -> None:
    """Trains from the newest checkpoint that fits the schedule, to its end or before step `stop`."""
    level_path = path.with_suffix(".level.pt")
    saved = storage.load(path)
    if saved is None or saved["schedule"] != dataclasses.asdict(schedule) and saved["step"] > Schedule(**saved["schedule"]).level_end:
        saved = storage.load(level_path)
    step = 0
    if saved:
        step = saved["step"]
        task.restore(saved["task"])
        print(f"{path.name}: goes on at step {step} of {schedule.steps}", flush=True)

    def save(path: pathlib.Path) -> None:
        storage.save(path, {"step": step, "schedule": dataclasses.asdict(schedule), "task": task.state()})

    end = min(schedule.steps, schedule.steps if stop is None else stop)
    began, first, saved_at, shown_at = time.monotonic(), step, time.monotonic(), 0.0
    while step < end:
        if step == schedule.level_end:
            save(level_path)
        numbers = task.step(step, schedule.rate(step))
        step += 1
        now = time.monotonic()
        if now - shown_at > 20 or step == end:
            shown_at = now
            left = (now - began) / (step - first) * (schedule.steps - step)
            text = "  ".join(f"{name} {value:.4f}" for name, value in numbers.items())
            print(f"{path.name}: step {step}/{schedule.steps}  {text}  {left / 60:.0f} min left", flush=True)
        if now - saved_at > SAVE_INTERVAL or step == end:
            save(path)
            saved_at = now
