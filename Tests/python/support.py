"""What the checks of the built tool share: where it is, how it is run, how its memory is watched."""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = pathlib.Path(os.environ.get("TANDEM", ROOT / ".build/release/tandem"))
# The released tool loads no library: one that is preloaded goes into the build for debugging.
DYNAMIC_TOOL = ROOT / ".build/debug/tandem"
MODELS = pathlib.Path(os.environ.get("MODELS", ROOT / ".models"))
SAMPLES = ROOT / "samples"

sys.path.insert(0, str(SAMPLES / "python"))


def tandem(*arguments, expect=0):
    """Runs the tool and returns what it printed; anything but the expected exit code ends the check."""
    result = subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True)
    if result.returncode != expect:
        words = " ".join(map(str, arguments))
        sys.exit(f"tandem {words}: exit {result.returncode}, expected {expect}\n{result.stdout}{result.stderr}")
    return result.stdout


def check(condition, sentence):
    if not condition:
        sys.exit(f"failed: {sentence}")


def peak_anonymous(command):
    """Runs a command and returns its exit code and the largest anonymous memory seen, in bytes."""
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    status = pathlib.Path(f"/proc/{process.pid}/status")
    peak = 0
    while process.poll() is None:
        try:
            text = status.read_text()
        except OSError:
            break
        for line in text.splitlines():
            if line.startswith("RssAnon:"):
                peak = max(peak, int(line.split()[1]) * 1024)
        time.sleep(0.002)
    return process.wait(), peak
