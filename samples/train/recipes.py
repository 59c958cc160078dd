"""What is trained: sizes, schedules, and the variants of the ablations."""

import dataclasses

from decoder import Shape
from router import RouterShape
from secondaries import Variant
from tandem import Reading
from trainer import Schedule

VOCABULARY = 2048
PRIMARY = Shape(VOCABULARY, width=256, layers=8, heads=8, shared_heads=4, feed_forward=704)
# A twelfth of the primary's cost, head included.
SECONDARY = Shape(VOCABULARY, width=128, layers=2, heads=4, shared_heads=2, feed_forward=224)
READING = Reading((5, 8))
BLOCKS = {"trained": 2, "default": 4, "maximum": 16}
ROUTER = RouterShape()


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long everything is trained; a step of the primary is 6,144 tokens, one of the others 4,096."""

    primary: Schedule
    ablations: Schedule
    secondaries: Schedule
    router: Schedule


PLANS = {
    "quick": Plan(Schedule(300, 100), Schedule(200, 60), Schedule(400, 130), Schedule(100, 50)),
    "long": Plan(Schedule(5000, 1500), Schedule(600, 200), Schedule(5000, 1500), Schedule(800, 300)),
}


def secondaries(reading: Reading = READING, shape: Shape = SECONDARY) -> dict[str, Variant]:
    """The paper's Table 1: the drafter alone, and both losses of the tandem."""
    return {
        "alone": Variant(shape, None),
        "tandem-ce": Variant(shape, reading, distils_from=1),
        "tandem-distil": Variant(shape, reading),
    }


def ablations() -> dict[str, Variant]:
    """One choice at a time, against l = (5, 8), projected states through the norm, no bias, boundary `block`, blocks of 2."""

    def tandem(blocks: tuple[int, ...] = (2,), **changes) -> Variant:
        return Variant(SECONDARY, dataclasses.replace(Reading((5, 8)), **changes), blocks)

    return {
        "alone": Variant(SECONDARY, None),
        "base": tandem(),
        "l = (2, 5)": tandem(layer_map=(2, 5)),
        "l = (4, 8)": tandem(layer_map=(4, 8)),
        "l = (7, 7)": tandem(layer_map=(7, 7)),
        "l = (8, 8)": tandem(layer_map=(8, 8)),
        "before the final norm": tandem(final_norm=False),
        "projected states not normed": tandem(projected_norm=False),
        "bias": tandem(bias=True),
        "boundary paper": tandem(boundary="paper"),
        "blocks of 2, 4, 8": tandem(blocks=(2, 4, 8)),
    }
