"""Anonymous memory stays small whatever the model's size: when packing, verifying, unpacking, converting, inspecting, and
when running it, beside the keys and values of the text."""

import json
import pathlib
import subprocess
import sys
import tempfile

from support import MODELS, TOOL, check, peak_anonymous, tandem

from test_interruption import make_checkpoint

LIMIT = 64 << 20


def show(name, *arguments, limit=LIMIT):
    code, peak = peak_anonymous([TOOL, *arguments])
    check(code == 0, f"{name}: exit code {code}")
    check(peak < limit, f"{name}: {peak / 1e6:.1f} MB of anonymous memory, allowed are {limit / 1e6:.1f}")
    print(f"{name}: at most {peak / 1e6:.1f} MB of anonymous memory")


def follow(source, folder):
    bundle = folder / "model.tandem"
    size = source.stat().st_size / 1e6
    show(f"pack {source.name} ({size:.0f} MB)", "pack", source, "-o", bundle, "--force")
    show("  verify", "verify", bundle)
    show("  unpack", "unpack", bundle, "-o", folder / "unpacked", "--force")
    show("  convert", "convert", source, folder / f"copy{source.suffix}", "--force")
    show("  inspect", "inspect", bundle)


def run(model, folder):
    """Text behind prompts of two lengths: the keys and values so far, and 32 MiB."""
    bundle = folder / "model.tandem"
    text = pathlib.Path(__file__).resolve().parents[2].joinpath("LICENSE").read_text()
    words = [TOOL, "tokenize", bundle, "--decode"]
    ids = subprocess.run([TOOL, "tokenize", bundle, "--ids"], input=text, capture_output=True, text=True, check=True)
    for count in 16, 512:
        part = " ".join(ids.stdout.split()[:count])
        prompt = subprocess.run(words, input=part, capture_output=True, text=True, check=True).stdout
        plan = json.loads(tandem("inspect", bundle, "--json", "--context", count + 32))["models"][0]["memory"]
        limit = plan["key_value_cache_byte_count"] + (32 << 20)
        show(f"  run, {count} tokens and 32 more", "run", bundle, "-p", prompt, "--max-tokens", 32, limit=limit)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "large.safetensors"
        make_checkpoint(source, int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 256 << 20)
        follow(source, folder)
        for model in sorted(MODELS.glob("SmolLM2*.gguf")):
            follow(model, folder)
            run(model, folder)
