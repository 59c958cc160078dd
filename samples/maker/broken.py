"""How a broken pair is built: the files of a good one, those that a flaw leaves alone as links."""

from typing import NamedTuple

from . import pairs
from .pairs import Files
from .plan import Link


class Base(NamedTuple):
    """A good pair: PAIR.json, and for each member the good pair whose folder it lies in."""

    pair: dict
    members: dict[str, str]

    def files(self, changes: Files, without: tuple[str, ...] = ()) -> Files:
        """All files of the pair: those given, and links for the others. A member of which a file changes becomes a folder."""
        out: Files = {"PAIR.json": pairs.edited(self.pair)} | changes
        for member, home in self.members.items():
            if member in out or member in without:
                continue
            files = [name for name in GOOD if name.startswith(f"{home}/{member}/")]
            if not any(name.startswith(member + "/") for name in [*changes, *without]):
                out[member] = Link(f"../../../good/pairs/{home}/{member}")
                continue
            for name in files:
                local = name.removeprefix(home + "/")
                if local not in without:
                    out.setdefault(local, Link(f"../../../../good/pairs/{name}"))
        # A file that came out the same is no flaw: the good one does.
        for name, content in out.items():
            home = self.members.get(name.split("/")[0])
            if home and content == GOOD.get(f"{home}/{name}"):
                depth = name.count("/") + 3
                out[name] = Link("../" * depth + f"good/pairs/{home}/{name}")
        return out


GOOD: Files = {path.removeprefix("good/pairs/"): content for path, content in pairs.everything().items()}
TANDEM = Base(
    pairs.TANDEM,
    {"primary": "tandem", "secondary": "tandem", "projection.safetensors": "tandem", "router.safetensors": "tandem"},
)
INDEPENDENT = Base(pairs.INDEPENDENT, {"primary": "tandem", "secondary": "tandem"})
MAPPED = Base(pairs.MAPPED, {"primary": "tandem", "secondary": "independent-mapped"})
