"""Trained pairs, those of samples or another: packs; what drafts are made for never changes a token; PyTorch's numbers and tokens.

Without an option a few prompts, blocks of 1, 4 and 16 and the router's. `--exact`: block lengths from 1 to 16, all prompts unless
`--prompts` says how many. `--reference`: logarithms and greedy texts against the equations in PyTorch, with the pair's weights widened to F32: behind BF16 weights the tool
rounds activations to BF16 too, as the reference does not.
"""

import argparse
import concurrent.futures
import functools
import itertools
import json
import pathlib
import tempfile

from support import SAMPLES, check, tandem

FOLDER = SAMPLES / "tiny-tandem"
# Its primary is fetched, and is not there without a network; a few prompts of its own take as long as many of the tiny one.
SMOLLM2 = SAMPLES / "smollm2-tandem"
PROMPTS, QUICK, QUICK_SMOLLM2 = 200, 20, 4
LONGEST_BLOCK = 16
QUICK_BLOCKS = (1, 4, LONGEST_BLOCK)
# Of `--reference`. Prompts are joined to texts, so that blocks of 16 end often; contexts hold 512 tokens.
JOINED = 8
BLOCKS = (1, 2, 4, 8, 16)
WRITTEN = 128
# The reference's own choice and the tool's are a near tie if the reference's logits of both are closer than this.
MARGIN = 1e-3
END = 1


def packed(folder, source, name, *options):
    bundle = pathlib.Path(folder, f"{name}.tandem")
    tandem("pack", source, "-o", bundle, *options)
    tandem("verify", bundle)
    return bundle


def run(bundle, prompt, count, mode, *options):
    return json.loads(tandem("run", bundle, "-p", prompt, "--max-tokens", count, "--threads", 1, "--json", "--mode", mode, *options))


# Exactness -------------------------------------------------------------------------------------------------------


def exact(source, prompts, gammas):
    with tempfile.TemporaryDirectory() as folder:
        check_exact(*(packed(folder, source / f"{name}.json", name) for name in ("pair", "speed")), prompts, gammas)


def check_exact(pair, independent, prompts, gammas):
    """Drafting modes write the primary's tokens, whatever the length of blocks; some drafted tokens stand, some do not."""
    # The router is the pair's; in mode `speed` its secondary drafts alone.
    cases = [(bundle, mode, gamma) for bundle, mode in ((independent, "speed"), (pair, "tandem-speed")) for gamma in gammas]
    cases += [(pair, mode, "adaptive") for mode in ("speed", "tandem-speed")]

    def compare(prompt):
        alone = run(pair, prompt, 64, "primary")["tokens"]
        drafting = []
        for bundle, mode, gamma in cases:
            result = run(bundle, prompt, 64, mode, "--gamma", gamma)
            what = f"{bundle.stem}, {mode}, gamma {gamma}, {prompt!r}"
            check(result["tokens"] == alone, f"{what}: {result['tokens']} where the primary writes {alone}")
            drafting.append(result["drafting"])
        return len(alone), drafting

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compare, prompts))
    tokens = sum(count for count, _ in results)
    check(tokens > 32 * len(prompts), f"the primary writes {tokens} tokens behind {len(prompts)} prompts, too few to compare")
    for (bundle, mode, gamma), drafts in zip(cases, zip(*(drafting for _, drafting in results))):
        blocks, drafted, accepted = (sum(draft[f"{name}_count"] for draft in drafts) for name in ("block", "drafted", "accepted"))
        what = f"{bundle.stem}, {mode}, gamma {gamma}"
        longest = max(len(draft["drafted_at"]) for draft in drafts)
        check(longest <= LONGEST_BLOCK if gamma == "adaptive" else longest == gamma, f"{what}: the longest draft has {longest} tokens")
        check(0 < accepted < drafted, f"{what}: {accepted} of {drafted} drafted tokens stand")
        if mode == "tandem-speed" and gamma == "adaptive":
            check(blocks < drafted < LONGEST_BLOCK * blocks, f"{what}: {blocks} drafts of {drafted} tokens, all of one length")
        print(f"  {what}: {accepted / blocks:.2f} of {drafted / blocks:.2f} drafted tokens stand")
    print(f"{len(prompts) * len(cases)} drafting runs write exactly the primary's tokens, {tokens} behind {len(prompts)} prompts")


