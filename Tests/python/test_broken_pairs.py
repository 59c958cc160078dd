"""What finds a broken pair: each flaw of samples/break_tandem.py, made in a trained tandem, against samples/broken-pairs.md.

    test_broken_pairs.py [PAIR_FOLDER] [--write]

First `tandem validate`, then `--values`, then what `tandem probe` measures on the bundle, if it can be packed. Prints the table with
what was measured; --write records what was found. Needs numpy.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

from support import SAMPLES, TOOL, check, tandem

sys.path.insert(0, str(SAMPLES))

import break_tandem  # noqa: E402

RECORD = SAMPLES / "broken-pairs.md"
# Behind 25 prompts a figure varies by about 3 % of itself.
PROMPTS = (SAMPLES / "tiny-tandem/prompts.txt").read_text().splitlines()[::8]
PROBE = ["--max-tokens", 48, "--rounds", 1, "--gamma", 4, "--threads", 1, "--json", *(word for text in PROMPTS for word in ("-p", text))]
# Of what the good pair reaches. Between both a flaw is on the edge, where another processor's rounding may decide: there the record does.
CLEARLY_LOST, LOST, KEPT = 0.87, 0.9, 0.93
SEVERITIES = "error", "warning", "note"
TEXT = """# What finds a broken pair

Each row is the trained tandem in `tiny-tandem` with one flaw, as `break_tandem.py` makes it. *Static* is `tandem validate`, *values* what
`--values` adds: the codes of the worst severity, which is named if it is no error. *Probe* is `tandem probe` behind 25 prompts: one of
these figures is under nine tenths of the good pair's: the part of first drafted tokens that stand, the tokens that stand of a block of 4 and
of a block that the router ends, the part of the latter's tokens that stand, and how often both models find the same token likeliest. It is
not asked where validation has errors, because such a pair is not packed. `Tests/python/test_broken_pairs.py` checks this table, and writes
it with `--write`.

| pair | what is wrong | found by |
| --- | --- | --- |
"""


def findings(pair, *options):
    """The severity of each code at each item."""
    result = subprocess.run([TOOL, "validate", pair, "--json", *options], capture_output=True, text=True)
    check(result.returncode in (0, 1), f"validate {pair}: exit {result.returncode}: {result.stderr}")
    return {(finding["code"], finding.get("item")): finding["severity"] for finding in json.loads(result.stdout)["findings"]}


def worst(found):
    """The codes of the worst severity, as the table has them; nothing if nothing is found."""
    for severity in SEVERITIES:
        if codes := sorted({code for (code, item), own in found.items() if own == severity}):
            return " ".join(codes) + (f" ({severity})" if severity != "error" else "")
    return ""


def measure(pair, bundle):
    """What a pair reaches: each figure is smaller for a worse one."""
    tandem("pack", pair, "-o", bundle, "--force")
    report = json.loads(tandem("probe", bundle, *PROBE))
    drafting = {run["block_length"]: run["drafting"] for run in report["runs"]}
    routed = drafting[None]
    # The models' agreement sees what drafts that are checked do not depend on.
    return {
        "same likeliest token": report["agreement"]["relative_accuracy"],
        "first tokens": report["acceptance"],
        "tokens of a block of 4": drafting[4]["mean_accepted_length"],
        "tokens of a router's block": routed["mean_accepted_length"],
        "part of a router's drafts": routed["accepted_count"] / routed["drafted_count"],
    }


def examine(pair, bundle, good, known, recorded):
    """What finds a flaw, and what was measured; `known` are the good pair's own findings."""
    found, figures = [], {}
    static = findings(pair)
    values = {at: severity for at, severity in findings(pair, "--values").items() if at not in static and at not in known}
    found += [f"static {worst(static)}"] if static else []
    found += [f"values {worst(values)}"] if values else []
    if "error" not in static.values():
        figures = measure(pair, bundle)
        lowest = min(figures[name] / good[name] for name in good)
        is_on_edge = CLEARLY_LOST <= lowest < KEPT and recorded is not None
        is_lost = "probe" in recorded if is_on_edge else lowest < LOST
        found += ["probe"] if is_lost else []
    return ", ".join(found) or "nothing", figures


def read_record():
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| .* \| (.*) \|$", RECORD.read_text(), re.M) if RECORD.exists() else []
    check([name for name, _ in rows] == [flaw.name for flaw in break_tandem.FLAWS], f"{RECORD.name} has the script's flaws, in its order")
    return dict(rows)


def main(words):
    writes = "--write" in words
    folder = pathlib.Path(next((word for word in words if word != "--write"), SAMPLES / "tiny-tandem"))
    check((folder / "pair.json").exists(), f"{folder} holds a trained pair")
    recorded = {} if writes else read_record()
    with tempfile.TemporaryDirectory() as name:
        broken, bundle = pathlib.Path(name, "broken"), pathlib.Path(name, "pair.tandem")
        check(not findings(folder / "pair.json"), "nothing is found in the good pair's files")
        # A pair that was trained briefly has matrices that look as if they were not.
        known = findings(folder / "pair.json", "--values")
        check({code for code, _ in known} <= {"VA005"}, f"the good pair's values are good: {known}")
        good = measure(folder / "pair.json", bundle)
        check(all(value > 0 for value in good.values()), f"drafts of the good pair stand: {good}")
        break_tandem.write_all(folder, broken)
        names = [flaw.name for flaw in break_tandem.FLAWS]
        check(sorted(path.name for path in broken.iterdir()) == sorted(names), "each flaw is a pair of its own")
        results = {name: examine(broken / name / "pair.json", bundle, good, known, recorded.get(name)) for name in names}
    print(f"| pair | found by | {' | '.join(good)} |\n| --- | --- |{' --- |' * len(good)}")
    for name, (found, figures) in {"the good one": ("", good), **results}.items():
        print(f"| {name} | {found} | {' | '.join(f'{figures[key]:.2f}' if figures else '–' for key in good)} |")
    if writes:
        RECORD.write_text(TEXT + "".join(f"| `{flaw.name}` | {flaw.what} | {results[flaw.name][0]} |\n" for flaw in break_tandem.FLAWS))
        return
    others = [f"{name}: {results[name][0]}, not {recorded[name]}" for name in names if results[name][0] != recorded[name]]
    check(not others, "\n".join(["other things find flaws than recorded:", *others]))
    print(f"{len(names)} broken pairs are found as {RECORD.name} says")


if __name__ == "__main__":
    main(sys.argv[1:])
