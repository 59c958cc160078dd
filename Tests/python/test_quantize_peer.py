"""`tandem convert --quantize` against llama.cpp's own quantiser: the same type and the same bytes for every tensor, in less time.

    python3 Tests/python/test_quantize_peer.py [--speed] [--build]

llama-quantize is that of LLAMA_QUANTIZE, of the path, or of .build-peers/; with --build it is built there from the source in
llama-cpp-python's package. Without one, nothing is compared. --speed has both take turns on two threads and prints the ratios.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import gguf

from support import MODELS, ROOT, TOOL, check, tandem

PEERS = ROOT / ".build-peers"
PACKAGE = "llama_cpp_python"
VERSION = "0.3.36"
SMOLLM2 = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
QWEN = MODELS / "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
NAMES = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M"]
NAMES += ["Q5_K_S", "Q5_K_M", "Q6_K"]
# What a ratio of times must be at least.
WANTED = {"Q8_0": 2, "Q4_0": 2, "Q4_K_M": 3, "Q5_K_M": 3, "Q6_K": 3}


def build_peer():
    """Builds llama-quantize for this machine; minutes."""
    PEERS.mkdir(exist_ok=True)
    source = PEERS / f"{PACKAGE}-{VERSION}"
    if not source.exists():
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
        subprocess.run([*command, f"llama-cpp-python=={VERSION}"], cwd=PEERS, check=False)
        archive = PEERS / f"{PACKAGE}-{VERSION}.tar.gz"
        check(archive.exists(), "pip downloads llama-cpp-python's source")
        subprocess.run(["tar", "xzf", archive], cwd=PEERS, check=True)
    tree = source / "vendor/llama.cpp"
    options = ["-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", "-DLLAMA_CURL=OFF", "-DLLAMA_OPENSSL=OFF", "-DBUILD_SHARED_LIBS=OFF"]
    cmake = shutil.which("cmake") or pathlib.Path(sys.executable).parent / "cmake"
    subprocess.run([cmake, "-S", tree, "-B", PEERS / "build", *options], check=True, stdout=subprocess.DEVNULL)
    build = [cmake, "--build", PEERS / "build", "--target", "llama-quantize", "-j", str(os.cpu_count())]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)


def find_peer():
    if "--build" in sys.argv and not (PEERS / "build/bin/llama-quantize").exists():
        build_peer()
    for path in os.environ.get("LLAMA_QUANTIZE"), shutil.which("llama-quantize"), PEERS / "build/bin/llama-quantize":
        if path and os.access(path, os.X_OK):
            return pathlib.Path(path)
    return None


def by_peer(peer, source, target, name):
    command = [peer, "--allow-requantize", source, target, name, "2"]
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    check(result.returncode == 0, f"llama-quantize {name}: {result.stderr[-400:]}")


def by_us(source, target, name):
    return json.loads(tandem("convert", source, target, "--quantize", name, "--force", "--json"))


def tensors(path):
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


def compare(ours, theirs, what):
    ours, theirs = tensors(ours), tensors(theirs)
    check(set(ours) == set(theirs), f"{what}: other tensors: {sorted(set(ours) ^ set(theirs))[:5]}")
    types = {}
    for name, tensor in theirs.items():
        mine = ours[name]
        type = tensor.tensor_type.name
        check(mine.tensor_type == tensor.tensor_type, f"{what}: {name} is {mine.tensor_type.name}, llama.cpp's is {type}")
        check(mine.data.tobytes() == tensor.data.tobytes(), f"{what}: {name} ({type}) has other bytes")
        types[type] = types.get(type, 0) + 1
    return ", ".join(f"{count} {type}" for type, count in sorted(types.items(), key=lambda item: -item[1]))


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare_all(peer, source, names, folder):
    ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"
    for name in names:
        by_us(source, ours, name)
        by_peer(peer, source, theirs, name)
        print(f"{source.name} as {name}: every tensor is the same ({compare(ours, theirs, f'{source.name} {name}')})", flush=True)
        theirs.unlink()


def compare_speed(peer, source, folder, pairs=5):
    """Both write a new file each time; ours forces it to the disk, which llama-quantize does not: it is given that too."""
    ours, theirs = folder / "ours.gguf", folder / "theirs.gguf"
    failures = []
    for name, wanted in WANTED.items():
        times = []
        for _ in range(pairs + 1):
            pair = []
            for work, target in (by_peer, theirs), (by_us, ours):
                target.unlink(missing_ok=True)
                os.sync()
                arguments = (peer, source, target, name) if work is by_peer else (source, target, name)
                pair.append(seconds(lambda: (work(*arguments), subprocess.run(["sync", target], check=True))))
            times.append(pair)
        times = times[1:]
        peer_time, our_time = (statistics.median(column) for column in zip(*times))
        ratio = statistics.median(a / b for a, b in times)
        print(f"{source.name} as {name}: llama-quantize {peer_time:.2f} s, tandem {our_time:.2f} s, {ratio:.1f} times as fast (wanted {wanted})", flush=True)
        if ratio < wanted:
            failures.append(f"{source.name} as {name}: {ratio:.2f}, wanted {wanted}")
    check(not failures, "; ".join(failures))


def main():
    peer = find_peer()
    if peer is None or not SMOLLM2.exists():
        print("skipped: no llama-quantize, or no SmolLM2 in .models")
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as name:
        folder = pathlib.Path(name)
        sources = []
        for type in "f16", "f32":
            sources.append(folder / f"smollm2-{type}.gguf")
            tandem("convert", SMOLLM2, sources[-1], "--dtype", type)
        if "--speed" in sys.argv:
            for source in sources:
                compare_speed(peer, source, folder)
            return
        compare_all(peer, sources[0], NAMES, folder)
        compare_all(peer, sources[1], ["Q8_0", "Q4_0", "Q4_K_M", "Q6_K"], folder)
        if QWEN.exists():
            source = folder / "qwen-f16.gguf"
            tandem("convert", QWEN, source, "--dtype", "f16")
            compare_all(peer, source, ["Q8_0", "Q4_0", "Q4_K_M", "Q5_K_M", "Q3_K_M", "Q2_K"], folder)


if __name__ == "__main__":
    main()
