"""How files come to be where a file system, or an argument, is not as usual; and bundles that mean harm.

File systems without unnamed files, hard links or a renaming that replaces nothing are played by a library that is
loaded before the C library.
"""

import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

from support import DYNAMIC_TOOL, SAMPLES, TOOL, check, tandem
from test_interruption import make_checkpoint

sys.path.append(str(SAMPLES / "python"))
from edit_bundle import with_file_map, with_files, written  # noqa: E402
from write_bundle import example  # noqa: E402

SOURCE = SAMPLES / "good/gguf/tiny-llama.gguf"
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
static int refuses(const char *call) { return getenv(call) != 0; }
static int opened(const char *name, const char *path, int flags, mode_t mode) {
  if ((flags & O_TMPFILE) == O_TMPFILE) { errno = EOPNOTSUPP; return -1; }
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
  return next(path, flags, mode);
}
#define OPEN(name) int name(const char *path, int flags, ...) { \
  va_list rest; va_start(rest, flags); mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; va_end(rest); \
  return opened(#name, path, flags, mode); }
OPEN(open)
OPEN(open64)
int link(const char *from, const char *to) {
  if (refuses("NO_LINK")) { errno = EPERM; return -1; }
  return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "link"))(from, to);
}
int fallocate(int file, int mode, off_t start, off_t count) {
  if (refuses("NO_RESERVE")) { errno = EOPNOTSUPP; return -1; }
  return ((int (*)(int, int, off_t, off_t))dlsym(RTLD_NEXT, "fallocate"))(file, mode, start, count);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  if (refuses("NO_RENAME")) { errno = EINVAL; return -1; }
  return ((int (*)(int, const char *, int, const char *, unsigned))dlsym(RTLD_NEXT, "renameat2"))(a, from, b, to, flags);
}
"""


def names(folder):
    return sorted(entry.name for entry in pathlib.Path(folder).iterdir())


def run(*arguments, **options):
    """With an environment, which names a library to preload, the tool is the one that loads it."""
    tool = DYNAMIC_TOOL if "env" in options else TOOL
    return subprocess.run([tool, *map(str, arguments)], capture_output=True, text=True, **options)


def other_file_systems(folder):
    library = folder / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, "-xc", "-"], input=SHIM, text=True, check=True)
    target = folder / "named" / "model.tandem"
    target.parent.mkdir()
    for refused in ({}, {"NO_RENAME": "1"}, {"NO_RENAME": "1", "NO_LINK": "1"}):
        environment = {**os.environ, "LD_PRELOAD": str(library), **refused}
        made = run("pack", SOURCE, "-o", target, env=environment)
        check(made.returncode == 0, f"without {list(refused)}: {made.stderr}")
        check(names(target.parent) == [target.name], f"without {list(refused)}: {names(target.parent)}")
        tandem("verify", target)
        again = run("pack", SOURCE, "-o", target, env=environment)
        check(again.returncode == 2 and "it exists" in again.stderr, again.stderr)
        forced = run("pack", SOURCE, "-o", target, "--force", env=environment)
        check(forced.returncode == 0 and names(target.parent) == [target.name], forced.stderr)
        target.unlink()
    kill_with_names(folder, library)
    fill_a_disk_without_reserving(folder, library)
    print("files come to be without unnamed files, hard links and an exclusive rename, and kills leave nothing")


def large_checkpoint(folder):
    """A safetensors file of 64 MiB."""
    path = folder / "large.safetensors"
    if not path.exists():
        make_checkpoint(path, 64 << 20)
    return path


def kill_with_names(folder, library):
    """SIGTERM removes the temporary file that has a name."""
    source, out = large_checkpoint(folder), folder / "killed"
    out.mkdir()
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    seen = 0
    for _ in range(10):
        process = subprocess.Popen(
            [DYNAMIC_TOOL, "pack", source, "-o", out / "model.tandem"], env=environment, stdout=subprocess.DEVNULL)
        while process.poll() is None and not names(out):
            time.sleep(0.0005)
        seen += any(name.endswith(".partial") for name in names(out))
        process.send_signal(signal.SIGTERM)
        process.wait()
        left = names(out)
        check(left in ([], ["model.tandem"]), f"after SIGTERM: {left}")
        (out / "model.tandem").unlink(missing_ok=True)
    check(seen > 0, "no run was killed while its file had a temporary name")


def fill_a_disk_without_reserving(folder, library):
    mount = folder / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        print("a disk that fills while it is written: skipped, because this user cannot mount a tmpfs")
        return
    try:
        environment = {**os.environ, "LD_PRELOAD": str(library), "NO_RESERVE": "1"}
        result = run("pack", large_checkpoint(folder), "-o", mount / "model.tandem", env=environment)
        check(result.returncode == 2 and "no space is left" in result.stderr, f"{result}")
        check(names(mount) == [], f"a full disk leaves nothing: {names(mount)}")
        bundle = folder / "for-small.tandem"
        tandem("pack", large_checkpoint(folder), "-o", bundle)
        refused = run("unpack", bundle, "-o", mount / "out")
        check(refused.returncode == 2 and "bytes are free on the disk" in refused.stderr, f"{refused}")
        check(names(mount) == [], f"what does not fit is not begun: {names(mount)}")
    finally:
        subprocess.run(["umount", str(mount)], check=True)


def arguments_that_are_not_utf_8(folder):
    for arguments in (["pack", SOURCE, "-o", os.fsencode(folder) + b"/\xe9.tandem"], ["verify", b"/tmp/\xff"]):
        result = subprocess.run([TOOL, *arguments], capture_output=True)
        check(result.returncode == 2 and result.stdout == b"", f"{arguments}: {result}")
        check(b"an argument is not UTF-8" in result.stderr and result.stderr.count(b"\n") == 1, f"{result.stderr}")
    check(not any(name.endswith(".tandem") for name in names(folder)), f"nothing is written: {names(folder)}")
    print("arguments that are not UTF-8 are refused")


def small_pieces_are_hashed_once(folder):
    """100,000 pieces of one block of 1 MiB: hashing it for each would take a minute."""
    arguments = example()
    arguments["members"]["big"]["tensors"]["zz"] = ("U8", [1 << 20], bytes(1 << 20))
    arguments["documents"][4] = (8, "big", "", {"model": [(2, 8, 0, 1)] * 100_000}, None)
    bundle = folder / "pieces.tandem"
    bundle.write_bytes(written(**arguments).data)
    started = time.monotonic()
    made = run("unpack", bundle, "-o", folder / "pieces")
    check(made.returncode == 0, made.stderr)
    check((folder / "pieces/big/model").read_bytes() == bytes(100_000), "the pieces come back")
    seconds = time.monotonic() - started
    check(seconds < 20, f"unpacking 100,000 pieces of a block took {seconds:.0f} s")
    print(f"100,000 pieces of one block are unpacked in {seconds:.1f} s")


def file_maps_have_bounds(folder):
    """What a small bundle may ask for, and the memory that it takes to say no."""
    bundle = folder / "bomb.tandem"
    for name, made in (
            ("1,100 MiB of zeros", with_file_map(*[(0, 0, 0, 1 << 20)] * 1100)),
            ("174,789 segments", with_files({"x": [(0, 0, 0, 1)] * 174_789}))):
        bundle.write_bytes(made.data)
        for command in (["verify", bundle], ["unpack", bundle, "-o", folder / "bomb"]):
            result = run(*command)
            check(result.returncode in (1, 2), f"{name}: {command[0]} accepts it")
            check("TB028" in result.stdout + result.stderr or "TB014" in result.stdout + result.stderr, f"{name}: {result}")
    check(not (folder / "bomb").exists(), "nothing is unpacked")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"file maps that ask for too much are refused (the largest run had {peak >> 10} MiB)")


def folders_go_on_a_signal(folder):
    """SIGTERM removes the folders that unpacking made if no file came into them."""
    bundle, out = folder / "slow.tandem", folder / "slow"
    tandem("pack", large_checkpoint(folder), "-o", bundle)
    seen = 0
    for _ in range(10):
        process = subprocess.Popen([TOOL, "unpack", bundle, "-o", out], stdout=subprocess.DEVNULL)
        while process.poll() is None and not (out / "primary").exists():
            time.sleep(0.0002)
        process.send_signal(signal.SIGTERM)
        process.wait()
        if out.exists():
            left = [str(path.relative_to(out)) for path in out.rglob("*")]
            check(sorted(left) == ["primary", "primary/large.safetensors"], f"after SIGTERM: {left}")
            subprocess.run(["rm", "-rf", out], check=True)
        else:
            seen += 1
    check(seen > 0, "no run was killed before its file was there")
    print("folders that were made for files are removed when a signal ends the run")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for test in (arguments_that_are_not_utf_8, small_pieces_are_hashed_once, file_maps_have_bounds,
                     other_file_systems, folders_go_on_a_signal):
            test(pathlib.Path(name))
