"""What trained secondaries are worth on texts held out: the paper's Table 1, and what it calls standalone."""

import torch
from torch import nn

from decoder import Decoder
from draft_vocabulary import DraftVocabulary
from objectives import measure
from secondaries import logits
from tandem import own_from
from teachers import LiveTeacher

# Tokens that the secondary writes behind one of the primary's, as in the paper's Table 3.
STANDALONE = 3


@torch.no_grad()
def table(models: dict[str, nn.Module], teacher: LiveTeacher, windows, blocks: tuple[int, ...],
          vocabulary: DraftVocabulary | None = None) -> dict[str, dict[str, float]]:  # fmt: skip
    """Means over all positions of the windows: a row for the primary, a row for each drafter alone, one a tandem and block length, and
    one where the primary writes the first token of each block.

    `windows` yields batches of (batch, length + 1) ids; models compute in the precision that they have.
    """
    standalone: set[str] = set()
    sums: dict[str, dict[str, float]] = {}
    counts: dict[str, dict[str, int]] = {}
    for batch in windows:
        lesson = teacher.of(batch)
        rows = {"primary": lesson.teacher.clamp(min=1e-30).log()}
        positions = torch.arange(lesson.ids.shape[1], device=lesson.ids.device)
        for name, model in models.items():
            if isinstance(model, Decoder):
                rows[name] = model(lesson.ids)
                continue
            for block in blocks:
                first = own_from(positions, block, model.reading.boundary).expand_as(lesson.ids)
                rows[f"{name}, block {block}"] = logits(model, lesson, teacher.layers, first)
            if model.reading.boundary == "block":
                length = STANDALONE + 1
                first = own_from(positions, length, "block").expand_as(lesson.ids)
                row = f"{name}, standalone {STANDALONE}"
                standalone.add(row)
                rows[row] = logits(model, lesson, teacher.layers, first)
        for row, out in rows.items():
            if vocabulary and row != "primary":
                out = vocabulary.expanded(out)
            if row in standalone:
                # Behind the last token of a block the primary writes.
                out[:, STANDALONE :: STANDALONE + 1] = rows["primary"][:, STANDALONE :: STANDALONE + 1]
            for metric, values in measure(out, lesson).items():
                known = values[~values.isnan()].double()
                sums.setdefault(row, {}).setdefault(metric, 0.0)
                counts.setdefault(row, {}).setdefault(metric, 0)
                sums[row][metric] += known.sum().item()
                counts[row][metric] += known.numel()
    return {row: {metric: total / counts[row][metric] for metric, total in numbers.items()} for row, numbers in sums.items()}
