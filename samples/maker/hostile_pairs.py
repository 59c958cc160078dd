"""Hostile pairs, each made from a good one by one change: of PAIR.json here, of its members in `hostile_members`."""

import copy
from collections.abc import Callable

from . import hostile_members
from .broken import INDEPENDENT, MAPPED, TANDEM, Base
from .case import Case
from .pairs import edited
from .plan import Tree


def everything() -> Tree:
    cases = [*text(), *keys(), *layers(), *values(), *hostile_members.cases()]
    names = [case.name for case in cases]
    assert len(names) == len(set(names)), [name for name in names if names.count(name) > 1]
    tree: Tree = {}
    for case in cases:
        assert isinstance(case.content, dict)
        tree |= {f"hostile/pairs/{case.name}/{file}": content for file, content in case.content.items()}
    tree["hostile/pairs/README.md"] = readme(cases).encode("utf-8")
    return tree


def readme(cases: list[Case]) -> str:
    lines = [
        "# Hostile pairs",
        "",
        "Each is a good pair with one flaw, named `<code>-<what is wrong>`: the worst finding on it, with the values looked at,",
        "has this code and no other. Members that the flaw leaves alone are links to `good/pairs`. `make_pairs.py` writes this list.",
        "",
        "| pair | what is wrong |",
        "| --- | --- |",
        *(f"| `{case.name}` | {case.what} |" for case in sorted(cases, key=lambda case: case.name)),
    ]
    return "\n".join(lines) + "\n"


def of_keys(base: Base, code: str, slug: str, what: str, change: Callable[[dict], object] | None = None, **changes) -> Case:
    """A good pair whose PAIR.json has other keys."""
    return Case(code, slug, what, base.files({"PAIR.json": edited(base.pair, change, **changes)}))


# The text --------------------------------------------------------------------------------------------------------


