"""One hostile sample: a finding code, what is wrong, and the bytes."""

from typing import NamedTuple

from .plan import Link


class Case(NamedTuple):
    code: str
    slug: str
    what: str
    content: bytes | dict[str, bytes | Link]
    # Codes that a reader may report for the same flaw.
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.code}-{self.slug}"
