"""What is trained for, and what is measured."""

import dataclasses

import torch
from torch import Tensor
from torch.nn import functional

# Stage 2 of Tandem-Distil: half of the loss is the text's cross-entropy, half the primary's (section 4 of the paper).
BALANCE = 0.5
IGNORED = -100


@dataclasses.dataclass
class Lesson:
    """A batch: what goes in, and what should come out.

    ids (batch, tokens); labels (batch, tokens), the next tokens as rows of the secondary's head, IGNORED where it has none;
    states: layers passed to state, (batch, tokens, primary's width), the last behind the final norm too, under -1;
    teacher (batch, tokens, rows of the head), the primary's distribution.
    """

    ids: Tensor
    labels: Tensor
    states: dict[int, Tensor]
    teacher: Tensor


def loss(logits: Tensor, lesson: Lesson, distils: bool) -> Tensor:
    """Tandem-CE, and stage 1 of Tandem-Distil; with `distils` its stage 2."""
    log_q = functional.log_softmax(logits.float(), -1)
    text = functional.nll_loss(log_q.flatten(0, 1), lesson.labels.flatten(), ignore_index=IGNORED)
    if not distils:
        return text
    return (1 - BALANCE) * text - BALANCE * (lesson.teacher * log_q).sum(-1).mean()


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
