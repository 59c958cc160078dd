"""What is trained for, and what is measured."""

import dataclasses

import torch
from torch import Tensor
from torch.nn import functional

IGNORED = -100
# Rows of logits that are looked at at a time: few enough to stay in the cache.
PIECE = 64


@dataclasses.dataclass
class Lesson:
    """A batch: what goes in, and what should come out.

    ids (batch, tokens); labels (batch, tokens), the next tokens as rows of the secondary's head, IGNORED where it has none;
    states: layers passed to state, (batch, tokens, primary's width), the last behind the final norm too, under -1;
    teacher (batch, tokens, rows of the head), the primary's distribution. Where only some positions are learnt from, `kept` (count) are
    these, and labels and teacher have them only.
    """

    ids: Tensor
    labels: Tensor
    states: dict[int, Tensor]
    teacher: Tensor
    kept: Tensor | None = None


def loss(logits: Tensor, lesson: Lesson, balance: float) -> Tensor:
    """Cross-entropy of the text with 1 - balance, of the primary's distribution with balance: λ in section 4 of the paper."""
    return CrossEntropy.apply(logits, lesson.labels, lesson.teacher, balance)


class CrossEntropy(torch.autograd.Function):
    """Of logits (batch, tokens, rows): 1 - balance times that of the labels, balance times that of the teacher's distribution.

    The gradient is made beside the value, piece by piece: with a large vocabulary it is passes over all logits that take the time.
    """

    @staticmethod
    def forward(ctx, logits: Tensor, labels: Tensor, teacher: Tensor, balance: float) -> Tensor:
        flat, targets, labels = logits.detach().flatten(0, -2), teacher.flatten(0, -2), labels.flatten()
        known = labels != IGNORED
        text_weights = known * ((1 - balance) / known.sum().clamp(min=1))
        gradient, total = torch.empty_like(flat), torch.zeros((), device=logits.device)
        for at in range(0, len(flat), PIECE):
            piece = slice(at, at + PIECE)
            log_q = functional.log_softmax(flat[piece].float(), -1)
            label, weight = labels[piece].clamp(min=0)[:, None], text_weights[piece, None]
            total -= torch.where(weight > 0, weight * log_q.gather(-1, label), 0).sum()
            share = weight
            if balance:
                target = targets[piece] * (balance / len(flat))
                total -= (target * log_q).sum()
                share = share + target.sum(-1, keepdim=True)
            slope = log_q.exp_().mul_(share).scatter_add_(-1, label, -weight)
            gradient[piece] = slope - target if balance else slope
        ctx.save_for_backward(gradient.view_as(logits))
        return total

    @staticmethod
    def backward(ctx, slope: Tensor):
        (gradient,) = ctx.saved_tensors
        return gradient * slope, None, None, None


def total_variation(p: Tensor, q: Tensor) -> Tensor:
    """Half of the sum of differences: the least probability with which two samples differ; the last dimension goes."""
    return (p - q).abs().sum(-1) / 2


@torch.no_grad()
def measure(logits: Tensor, lesson: Lesson) -> dict[str, Tensor]:
    """The four numbers of the paper's Table 1, for each position, (batch, tokens)."""
    log_q = functional.log_softmax(logits.float(), -1)
    choice = log_q.argmax(-1)
    known = lesson.labels.clamp(min=0)
    surprise = -log_q.gather(-1, known.unsqueeze(-1)).squeeze(-1)
    return {
        "accuracy": (choice == lesson.labels).float(),
        # A reduced head has no loss where it lacks the token.
        "loss": torch.where((lesson.labels == IGNORED) | (surprise > 1e20), torch.nan, surprise),
        "relative accuracy": (choice == lesson.teacher.argmax(-1)).float(),
        "relative TV": total_variation(log_q.exp(), lesson.teacher),
    }
