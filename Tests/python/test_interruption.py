"""Packing leaves the whole bundle or nothing: killed at random moments, and on a full disk."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from support import TOOL, check, tandem


def make_checkpoint(path, byte_count):
    """A safetensors file with one U8 tensor of pseudo-random bytes."""
    header = b'{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}' % (byte_count, byte_count)
    block = random.Random(1).randbytes(1 << 20)
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for start in range(0, byte_count, len(block)):
            file.write(block[: byte_count - start])


def names(folder):
    return sorted(entry.name for entry in pathlib.Path(folder).iterdir())


def kill_at_random_moments(folder):
    source = pathlib.Path(folder, "source.safetensors")
    make_checkpoint(source, 300 << 20)  # over what goes past the page cache
    target = pathlib.Path(folder, "out", "model.tandem")
    target.parent.mkdir()
    command = [TOOL, "pack", source, "-o", target]
    started = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    whole = time.monotonic() - started
    target.unlink()

    generator = random.Random()
    completed = 0
    for attempt in range(20):
        number = signal.SIGKILL if attempt % 2 else signal.SIGTERM
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0, whole * 1.1))
        process.send_signal(number)
        process.wait()
        left = names(target.parent)
        check(left in ([], [target.name]), f"after {number.name}: {left}")
        if left:
            tandem("verify", target)
            target.unlink()
            completed += 1
    print(f"killed 20 times (SIGKILL and SIGTERM in turn): {completed} complete bundles, nothing else left")


def fill_the_disk(folder):
    mount = pathlib.Path(folder, "small")
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        print("full disk: skipped, because this user cannot mount a tmpfs")
        return
    try:
        source = pathlib.Path(folder, "source.safetensors")
        result = subprocess.run(
            [TOOL, "pack", source, "-o", mount / "model.tandem"], capture_output=True, text=True
        )
        check(result.returncode == 2, f"a full disk is exit code 2, not {result.returncode}")
        check("no space is left" in result.stderr, f"a full disk is named: {result.stderr}")
        check(names(mount) == [], f"a full disk leaves nothing: {names(mount)}")
        print(f"full disk: {result.stderr.strip()}")
    finally:
        subprocess.run(["umount", str(mount)], check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        kill_at_random_moments(folder)
        fill_the_disk(folder)
