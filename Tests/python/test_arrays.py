"""Every array of .npy and .npz files against numpy: our samples, files that numpy writes in every type and order, real ones."""

import itertools
import pathlib
import sys
import tempfile

import numpy

from arrays import TYPES, compare, stored
from support import MODELS, SAMPLES

NUMBERS = [name for name in TYPES if name in numpy.sctypeDict]


def reference(path):
    if path.suffix == ".npy":
        return {path.stem: stored(numpy.load(path, allow_pickle=False))}
    with numpy.load(path, allow_pickle=False) as archive:
        return {name: stored(archive[name]) for name in archive.files}


def check_file(path):
    return compare(path, reference(path), [path.name])


def written(folder):
    """Files that numpy writes, each type in both byte orders and both element orders, stored and deflated."""
    random = numpy.random.default_rng(1)
    arrays = {}
    for name, order, fortran, shape in itertools.product(NUMBERS, "<>", (False, True), ((3, 4, 5), (7,), (), (0, 3))):
        values = random.integers(0, 100, shape) if shape else numpy.array(random.integers(0, 100))
        array = values.astype(numpy.dtype(name).newbyteorder(order))
        arrays[f"{name}-{'le' if order == '<' else 'be'}-{'fortran' if fortran else 'c'}-{len(shape)}-{array.size}"] = (
            numpy.asfortranarray(array) if fortran else array
        )
    for name, array in list(arrays.items())[::7]:
        numpy.save(folder / f"{name}.npy", array)
    numpy.savez(folder / "stored.npz", **arrays)
    numpy.savez_compressed(folder / "deflated.npz", **arrays)
    large = random.normal(size=(1000, 600)).astype("f4")
    numpy.savez_compressed(folder / "large.npz", c=large, fortran=numpy.asfortranarray(large), big=large.astype(">f4"))
    for version in ((1, 0), (2, 0), (3, 0)):
        with (folder / f"version-{version[0]}.npy").open("wb") as file:
            numpy.lib.format.write_array(file, large[:5], version=version)
    return sorted(folder.iterdir())


def main():
    with tempfile.TemporaryDirectory() as folder:
        mine = written(pathlib.Path(folder))
        # numpy cannot parse the headers that Python 2 wrote without a warning, and takes it as an error here.
        samples = [path for path in sorted(SAMPLES.glob("good/np[yz]/*")) if path.stem != "python-2"]
        real = sorted(MODELS.glob("*.npz")) + sorted(MODELS.glob("pokepy/*.npy"))
        count = sum(check_file(path) for path in [*mine, *samples, *real])
    print(
        f"{count} arrays of {len(mine)} files that numpy {numpy.__version__} wrote, {len(samples)} samples and {len(real)} "
        "real files are bit-equal; every file comes back bit for bit"
    )


if __name__ == "__main__":
    sys.exit(main())
