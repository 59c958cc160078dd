"""The prompts of the tiny pair's checks: passages of held-out works in the public domain, a line each."""

import pathlib
import re
import textwrap

import storage
import texts

FILE = pathlib.Path(__file__).parents[1] / "tiny-tandem/prompts.txt"
COUNT = 200
# Characters of a prompt.
SHORTEST, LONGEST = 100, 150
# What a passage is: a speech without its speaker, a verse without its number. None of Milton's works is held out.
PASSAGES = {"shakespeare": r"(?m)^[A-Z][A-Z ]+\.\n((?:.+\n)+)", "bible": r"(?m)^\d+:\d+ (.+)"}


def lines(source: str, text: str) -> list[str]:
    """The passages of a work that are long enough, each cut behind a word."""
    found = (textwrap.shorten(passage, LONGEST, placeholder="") for passage in re.findall(PASSAGES[source], text))
    return [line for line in found if len(line) >= SHORTEST and line[0].isalpha()]


def choose(works: dict[str, str], count: int) -> list[str]:
    """As many of each work, at equal distances; works take turns, so that the first lines are of all of them too."""
    held_out = {name: text for name, text in works.items() if texts.is_held_out(name) and name.split("/")[0] in PASSAGES}
    columns = [lines(name.split("/")[0], held_out[name]) for name in sorted(held_out)]
    rows = -(-count // len(columns))
    chosen = [column[row * len(column) // rows] for row in range(rows) for column in columns][:count]
    assert len(set(chosen)) == count, "a work has too few passages"
    return chosen


def write(data: pathlib.Path) -> None:
    chosen = choose(texts.works(data / "packages"), COUNT)
    storage.replace(FILE, "".join(line + "\n" for line in chosen).encode())
    print(f"{FILE}: {len(chosen)} prompts, {sum(map(len, chosen)) / len(chosen):.0f} characters each", flush=True)
