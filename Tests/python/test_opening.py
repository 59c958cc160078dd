"""Opening costs the same whatever the size, and processes share one copy in memory. Times are shown, not asserted."""

import hashlib
import json

import pathlib
import struct
import subprocess
import sys
import tempfile

from support import MODELS, SAMPLES, check, tandem

import write_bundle

def write_sparse_bundle(path, tensor_bytes, tensor_count):
    """A valid bundle of zeros that takes no room on the disk: its digests are right."""
    block = hashlib.sha256(bytes(1 << 20)).digest()
    blocks = block * (tensor_bytes >> 20)
    names = [f"layers.{index}.w".encode() for index in sorted(range(tensor_count), key=str)]
    identity, tensors, strings = b"", b"", b"primary"
    for index, name in enumerate(names):
        tensors += struct.pack("<IHBBII", len(strings), len(name), 12, 2, 0, index)
        strings += name
        root = hashlib.sha256(blocks).digest()
        identity += write_bundle.counted(name) + struct.pack("<IIQQ", 12, 2, 1024, tensor_bytes >> 12) + root
    member = struct.pack("<8I32s32s32s", 1, 0, 7, 0, tensor_count, 0, 0, 2**32 - 1, hashlib.sha256(identity).digest(), bytes(32), bytes(32))
    pool = struct.pack("<QQ", 1024, tensor_bytes >> 12)
    directory_bytes = 144 + 128 + 16 * tensor_count + 24 * tensor_count + 3 * 104 + 16 + len(strings)
    up = lambda offset, alignment: -(-offset // alignment) * alignment
    digests_at = up(4096 + directory_bytes, 64)
    all_blocks = blocks * tensor_count
    data_at = up(digests_at + len(all_blocks), 65536)
    payloads = b"".join(
        struct.pack("<QQII", data_at + index * tensor_bytes, tensor_bytes, index * (tensor_bytes >> 20), 0)
        for index in range(tensor_count)
    )
    end = data_at + tensor_bytes * tensor_count
    manifest = b"{}"

    def section(kind, member, offset, count, digest):
        return struct.pack("<6I3Q32s24x", kind, 0, 0, 0, member, 0, offset, count, count, digest)

    none = 2**32 - 1
    sections = section(2, none, digests_at, len(all_blocks), write_bundle.digest(all_blocks))
    sections += section(1, 0, data_at, end - data_at, bytes(32))
    sections += section(3, none, end, len(manifest), write_bundle.digest(manifest))
    rows = [(member, 128), (tensors, 16), (payloads, 24), (sections, 104), (b"", 24), (b"", 24), (pool, 8), (b"", 8), (strings, 1)]
    directory, offset = b"", 144
    for content, size in rows:
        directory += struct.pack("<QQ", offset, len(content) // size)
        offset += len(content)
    directory += b"".join(content for content, _ in rows)
    superblock = struct.pack(
        "<8sIIQQQQQQ32sII3960x", b"\x89TDM\r\n\x1a\n", 1, 4096, 0, 0, end + len(manifest), 1, 4096, len(directory),
        write_bundle.digest(directory), 65536, 64)
    with open(path, "wb") as file:
        file.write(superblock + hashlib.sha256(superblock).digest() + directory)
        file.seek(digests_at)
        file.write(all_blocks)
        file.seek(end)
        file.write(manifest)

def write_many_tensors(path, count):
    """A safetensors checkpoint of many small tensors, as a large mixture of experts has them."""
    entries = {
        f"model.layers.{index // 256}.mlp.experts.{index % 256}.gate_proj.weight": {
            "dtype": "F32", "shape": [4], "data_offsets": [16 * index, 16 * index + 16]}
        for index in range(count)
    }
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"".join(index.to_bytes(16, "little") for index in range(count)))

def show_open(name, bundle):
    result = json.loads(tandem("bench", "open", bundle, "--json"))
    print(f"{name}: {json.dumps(result)}")

READ_ALL = """
import mmap, sys
file = open(sys.argv[1], "rb")
mapping = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
total = sum(mapping[at] for at in range(0, len(mapping), 4096))
print(total, flush=True)
sys.stdin.read()
"""

def memory_of(process, path):
    """Resident and proportional kilobytes of a process's mapping of a file."""
    found, inside = {"Rss": 0, "Pss": 0}, False
    for line in pathlib.Path(f"/proc/{process.pid}/smaps").read_text().splitlines():
        if "-" in line.split()[0] and ":" not in line.split()[0]:
            inside = line.endswith(str(path))
        elif inside and line.split(":")[0] in found:
            found[line.split(":")[0]] += int(line.split()[1])
    return found

def two_processes_share(bundle):
    command = [sys.executable, "-c", READ_ALL, bundle]
    readers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(2)]
    for reader in readers:
        reader.stdout.readline()
    found = [memory_of(reader, bundle) for reader in readers]
    for reader in readers:
        reader.communicate()
    total = bundle.stat().st_size // 1024
    for memory in found:
        check(memory["Rss"] > total * 0.9, f"each process maps the whole bundle: {found} of {total} kB")
        check(memory["Pss"] < memory["Rss"] * 0.55, f"the two share its pages: {found}")
    print(f"two processes map {total} kB: resident and proportional kB {found}")

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        sparse = folder / "sparse.tandem"
        write_sparse_bundle(sparse, tensor_bytes=1 << 30, tensor_count=100)
        show_open("107 GB, sparse", sparse)
        many = folder / "many.safetensors"
        write_many_tensors(many, 100_000)
        tandem("pack", many, "-o", folder / "many.tandem")
        show_open("100,000 tensors", folder / "many.tandem")
        model = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
        source = model if model.exists() else SAMPLES / "good/huggingface/tiny-llama"
        tandem("pack", source, "-o", folder / "model.tandem")
        show_open(source.name, folder / "model.tandem")
        two_processes_share(folder / "model.tandem")
