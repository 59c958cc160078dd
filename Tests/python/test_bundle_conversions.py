"""Conversions into and out of bundles: members that get other types while they are packed, and members that are converted.

What a bundle gives back must be, byte for byte, what `tandem convert` writes from the member's own file or folder.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from safetensors import safe_open

from support import MODELS, SAMPLES, TOOL, check, peak_anonymous, tandem

MINILM = MODELS / "all-MiniLM-L6-v2"
SMOLLM2 = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
# Gathered by two threads a core, and the tokens of a model.
LIMIT = 100 << 20


def files(path):
    if path.is_file():
        return {"": path}
    return {str(file.relative_to(path)): file for file in path.rglob("*") if file.is_file()}


def same_files(found, expected, what):
    found, expected = files(found), files(expected)
    check(set(found) == set(expected), f"{what}: files {sorted(set(found) ^ set(expected))}")
    for name, path in expected.items():
        check(subprocess.run(["cmp", path, found[name]]).returncode == 0, f"{what}: {name} differs")


def packed_with(source, options, folder, memory=None):
    """Packs a single model with options, and compares with converting it."""
    bundle, converted, unpacked = folder / "m.tandem", folder / "converted" / source.name, folder / "unpacked"
    subprocess.run(["rm", "-rf", bundle, converted.parent, unpacked], check=True)
    converted.parent.mkdir()
    code, peak = peak_anonymous([TOOL, "pack", source, "-o", bundle, *options])
    check(code == 0, f"pack {source.name} {options}: exit {code}")
    check(memory is None or peak < memory, f"pack {source.name} {options}: {peak / 1e6:.1f} MB of anonymous memory")
    tandem("verify", bundle)
    subprocess.run([sys.executable, SAMPLES / "python/tandem_bundle.py", bundle, "--verify"], check=True, stdout=subprocess.DEVNULL)
    kept = [word.replace("primary=", "").replace("primary:", "") for word in options]
    shards = list(source.glob("*.safetensors"))
    if len(shards) > 1:
        kept += ["--shard-size", max(shard.stat().st_size for shard in shards)]
    tandem("convert", source, converted, *kept, "--as-is")
    tandem("unpack", bundle, "-o", unpacked)
    found = unpacked / "primary"
    same_files(found / source.name if source.is_file() else found, converted, f"{source.name} {options}")
    fields = json.loads(tandem("inspect", bundle, "--json"))["bundle"]["members"][0]["fields"]
    digest = json.loads(tandem("pack", source, "-o", folder / "plain.tandem", "--force", "--json"))
    plain = json.loads(tandem("inspect", folder / "plain.tandem", "--json"))["bundle"]["members"][0]["tensor_set_digest"]
    check(digest["written"] and fields["derived.digest"] == plain, "the bundle names the digest of what it was made from")
    print(f"pack {source.name} {' '.join(options)}: '{fields['derived.transform']}', at most {peak / 1e6:.1f} MB; unpacks as convert writes it", flush=True)


def check_refusals(folder):
    model = SAMPLES / "good/huggingface/tiny-llama"
    for options, code in (["--quantize", "q4_0"], "PK005"), (["--dtype", "secondary=bf16"], "PK006"):
        text = tandem("pack", model, "-o", folder / "refused.tandem", *options, "--json", expect=1)
        found = {finding["code"] for finding in json.loads(text)["findings"]}
        check(code in found and not (folder / "refused.tandem").exists(), f"pack {options}: {found}, expected {code}")


def check_pairs(folder):
    """A pair stays bound to a primary that was changed while it was packed."""
    for name, options in ("tandem", ["--dtype", "primary=f16"]), ("independent-gguf", ["--quantize", "primary=q8_0", "--dtype", "secondary=bf16"]):
        bundle = folder / f"{name}.tandem"
        tandem("pack", SAMPLES / "good/pairs" / name / "PAIR.json", "-o", bundle, *options)
        tandem("verify", bundle)
        codes = {finding["code"] for finding in json.loads(tandem("validate", bundle, "--json"))["findings"]}
        check(name != "tandem" or "PAIR072" in codes, f"{name}: the primary is known as the same model: {codes}")
    print("pairs: bound to their primary in another precision")


def check_members(folder):
    """Each member of a bundle is converted as its own file or folder is."""
    cases = [(SAMPLES / "good/huggingface" / name, "gguf") for name in ("tiny-llama", "tiny-bert", "tiny-gemma3", "tiny-qwen2")]
    cases += [(SAMPLES / "good/huggingface/tiny-llama-sharded", "gguf"), (SAMPLES / "good/gguf/tiny-llama.gguf", "")]
    cases += [(SAMPLES / "good/gguf/tiny-llama.gguf", "gguf"), (SAMPLES / "good/huggingface/tiny-llama", "safetensors")]
    if MINILM.exists():
        cases.append((MINILM, "gguf"))
    if SMOLLM2.exists():
        cases.append((SMOLLM2, ""))
    for number, (source, ending) in enumerate(cases):
        bundle = folder / f"{number}.tandem"
        tandem("pack", source, "-o", bundle)
        outputs = [folder / f"{kind}{number}{'.' + ending if ending else ''}" for kind in ("direct", "member")]
        options = ["--quantize", "q8_0"] if ending == "gguf" else ["--dtype", "bf16"]
        tandem("convert", source, outputs[0], *options)
        tandem("convert", bundle, outputs[1], "--member", "primary", *options)
        same_files(outputs[1], outputs[0], f"{source.name} to {ending or 'a folder'} from its bundle")
    print(f"{len(cases)} members of bundles are converted as their sources are")


def check_fine_tune():
    """The diff that docs/converting.md shows, against numpy."""
    tuned = MODELS / "sre-MiniLM-L6"
    if not (MINILM.exists() and tuned.exists()):
        return
    with safe_open(MINILM / "model.safetensors", "numpy") as a, safe_open(tuned / "model.safetensors", "numpy") as b:
        shared = set(a.keys()) & set(b.keys())
        equal = sum(a.get_tensor(name).tobytes() == b.get_tensor(name).tobytes() for name in shared)
        only = len(set(a.keys()) ^ set(b.keys()))
    text = tandem("diff", MINILM, tuned, expect=1)
    for line in f"identical {equal} tensors", f"other values {len(shared) - equal} tensors", f"only in the first {only} tensor":
        check(line in " ".join(text.split()), f"diff of a fine-tune says: {line}")
    print(f"a fine-tune and its base: {equal} of {len(shared)} tensors equal, as numpy finds")


def check_unpacking_to(folder):
    """With --to, unpacking writes what convert makes of each member, or nothing."""
    good = SAMPLES / "good"
    cases = [("pairs/tandem/PAIR.json", ["primary", "secondary", "projection", "router"], [("safetensors", ".safetensors")])]
    cases += [("gguf/tiny-llama-f16.gguf", ["primary"], [("huggingface", ""), ("npz", ".npz")]), ("huggingface/tiny-llama", ["primary"], [("gguf", ".gguf")])]
    for source, members, formats in cases:
        bundle = folder / "to.tandem"
        tandem("pack", good / source, "-o", bundle, "--force")
        for format, ending in formats:
            unpacked = folder / f"unpacked-{source.replace('/', '-')}-{format}"
            tandem("unpack", bundle, "-o", unpacked, "--to", format)
            names = sorted(path.name for path in unpacked.iterdir())
            check(names == sorted(member + ending for member in members), f"{source} to {format}: {names}")
            for member in members:
                converted = folder / f"converted-{member}{ending or '-folder'}"
                tandem("convert", bundle, converted, "--member", member, "--to", format, "--force")
                same_files(unpacked / f"{member}{ending}", converted, f"{source}, {member}, unpacked to {format}")
    refused = subprocess.run([TOOL, "unpack", bundle, "-o", unpacked, "--to", format], capture_output=True, text=True)
    check(refused.returncode == 2 and "exists" in refused.stderr, f"what is there stays: {refused.stderr}")
    planned = folder / "planned"
    check("would be written" in tandem("unpack", bundle, "-o", planned, "--to", format, "--dry-run"), "a dry run shows the plan")
    check(not planned.exists(), "a dry run leaves no folder")
    print("unpack --to writes what convert does")


def check_failures(folder):
    """With --json a failure is an object, too."""
    cases = [["convert", folder / "none.gguf", folder / "out.gguf"], ["pack", folder / "none.gguf", "-o", folder / "x.tandem"]]
    cases += [["verify", folder / "none.tandem"], ["inspect"], ["convert", folder / "a", folder / "b.xyz"], ["inspect", "--no-such-option"]]
    cases += [["unpack", SAMPLES / "good/gguf/tiny-llama.gguf", "-o", folder / "u"]]
    for words in cases:
        result = subprocess.run([TOOL, *map(str, words), "--json"], capture_output=True, text=True)
        check(result.returncode == 2, f"{words}: exit {result.returncode}")
        found = json.loads(result.stdout)["findings"]
        check(len(found) >= 1 and found[0]["severity"] == "error" and found[0]["message"], f"{words}: {result.stdout}")
        check(result.stderr.startswith("tandem: "), f"{words}: a person is told too")
    print(f"{len(cases)} failures are told in JSON")


def main():
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        folder = pathlib.Path(name)
        good = SAMPLES / "good"
        check_unpacking_to(folder)
        packed_with(good / "gguf/tiny-llama-f16.gguf", ["--quantize", "primary=q8_0", "--keep", "primary:*attn_v*=q4_0"], folder)
        packed_with(good / "huggingface/tiny-llama-sharded", ["--dtype", "f16"], folder)
        if MINILM.exists():
            packed_with(MINILM, ["--dtype", "primary=bf16"], folder, LIMIT)
        if SMOLLM2.exists():
            plain = folder / "smollm2-f16.gguf"
            tandem("convert", SMOLLM2, plain, "--dtype", "f16")
            packed_with(plain, ["--quantize", "q4_0"], folder, LIMIT)
            packed_with(plain, ["--quantize", "primary=q4_k_m", "--keep", "output*=q8_0"], folder, LIMIT)
        check_refusals(folder)
        check_pairs(folder)
        check_members(folder)
        check_fine_tune()
        check_failures(folder)


if __name__ == "__main__":
    main()