def text() -> list[Case]:
    good = edited(TANDEM.pair).decode("utf-8")
    texts = {
        "PAIR001": {
            "empty": ("the file is empty", ""),
            "cut": ("the file ends in the middle", good[: len(good) // 2]),
            "comment": ("JSON has no comments", "// a pair\n" + good),
            "trailing-comma": ("a comma stands before the closing brace", good.rstrip()[:-1].rstrip() + ",\n}\n"),
            "two-values": ("two objects stand one after the other", good + good),
            "nan-threshold": ("NaN is no JSON number", good.replace("0.8", "NaN")),
            "single-quotes": ("JSON has double quotes only", good.replace('"', "'")),
            "byte-order-mark": ("a byte order mark stands before the text", "\ufeff" + good),
        },
        "PAIR002": {
            "kind": ("`kind` stands twice", good.replace("{\n", '{\n  "kind": "standalone",\n', 1)),
            "nested": ("`router.sign` stands twice", good.replace('"sign"', '"sign": "acceptance",\n    "sign"')),
            "same-value": ("`boundary` stands twice with one value", good.replace('"boundary"', '"boundary": "block",\n  "boundary"')),
            "by-escape": ("`free_token` stands twice, once with an escape", good.replace('"free_token"', '"fr\\u0065e_token": true,\n  "free_token"')),
        },
        "PAIR004": {"array": ("the file holds a list", "[" + good + "]"), "string": ("the file holds a string", '"tandem"\n')},
    }  # fmt: skip
    out = []
    for code, cases in texts.items():
        for slug, (what, content) in cases.items():
            assert content != good
            out.append(Case(code, slug, what, TANDEM.files({"PAIR.json": content.encode("utf-8")})))
    invalid = good.encode("utf-8").replace(b'"primary"', b'"prim\xffary"', 1)
    out.append(Case("PAIR001", "not-utf-8", "a key is not UTF-8", TANDEM.files({"PAIR.json": invalid})))
    return out


# Keys ------------------------------------------------------------------------------------------------------------


def keys() -> list[Case]:
    def inside(name: str, **changes) -> Callable[[dict], object]:
        return lambda pair: pair[name].update(changes)

    def without(name: str, key: str) -> Callable[[dict], object]:
        return lambda pair: pair[name].pop(key)

    cases = [
        of_keys(TANDEM, "PAIR003", "layermap", "`layermap` is no key; `layer_map` is", layermap=[1, 3]),
        of_keys(TANDEM, "PAIR003", "treshold", "`router.treshold` is no key", inside("router", treshold=0.5)),
        of_keys(TANDEM, "PAIR003", "block-length", "`block_length.max` is no key", inside("block_length", max=8)),
        of_keys(TANDEM, "PAIR003", "revision", "`primary.revision` is no key", inside("primary", revision="main")),
        of_keys(TANDEM, "PAIR004", "kind", "`medusa` is no kind of pair", kind="medusa"),
        of_keys(TANDEM, "PAIR004", "primary-string", "`primary` is a string", primary="primary"),
        of_keys(TANDEM, "PAIR004", "path-empty", "a path is empty", secondary={"path": ""}),
        of_keys(TANDEM, "PAIR004", "layer-map-number", "`layer_map` is a number", layer_map=3),
        of_keys(TANDEM, "PAIR004", "layer-map-fraction", "a layer is 1.5", layer_map=[1, 1.5]),
        of_keys(TANDEM, "PAIR004", "layer-map-negative", "a layer is -1", layer_map=[-1, 3]),
        of_keys(TANDEM, "PAIR004", "layer-map-huge", "a layer is 1e30", layer_map=[1, 1e30]),
        of_keys(TANDEM, "PAIR004", "layer-ids", "no such way to number layers", layer_ids="hidden_states"),
        of_keys(TANDEM, "PAIR004", "final-norm-null", "`final_norm` is null", final_norm=None),
        of_keys(TANDEM, "PAIR004", "free-token-number", "`free_token` is 1", free_token=1),
        of_keys(TANDEM, "PAIR004", "boundary", "no such boundary", boundary="blocks"),
        of_keys(TANDEM, "PAIR004", "block-length-zero", "a block has no token", inside("block_length", default=0)),
        of_keys(TANDEM, "PAIR004", "acceptance", "no such rule", acceptance="typical"),
        of_keys(TANDEM, "PAIR004", "weight-without-j", "the name is the same for all layers", inside("projection", weight="projections.weight")),
        of_keys(TANDEM, "PAIR004", "threshold-over-1", "a probability is 80", inside("router", threshold=80)),
        of_keys(TANDEM, "PAIR004", "top-k-zero", "`top_k` is 0", inside("router", top_k=0)),
        of_keys(TANDEM, "PAIR004", "sign", "no such sign", inside("router", sign="positive")),
        of_keys(TANDEM, "PAIR004", "activation", "no such function", inside("router", activation="mish")),
        of_keys(TANDEM, "PAIR004", "made-for-short", "a digest has 63 digits", inside("made_for", primary="0" * 63)),
        of_keys(TANDEM, "PAIR004", "transform-missing-digest", "a digest is a number", inside("primary", derived_from={"digest": 1, "transform": "q8_0"})),
        of_keys(TANDEM, "PAIR004", "vocabulary", "no such contract", vocabulary="same"),
        of_keys(TANDEM, "PAIR004", "convention", "no such convention", vocabulary={"draft_to_target": "d2t", "convention": "index"}),
        of_keys(TANDEM, "PAIR004", "allow-string", "`allow` is a string", allow="PAIR049"),
        of_keys(TANDEM, "PAIR005", "everything", "an empty object", **{key: ... for key in TANDEM.pair}),
        of_keys(INDEPENDENT, "PAIR005", "independent-vocabulary", "`vocabulary` is missing", vocabulary=...),
        of_keys(INDEPENDENT, "PAIR005", "independent-secondary", "`secondary` is missing", secondary=...),
        of_keys(INDEPENDENT, "PAIR006", "layer-map", "an independent draft reads no layers", layer_map=[1, 3]),
        of_keys(INDEPENDENT, "PAIR006", "projection", "an independent draft has no projection", projection=TANDEM.pair["projection"]),
        of_keys(INDEPENDENT, "PAIR006", "free-token", "only a tandem has this mode", free_token=True),
        of_keys(INDEPENDENT, "PAIR006", "standalone-with-secondary", "one model is no pair", kind="standalone", block_length=..., acceptance=..., vocabulary=...),
        of_keys(TANDEM, "PAIR007", "nowhere", "the secondary's path leads nowhere", secondary={"path": "draft"}),
        of_keys(TANDEM, "PAIR007", "tokenizer-nowhere", "the tokenizer's path leads nowhere", tokenizer={"path": "tokenizer.json"}),
        of_keys(TANDEM, "PAIR009", "unknown", "no rule has this code", allow=["PAIR999"]),
        of_keys(TANDEM, "PAIR009", "error", "an error cannot be accepted", allow=["PAIR033"]),
        of_keys(TANDEM, "PAIR010", "unused", "there is nothing to accept", allow=["PAIR049"]),
    ]  # fmt: skip
    for key in TANDEM.pair:
        if key not in ("router", "made_for"):
            cases.append(of_keys(TANDEM, "PAIR005", key.replace("_", "-"), f"`{key}` is missing", **{key: ...}))
    for name in ("projection", "router", "block_length"):
        for key in TANDEM.pair[name]:
            slug = f"{name}-{key}".replace("_", "-")
            cases.append(of_keys(TANDEM, "PAIR005", slug, f"`{name}.{key}` is missing", without(name, key)))
    return cases


# Layers ----------------------------------------------------------------------------------------------------------


def layers() -> list[Case]:
    rows = [
        ("PAIR021", "one-entry", "one entry for two layers", [1], "state-after"),
        ("PAIR021", "three-entries", "three entries for two layers", [1, 2, 3], "state-after"),
        ("PAIR021", "none", "an empty map", [], "state-after"),
        ("PAIR022", "state-after-5", "there is no fifth layer", [1, 5], "state-after"),
        ("PAIR022", "output-of-4", "layers are numbered from 0 to 3", [1, 4], "output-of"),
        ("PAIR022", "input-of-5", "layers are numbered from 0 to 3", [1, 5], "input-of"),
        ("PAIR023", "descending", "the second layer reads an earlier state", [3, 1], "state-after"),
        ("PAIR023", "twice", "both layers read one state", [2, 2], "state-after"),
        ("PAIR024", "input-of-4", "there is no layer 4 that the last state would go into", [1, 4], "input-of"),
        ("PAIR024", "embedding-only", "a state after layer 0 is the embedding", [0, 2], "state-after"),
        ("PAIR025", "last-layer", "the last state, before the final norm", [2, 4], "state-after"),
    ]  # fmt: skip
    return [
        of_keys(TANDEM, code, slug, what, layer_map=ids, layer_ids=convention, final_norm=False)
        for code, slug, what, ids, convention in rows
    ]


# Values ----------------------------------------------------------------------------------------------------------


def values() -> list[Case]:
    def lengths(**changes) -> Callable[[dict], object]:
        return lambda pair: pair["block_length"].update(changes)

    mask = copy.deepcopy(MAPPED.pair["vocabulary"])
    return [
        of_keys(TANDEM, "PAIR063", "trained-over-maximum", "trained with 9, at most 8", lengths(trained=9)),
        of_keys(TANDEM, "PAIR063", "default-over-maximum", "9 by default, at most 8", lengths(default=9)),
        of_keys(TANDEM, "PAIR063", "over-context", "a block longer than the context", lengths(maximum=128)),
        of_keys(MAPPED, "PAIR051", "no-such-tensor", "the secondary has no such tensor", vocabulary=mask | {"draft_to_target": "draft_ids"}),
        of_keys(MAPPED, "PAIR051", "no-map", "the head has 64 rows for 96 tokens, and no map is named", vocabulary="shared"),
        of_keys(MAPPED, "PAIR054", "offsets-as-ids", "the offsets are said to be ids", vocabulary=mask | {"convention": "id"}),
        of_keys(TANDEM, "PAIR082", "top-k", "the router's input is as wide as four tokens make it", lambda pair: pair["router"].update(top_k=3)),
        of_keys(TANDEM, "PAIR081", "names", "no tensor has these names", lambda pair: pair["router"].update(weight="mlp.{j}.weight")),
        of_keys(TANDEM, "PAIR031", "names", "no tensor has these names", lambda pair: pair["projection"].update(weight="ff_tandem.{j}.weight")),
    ]  # fmt: skip
