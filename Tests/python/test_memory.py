"""Anonymous memory stays small whatever the model's size, when packing, verifying, unpacking, converting and inspecting."""

import os
import pathlib
import subprocess
import sys
import tempfile

from support import MODELS, TOOL, check, peak_anonymous

from test_interruption import make_checkpoint

LIMIT = 64 << 20


def show(name, *arguments):
    code, peak = peak_anonymous([TOOL, *arguments])
    check(code == 0, f"{name}: exit code {code}")
    check(peak < LIMIT, f"{name}: {peak / 1e6:.1f} MB of anonymous memory, allowed are {LIMIT / 1e6:.1f}")
    print(f"{name}: at most {peak / 1e6:.1f} MB of anonymous memory")


CORES = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
long sysconf(int name) {
  if (name == _SC_NPROCESSORS_ONLN) return 64;
  return ((long (*)(int))dlsym(RTLD_NEXT, "sysconf"))(name);
}
"""


def follow_on_many_cores(source, folder):
    """The same on a machine that says it has 64 cores."""
    library, bundle = folder / "cores.so", folder / "many.tandem"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, "-xc", "-"], input=CORES, text=True, check=True)
    os.environ["LD_PRELOAD"] = str(library)
    try:
        show("64 cores: pack", "pack", source, "-o", bundle)
        show("  verify", "verify", bundle)
        show("  unpack", "unpack", bundle, "-o", folder / "many")
    finally:
        del os.environ["LD_PRELOAD"]


def follow(source, folder):
    bundle = folder / "model.tandem"
    size = source.stat().st_size / 1e6
    show(f"pack {source.name} ({size:.0f} MB)", "pack", source, "-o", bundle, "--force")
    show("  verify", "verify", bundle)
    show("  unpack", "unpack", bundle, "-o", folder / "unpacked", "--force")
    show("  convert", "convert", source, folder / f"copy{source.suffix}", "--force")
    show("  inspect", "inspect", bundle)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source = folder / "large.safetensors"
        make_checkpoint(source, int(sys.argv[1]) << 20 if len(sys.argv) > 1 else 256 << 20)
        follow(source, folder)
        follow_on_many_cores(source, folder)
        for model in sorted(MODELS.glob("SmolLM2*.gguf")):
            follow(model, folder)
