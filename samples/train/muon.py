"""Muon: momentum whose matrices are made orthogonal (Jordan et al. 2024), in the numbers that this machine multiplies fast."""

import itertools

import torch
from torch import Tensor

from precision import product_type

# Five steps of x ← a·x + (b·xxᵀ + c·(xxᵀ)²)·x bring singular values near 1.
STEPS, COEFFICIENTS = 5, (3.4445, -4.7750, 2.0315)
MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):
    """Updates have the size of AdamW's, so that one rate serves both. Matrices of one shape are multiplied as a batch."""

    def __init__(self, matrices: list[Tensor], lr: float, weight_decay: float = 0.1):
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape = sorted(group["params"], key=lambda weight: tuple(weight.shape))
            for _, weights in itertools.groupby(by_shape, key=lambda weight: tuple(weight.shape)):
                self.update(list(weights), group["lr"], group["weight_decay"])

    def update(self, weights: list[Tensor], rate: float, decay: float) -> None:
        directions = []
        for weight in weights:
            state = self.state[weight]
            momentum = state.setdefault("momentum", torch.zeros_like(weight))
            momentum.lerp_(weight.grad, 1 - MOMENTUM)
            directions.append(weight.grad.lerp(momentum, MOMENTUM))
        scale = 0.2 * max(weights[0].shape) ** 0.5
        for weight, update in zip(weights, orthogonal(torch.stack(directions)), strict=True):
            weight.mul_(1 - rate * decay).sub_(update, alpha=rate * scale)


def orthogonal(matrices: Tensor) -> Tensor:
    """Matrices with the same singular vectors and singular values near 1; (count, rows, columns)."""
    a, b, c = COEFFICIENTS
    x = matrices.to(product_type(matrices.device.type))
    is_tall = x.shape[-2] > x.shape[-1]
    x = x.mT.contiguous() if is_tall else x
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if is_tall else x).to(matrices.dtype)