# Against PyTorch -------------------------------------------------------------------------------------------------


def check_logits(pairs, prompts):
    import test_tandem

    texts = ["\n".join(prompts[at : at + JOINED]) for at in range(0, len(prompts), JOINED)]
    for bundle, pair in pairs.items():
        worst = max(test_tandem.check_logits(pair, bundle, text, BLOCKS) for text in texts)
        print(f"{bundle.stem}: logarithms of {len(texts)} texts differ from PyTorch's by at most {worst:.0e}")


def standalone_logits(pair, ids, prompt_count, block, free_token):
    """Row i is of whoever writes token i + 1 in mode `tandem` (`generation.standalone`), from one pass of each model over the text."""
    import generation
    import torch
    from tandem import taps

    drafts = torch.zeros(len(ids), dtype=torch.bool)
    first = torch.zeros(len(ids), dtype=torch.long)
    at = prompt_count
    while at < len(ids):
        # Of the block's drafted tokens the first is written behind position `begin`, when the primary has read `processed` tokens.
        begin = at if free_token else at - 1
        processed = at if free_token or pair.tandem.reading.boundary == "paper" else at - 1
        drafts[begin : begin + block] = True
        first[begin : begin + block] = processed
        at = begin + block + 1
    tokens = torch.tensor([ids])
    states = taps(pair.primary, pair.primary.states(tokens), pair.tandem.reading)
    written = pair.tandem(tokens, states, first[None])[0]
    rows = generation.primary_logits(pair, ids)
    if pair.head_ids is not None:
        written = torch.full_like(rows, -torch.inf).index_copy(1, pair.head_ids, written)
    return torch.where(drafts[:, None], written, rows)


def check_tokens(pairs, prompts):
    """Greedy texts of every mode.

    A text is the reference's if each of its tokens is the reference's choice behind those before it. So the reference reads the tool's
    text in one pass, and behind a near tie goes on with what the tool wrote.
    """
    import generation

    (tandem_bundle, tandem_pair), (speed_bundle, _) = pairs.items()
    texts = near_ties = tokens = 0

    def compare(bundle, logits, *options):
        """`logits` are the reference's behind ids of which the first so many are the prompt."""
        nonlocal texts, near_ties, tokens
        for prompt in prompts:
            what = f"{bundle.stem}, {' '.join(map(str, options))}, {prompt!r}"
            result = run(bundle, prompt, WRITTEN, *options, "--cache", "f32")
            written = result["tokens"] + [END] * (result["end"] == "end-token")
            check(len(written) == WRITTEN or written[-1] == END, f"{what}: ends with {result['end']} after {len(written)} tokens")
            ids = prompt_ids(bundle, prompt)
            rows = logits(ids + written, len(ids))[len(ids) - 1 : -1]
            for place, (token, row) in enumerate(zip(written, rows, strict=True)):
                gap = float(row.max() - row[token])
                if gap != 0:
                    difference = f"{what}: token {place} is {token}, PyTorch's {int(row.argmax())} is better by {gap:.1e}"
                    check(gap < MARGIN, difference)
                    near_ties += 1
                    print(f"  {difference}, a near tie")
            texts, tokens = texts + 1, tokens + len(written)

    def by_primary(ids, _):
        return generation.primary_logits(tandem_pair, ids)

    compare(tandem_bundle, by_primary, "primary")
    for bundle, pair in pairs.items():
        # One whose head has fewer tokens does not write alone.
        if pair.head_ids is None:
            compare(bundle, lambda ids, _: generation.secondary_logits(pair, ids), "secondary")
    for gamma in BLOCKS:
        compare(speed_bundle, by_primary, "speed", "--gamma", gamma)
        compare(tandem_bundle, by_primary, "tandem-speed", "--gamma", gamma)
        for free, word in (True, "always"), (False, "never"):
            rows = functools.partial(standalone_logits, tandem_pair, block=gamma, free_token=free)
            compare(tandem_bundle, rows, "tandem", "--gamma", gamma, "--free-token", word)
    compare(tandem_bundle, by_primary, "tandem-speed", "--gamma", "adaptive")
    check(near_ties < tokens / 1000, f"{near_ties} of {tokens} tokens are near ties")
    print(f"{texts} greedy texts of {tokens} tokens: PyTorch's but for {near_ties} near ties")


