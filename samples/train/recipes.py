"""What is trained: sizes, schedules, and the variants of the ablations. Without a prefix for the tiny pair."""

import dataclasses

from continuations import Writing
from decoder import Shape
from router import RouterShape
from secondaries import Variant
from tandem import Reading
from trainer import Schedule

VOCABULARY = 2048
# Deep and narrow, so that a secondary of the same width is cheap.
PRIMARY = Shape(VOCABULARY, width=192, layers=15, heads=6, shared_heads=3, feed_forward=768)
# An eleventh of the primary's cost, half of that its head. As wide as the primary, so that a projected state can say all that the
# primary's says; its embedding and head begin as the primary's.
SECONDARY = Shape(VOCABULARY, width=192, layers=2, heads=6, shared_heads=6, feed_forward=64)
READING = Reading((5, PRIMARY.layers))
# Learns from the primary's distribution only.
TAUGHT = {"distils_from": 0, "balance": 1}
# Blocks are cut into each of these lengths equally often.
MIXED_BLOCKS = (2, 4, 8)
# Which of the secondaries is exported as `pair.json`, and has the router trained for it; and the drafter in `speed.json`.
EXPORTED, DRAFTER = "tandem-mixed", "alone-taught"
BLOCKS = {"trained": 8, "default": 2, "maximum": 16}
# The exported router asks the primary behind this share of the tokens of texts: of the tiny pair's drafts two tokens pay. The paper
# asks from 0.8 on.
ASKED_SHARE = 0.65
# The exported one, and others to compare it with.
ROUTERS = {
    "exported": RouterShape(),
    "k = 2": RouterShape(top_k=2),
    "k = 16": RouterShape(top_k=16),
    "hidden 16": RouterShape(hidden=16),
    "hidden 256": RouterShape(hidden=256),
}


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long everything is trained; a step is 4,096 tokens."""

    primary: Schedule
    ablations: Schedule
    secondaries: Schedule
    router: Schedule
    # Windows of 256 tokens that are measured on.
    windows: int = 240


PLANS = {
    # A few minutes, to see that every step works.
    "smoke": Plan(Schedule(6, 2), Schedule(4, 2), Schedule(6, 2), Schedule(4, 2), windows=8),
    "quick": Plan(Schedule(300, 100), Schedule(200, 60), Schedule(400, 130), Schedule(100, 50)),
    "medium": Plan(Schedule(3000, 1000), Schedule(300, 100), Schedule(1200, 700), Schedule(300, 120)),
    "long": Plan(Schedule(18000, 5000), Schedule(600, 200), Schedule(10000, 3000), Schedule(1000, 300)),
}


def secondaries() -> dict[str, Variant]:
    """The paper's Table 1: the drafter alone, and both losses of the tandem, by equation 2 as it is written, trained with blocks of 2;
    drafter and tandem taught by the primary only; and one of these for longer blocks, whose boundary fits drafts behind a free token.

    What learns from the text too, as in the paper, predicts it better than the primary where it sees the primary's answer, and so less
    like it.
    """
    paper = dataclasses.replace(READING, boundary="paper")

    def learns(reading: Reading | None, **changes) -> Variant:
        return Variant(SECONDARY, reading, borrows=True, learns_words=True, **changes)

    return {
        "alone": learns(None),
        "tandem-ce": learns(paper, distils_from=1),
        "tandem-distil": learns(paper),
        DRAFTER: learns(None, **TAUGHT),
        "tandem-taught": learns(paper, **TAUGHT),
        EXPORTED: learns(READING, blocks=MIXED_BLOCKS, **TAUGHT),
    }


def ablations() -> dict[str, Variant]:
    """One choice at a time, against states 5 and 15, the last behind the final norm, projected states through the norm, no bias, boundary
    `block`, blocks of 2."""

    def tandem(shape: Shape = SECONDARY, blocks: tuple[int, ...] = (2,), borrows: bool = True, learns_words: bool = True,
               **changes) -> Variant:  # fmt: skip
        reading = dataclasses.replace(READING, **changes)
        return Variant(shape, reading, blocks, borrows=borrows, learns_words=learns_words)

    narrow = Shape(VOCABULARY, width=128, layers=2, heads=4, shared_heads=2, feed_forward=480)
    one = Shape(VOCABULARY, width=192, layers=1, heads=6, shared_heads=6, feed_forward=384)
    return {
        "alone": Variant(SECONDARY, None, borrows=True, learns_words=True),
        "base": tandem(),
        "l = (10, 15)": tandem(layer_map=(10, 15)),
        "l = (15, 15)": tandem(layer_map=(15, 15)),
        "l = (7, 14)": tandem(layer_map=(7, 14)),
        "before the final norm": tandem(final_norm=False),
        "projected states not normed": tandem(projected_norm=False),
        "bias": tandem(bias=True),
        "boundary paper": tandem(boundary="paper"),
        "blocks of 2, 4, 8": tandem(blocks=MIXED_BLOCKS),
        "one layer": tandem(one, layer_map=(15,)),
        "128 wide": tandem(narrow, borrows=False),
        "the primary's words": tandem(learns_words=False),
    }


# SmolLM2-135M-Instruct ---------------------------------------------------------------------------------------------

SMOL_CONTEXT = 512
# States that are kept on disk: layers passed, the last behind the final norm.
SMOL_TAPS = (6, 16, 30)
# Drafts behind a free token, and what sees its own last state (boundary `paper`).
SMOL_READING, SMOL_PAPER_READING = Reading(SMOL_TAPS[:2]), Reading(SMOL_TAPS[1:], boundary="paper")
SMOL_RATE = 5e-3
SMOL_HEAD = 14336
# An eleventh of the primary's cost. As wide as the primary, as the tiny one.
SMOL_SECONDARY = Shape(49152, width=576, layers=2, heads=9, shared_heads=9, feed_forward=320, context=8192, head=SMOL_HEAD,
                       rotary_base=100000.0)  # fmt: skip
# Characters of conversations and of other texts, about four a token.
SMOL_CHATS, SMOL_TEXTS = 15_000_000, 7_000_000
# A third each: greedy texts, as speculative decoding is measured on, and less and more varied ones. A greedy text soon repeats itself, so
# that it goes on behind more of another.
SMOL_WRITINGS = Writing(256, 0.0), Writing(192, 0.6), Writing(192, 0.9)


@dataclasses.dataclass(frozen=True)
class SmolPlan:
    """Shards are 16,384 tokens of the primary, pieces that it writes eight shards, a step is 4,096, windows that are measured on 512."""

    shards: int
    written: int
    secondaries: Schedule
    router: Schedule
    windows: int


SMOL_PLANS = {
    "quick": SmolPlan(4, 1, Schedule(30, 10), Schedule(10, 5), 4),
    "medium": SmolPlan(160, 0, Schedule(1200, 700, 40), Schedule(150, 60, 30), 64),
    # Of a pair that was trained before: `--begin`. Half of its shards the primary wrote.
    "further": SmolPlan(24, 3, Schedule(720, 450), Schedule(150, 60, 30), 64),
    "long": SmolPlan(300, 36, Schedule(5000, 1500), Schedule(600, 200), 128),
}


def smol_secondaries() -> dict[str, Variant]:
    """As `secondaries`, those that are taught by the primary only: the texts are not what SmolLM2 was trained on. Their words are its."""

    def learns(reading: Reading | None, **changes) -> Variant:
        return Variant(SMOL_SECONDARY, reading, borrows=True, **TAUGHT, **changes)

    return {
        DRAFTER: learns(None),
        "tandem-taught": learns(SMOL_PAPER_READING),
        EXPORTED: learns(SMOL_READING, blocks=MIXED_BLOCKS),
    }
