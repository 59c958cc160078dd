"""How a broken pair is built: the files of a good one, with links for the members that a flaw leaves alone."""

from typing import NamedTuple

from . import pairs
from .pairs import Files
from .plan import Link


class Base(NamedTuple):
    """A good pair: PAIR.json, and for each member the good pair whose folder it lies in."""

    pair: dict
    members: dict[str, str]

    def files(self, changes: Files, without: tuple[str, ...] = ()) -> Files:
        """All files of the pair. A member that is left alone is a link; one of which a file changes is a folder of its own,
        because a checkpoint's folder may not lead to files outside it."""
        out: Files = {"PAIR.json": pairs.edited(self.pair)} | changes
        for member, home in self.members.items():
            if member in out or member in without:
                continue
            if not any(name.startswith(member + "/") for name in [*changes, *without]):
                out[member] = Link(f"../../../good/pairs/{home}/{member}")
                continue
            for name, content in GOOD.items():
                local = name.removeprefix(home + "/")
                if name.startswith(f"{home}/{member}/") and local not in without:
                    out.setdefault(local, content)
        return out


GOOD: Files = {path.removeprefix("good/pairs/"): content for path, content in pairs.everything().items()}
TANDEM = Base(
    pairs.TANDEM,
    {"primary": "tandem", "secondary": "tandem", "projection.safetensors": "tandem", "router.safetensors": "tandem"},
)
INDEPENDENT = Base(pairs.INDEPENDENT, {"primary": "tandem", "secondary": "tandem"})
MAPPED = Base(pairs.MAPPED, {"primary": "tandem", "secondary": "independent-mapped"})
BORROWING = Base(
    pairs.BORROWING, {"primary": "tandem", "secondary": "tandem-borrowing", "projection.safetensors": "tandem-borrowing"}
)
GGUF = Base(
    pairs.INDEPENDENT | {"primary": {"path": "primary.gguf"}, "secondary": {"path": "secondary.gguf"}},
    {"primary.gguf": "independent-gguf", "secondary.gguf": "independent-gguf"},
)