def prompt_ids(bundle, prompt):
    import test_tandem

    return [int(word) for word in test_tandem.piped("tokenize", bundle, "--ids", text=prompt).split()]


def check_drafts(pairs, prompts):
    """The same blocks: where a draft ends, and what of it stands. A secondary that drafts wrongly shows here, not in the text."""
    import generation

    (tandem_bundle, tandem_pair), (speed_bundle, speed_pair) = pairs.items()
    cases = [(speed_bundle, speed_pair, "speed", 4, None), (tandem_bundle, tandem_pair, "tandem-speed", 4, None)]
    cases += [(tandem_bundle, tandem_pair, "tandem-speed", "adaptive", tandem_pair.router.shape.threshold)]
    for bundle, pair, mode, gamma, threshold in cases:
        blocks = 0
        for prompt in prompts:
            result = run(bundle, prompt, 48, mode, "--gamma", gamma, "--cache", "f32")
            if result["end"] == "end-token":
                # The reference writes on behind an end.
                continue
            longest = LONGEST_BLOCK if gamma == "adaptive" else gamma
            written = generation.speculative(pair, prompt_ids(bundle, prompt), 48, longest, threshold)
            ours = [result["drafting"][f"{name}_count"] for name in ("block", "drafted", "accepted")]
            theirs = [len(written.blocks), *map(sum, zip(*written.blocks))]
            what = f"{bundle.stem}, {mode}, gamma {gamma}, {prompt!r}"
            check(ours == theirs, f"{what}: blocks, drafted and accepted tokens are {ours}, PyTorch's {theirs}")
            blocks += len(written.blocks)
        check(blocks > 0, f"{bundle.stem}, {mode}, gamma {gamma}: nothing to compare")
        print(f"{bundle.stem}, {mode}, gamma {gamma}: {blocks} blocks are PyTorch's")


def reference_pair(path, folder):
    """What PyTorch runs: a primary that is a GGUF file as a folder, in binary32."""
    import test_tandem

    primary = path.parent / json.loads(path.read_text())["primary"]["path"]
    converted = pathlib.Path(folder, "primary")
    if primary.is_file() and not converted.exists():
        tandem("convert", primary, converted, "--to", "huggingface", "--dtype", "f32")
    return test_tandem.read_pair(path, converted if primary.is_file() else None)


def check_reference(source, folder, prompts):
    kinds = {"pair": ("primary", "secondary", "projection"), "speed": ("primary", "secondary")}
    pairs = {}
    for name, members in kinds.items():
        wide = itertools.chain.from_iterable(("--dtype", f"{member}=f32") for member in members)
        bundle = packed(folder, source / f"{name}.json", f"{name}-f32", *wide)
        pairs[bundle] = reference_pair(source / f"{name}.json", folder)
    check_logits(pairs, prompts)
    check_tokens(pairs, prompts[:20])
    check_drafts(pairs, prompts[:5])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="pair.json, speed.json and what they name")
    parser.add_argument("--prompts", type=int, default=PROMPTS, help="how many prompts")
    parser.add_argument("--exact", action="store_true", help="blocks of every length from 1 to 16")
    parser.add_argument("--reference", action="store_true", help="against PyTorch")
    options = parser.parse_args()
    prompts = (FOLDER / "prompts.txt").read_text().splitlines()
    check(len(set(prompts)) == PROMPTS, f"prompts.txt has {len(set(prompts))} different prompts, not {PROMPTS}")
    prompts = prompts[: options.prompts]
    folder = options.folder or FOLDER
    if options.exact:
        exact(folder, prompts, range(1, LONGEST_BLOCK + 1))
    if options.reference:
        with tempfile.TemporaryDirectory() as name:
            check_reference(folder, name, prompts)
    if options.exact or options.reference:
        return
    exact(folder, prompts[:QUICK], QUICK_BLOCKS)
    if not options.folder:
        if (SMOLLM2 / "primary.gguf").exists():
            exact(SMOLLM2, prompts[:: PROMPTS // QUICK_SMOLLM2], QUICK_BLOCKS)
        else:
            print(f"{SMOLLM2.name}: left out, its primary is not there")


if __name__ == "__main__":
    main()
