"""Everything that the tool prints with --json, and the manifest of a bundle, match the schemas in schemas/."""

import json
import pathlib
import subprocess
import sys
import tempfile

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from support import ROOT, SAMPLES, TOOL, check, tandem

SCHEMAS = {path.name: json.loads(path.read_text()) for path in (ROOT / "schemas").glob("*.schema.json")}
REGISTRY = Registry().with_resources((name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items())


def must_match(schema, text, what):
    value = json.loads(text)
    validator = Draft202012Validator(SCHEMAS[f"{schema}.schema.json"], registry=REGISTRY)
    for error in validator.iter_errors(value):
        place = "/".join(map(str, error.absolute_path))
        sys.exit(f"{what}: {schema}.schema.json: {place}: {error.message}")
    return value


def checkpoints():
    """Every good sample that is a checkpoint; of a split one its first file."""
    good = SAMPLES / "good"
    yield from sorted((good / "safetensors").glob("*.safetensors"))
    yield from (path for path in sorted((good / "gguf").glob("*.gguf")) if "-00002-of-" not in path.name)
    yield from sorted(path for path in (good / "huggingface").iterdir() if path.is_dir())
    yield from sorted(path for path in good.glob("np[yz]/*"))
    yield from sorted(good.glob("onnx/**/*.onnx"))


def pairs():
    yield from sorted((SAMPLES / "good/pairs").glob("*/PAIR.json"))


def manifest(path, sections):
    section = next(section for section in sections if section["kind"] == "manifest")
    return path.read_bytes()[section["offset"] :][: section["byte_count"]].decode()


def check_bundle(source, folder):
    target = pathlib.Path(folder, "out.tandem")
    must_match("pack", tandem("pack", source, "-o", target, "--dry-run", "--json", "--force"), f"pack {source} --dry-run")
    must_match("pack", tandem("pack", source, "-o", target, "--json", "--force"), f"pack {source}")
    must_match("verify", tandem("verify", target, "--json"), f"verify {source}")
    for options in [], ["--tensors"], ["--context", 64, "--batch", 2]:
        shown = must_match("inspect", tandem("inspect", target, "--json", *options), f"inspect {source}, packed")
    must_match("manifest", manifest(target, shown["bundle"]["sections"]), f"manifest of {source}")
    must_match("bench-open", tandem("bench", "open", target, "--json", "--repetitions", 2), f"bench open {source}")
    out = pathlib.Path(folder, "unpacked")
    must_match("unpack", tandem("unpack", target, "-o", out, "--json", "--force"), f"unpack {source}")
    words = ["unpack", target, "-o", pathlib.Path(folder, "converted"), "--to", "safetensors", "--json", "--force"]
    for dry in ["--dry-run"], []:
        result = subprocess.run([TOOL, *map(str, words), *dry], capture_output=True, text=True)
        check(result.returncode in (0, 1), f"unpack {source} --to safetensors: exit {result.returncode}: {result.stderr}")
        must_match("unpack", result.stdout, f"unpack {source} --to safetensors")
    if source.name != "PAIR.json" and shown["models"]:
        must_match("diff", tandem("diff", source, target, "--json"), f"diff {source} and its bundle")


def check_conversion(source, folder):
    """To every format; refusals have findings and match the schema too."""
    for number, (format, options) in enumerate([("gguf", []), ("npz", ["--dtype", "f32"]), ("huggingface", ["--verify"])]):
        for dry in ["--dry-run"], []:
            arguments = [source, f"{folder}/converted{number}", "--to", format, "--force", "--json", *options, *dry]
            result = subprocess.run([TOOL, "convert", *map(str, arguments)], capture_output=True, text=True)
            check(result.returncode in (0, 1), f"convert {source} to {format}: exit {result.returncode}: {result.stderr}")
            must_match("convert", result.stdout, f"convert {source} to {format}")


def check_running(folder):
    """What is said of a text, with a draft and without, and of a pair."""
    for name in "standalone", "independent", "tandem":
        target = pathlib.Path(folder, f"{name}.tandem")
        tandem("pack", SAMPLES / "good/pairs" / name / "PAIR.json", "-o", target)
        must_match("run", tandem("run", target, "-p", "the fox", "--max-tokens", 9, "--json"), f"run {name}")
        if name != "standalone":
            words = ["probe", target, "-p", "the fox", "--max-tokens", 8, "--gamma", 3, "--force", "--svg", f"{folder}/{name}.svg"]
            probe = must_match("probe", tandem(*words, "--json"), f"probe {name}")
            check(pathlib.Path(folder, f"{name}.svg").read_text().endswith("</svg>\n"), "a chart is written")
            tandem(*words, "--min-acceptance", 1, expect=int(probe["acceptance"] < 1))


def check_good(folder):
    count = 0
    model = SAMPLES / "good/gguf/tiny-llama.gguf"
    must_match("bench-products", tandem("bench", "products", model, "--json", "--repetitions", 2), f"bench products {model}")
    for path in checkpoints():
        must_match("inspect", tandem("inspect", path, "--json"), f"inspect {path}")
        must_match("inspect", tandem("inspect", path, "--json", "--sort", "size"), f"inspect {path} --sort")
        must_match("inspect", tandem("inspect", path, "--json", "--metadata"), f"inspect {path} --metadata")
        must_match("findings", tandem("validate", path, "--json"), f"validate {path}")
        check_bundle(path, folder)
        check_conversion(path, folder)
        count += 1
    for path in pairs():
        must_match("findings", tandem("validate", path, "--json"), f"validate {path}")
        check_bundle(path, folder)
        count += 1
    return count


def check_tokens():
    """The tokens of a text, from a GGUF file and from a folder with tokenizer.json."""
    for path in SAMPLES / "good/gguf/tiny-llama.gguf", SAMPLES / "good/huggingface/tiny-llama":
        for text, options in (b"Hi", []), (b"5 6 7", ["--decode"]):
            command = [TOOL, "tokenize", path, "--json", *options]
            result = subprocess.run(command, input=text, capture_output=True)
            check(result.returncode == 0, f"tokenize {path}: {result.stderr}")
            must_match("tokenize", result.stdout, f"tokenize {path}")


def check_engine(folder):
    """What the engine's benchmarks print."""
    target = pathlib.Path(folder, "engine.tandem")
    tandem("pack", SAMPLES / "good/huggingface/tiny-llama", "-o", target)
    decode = ["--position", 8, "--prompt", 16, "--repetitions", 1]
    must_match("bench-decode", tandem("bench", "decode", target, "--json", *decode), "bench decode")
    must_match("bench-decode", tandem("bench", "decode", target, "--json", *decode, "--prompt", 0), "bench decode")
    beside = ["--beside", sys.executable, "--gguf", SAMPLES / "good/gguf/tiny-llama.gguf", "--rounds", 2, "--block", 1]
    printed = tandem("bench", "decode", target, "--json", *decode, *beside)
    other = must_match("bench-decode", printed, "bench decode beside llama.cpp")["beside"]
    check(other["round_count"] == 2 and len(other["blocks"]) == 1 and other["prompt"], "llama.cpp has measured both")
    words = [TOOL, "bench", "perplexity", target, "--json", "--window", "8"]
    printed = subprocess.run(words, input="the quick brown fox " * 4, capture_output=True, text=True, check=True)
    must_match("bench-perplexity", printed.stdout, "bench perplexity")


def check_hostile(folder):
    """Findings of every hostile sample, whatever the exit code."""
    count = 0
    for path in sorted((SAMPLES / "hostile").glob("*/*")):
        if path.is_dir() and path.parent.name == "gguf":
            path = sorted(path.glob("*.gguf"))[0]
        if path.is_dir() and (path / "PAIR.json").exists():
            path = path / "PAIR.json"
        commands = {"findings": ["validate", path], "pack": ["pack", path, "-o", f"{folder}/x.tandem", "--dry-run"]}
        if path.suffix == ".tandem":
            commands = {"findings": ["validate", path], "verify": ["verify", path]}
        for schema, command in commands.items():
            result = subprocess.run([TOOL, *command, "--json"], capture_output=True, text=True)
            check(result.returncode in (0, 1), f"{command}: exit {result.returncode}: {result.stderr}")
            must_match(schema, result.stdout, " ".join(map(str, command)))
        count += 1
    return count


if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
    check_tokens()
    with tempfile.TemporaryDirectory() as folder:
        good, hostile = check_good(folder), check_hostile(folder)
        check_engine(folder)
        check_running(folder)
    print(f"{len(SCHEMAS)} schemas; the JSON of {good} good and {hostile} hostile samples matches them")
