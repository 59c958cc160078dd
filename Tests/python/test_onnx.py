"""Every tensor of ONNX models against the reference library: our samples, models that it writes, and the real ones in .models.

The reference walk names tensors as our reader does (README), but shares no code with it.
"""

import pathlib
import sys
import tempfile

import ml_dtypes
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

from arrays import TYPES, compare, stored
from support import MODELS, SAMPLES

# What has no equal here is left out, with a warning.
LEFT_OUT = {TensorProto.STRING, TensorProto.COMPLEX128, TensorProto.INT4, TensorProto.UINT4}
# What a Constant node may hold without a tensor around it.
BARE = {
    "value_float": (numpy.float32, lambda attribute: attribute.f),
    "value_int": (numpy.int64, lambda attribute: attribute.i),
    "value_floats": (numpy.float32, lambda attribute: list(attribute.floats)),
    "value_ints": (numpy.int64, lambda attribute: list(attribute.ints)),
}


class Walk:
    """The tensors of a model, by the names that our reader gives them."""

    def __init__(self, path):
        self.folder = str(path.parent)
        self.values, self.others, self.files = {}, [], {path.name}
        model = onnx.load(path, load_external_data=False)
        self.graph(model.graph, "")
        for function in model.functions:
            title = "::".join(text for text in (function.domain, function.name, function.overload) if text)
            self.nodes(function.node, f"{title}/")
            for attribute in function.attribute_proto:
                self.attribute(attribute, title, None)
        for name, tensor in self.others:
            number = 1
            unique = name
            while unique in self.values:
                number += 1
                unique = f"{name}#{number}"
            self.values[unique] = tensor

    def keep(self, name, tensor, is_value):
        if tensor.data_type in LEFT_OUT:
            return
        if tensor.data_location == TensorProto.EXTERNAL:
            location = next(entry.value for entry in tensor.external_data if entry.key == "location")
            self.files.add(location.removeprefix("./"))
        array = stored(self.array(tensor))
        if is_value:
            assert name not in self.values, name
            self.values[name] = array
        else:
            self.others.append((name, array))

    def array(self, tensor):
        if tensor.data_location != TensorProto.EXTERNAL:
            return numpy_helper.to_array(tensor)
        # The library takes what follows the tensor too if no length is stated.
        entries = {entry.key: entry.value for entry in tensor.external_data}
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
        data = pathlib.Path(self.folder, entries["location"]).read_bytes()[int(entries.get("offset", 0)) :]
        count = int(numpy.prod(tensor.dims))
        return numpy.frombuffer(data, dtype, count).reshape(tuple(tensor.dims))

    def graph(self, graph, prefix):
        for tensor in graph.initializer:
            self.keep(prefix + tensor.name, tensor, True)
        for tensor in graph.sparse_initializer:
            self.keep(f"{prefix}{tensor.values.name}/values", tensor.values, True)
            self.keep(f"{prefix}{tensor.values.name}/indices", tensor.indices, True)
        self.nodes(graph.node, prefix)

    def nodes(self, nodes, prefix):
        for index, node in enumerate(nodes):
            owner = prefix + (node.name or f"{node.op_type}_{index}")
            value = prefix + node.output[0] if node.op_type == "Constant" else None
            for attribute in node.attribute:
                self.attribute(attribute, owner, value)

    def attribute(self, attribute, owner, value):
        place = f"{owner}.{attribute.name}"
        if value and attribute.name in BARE:
            dtype, get = BARE[attribute.name]
            self.values[value] = stored(numpy.array(get(attribute), dtype))
        if attribute.HasField("t"):
            self.keep(value or place, attribute.t, value is not None)
        if attribute.HasField("g"):
            self.graph(attribute.g, f"{place}/")
        for index, tensor in enumerate(attribute.tensors):
            self.keep(f"{place}[{index}]", tensor, False)
        for index, graph in enumerate(attribute.graphs):
            self.graph(graph, f"{place}[{index}]/")


def check_file(path):
    walk = Walk(path)
    return compare(path, walk.values, sorted(walk.files))


def written(folder):
    """Models that the library writes: every type as raw bytes and in its typed field, and with external data."""
    random = numpy.random.default_rng(2)
    tensors = []
    for kind in [number for name, number in TensorProto.DataType.items() if name != "UNDEFINED"]:
        if kind == TensorProto.STRING or kind in LEFT_OUT:
            continue
        dtype = helper.tensor_dtype_to_np_dtype(kind)
        if dtype.name not in TYPES:
            continue
        name = TensorProto.DataType.Name(kind).lower()
        values = numpy.where(random.integers(0, 2, (4, 6)) == 1, 1, 0).astype(numpy.float32)
        array = values.astype(dtype)
        tensors.append(numpy_helper.from_array(array, f"{name}-raw"))
        if dtype.name != "float4_e2m1fn":
            flat = [complex(value) if dtype.kind == "c" else value for value in array.reshape(-1).tolist()]
            tensors.append(helper.make_tensor(f"{name}-typed", kind, (4, 6), flat))
    wide = numpy.concatenate([-(2 ** numpy.arange(0, 63)), 2 ** numpy.arange(0, 63)]).astype(numpy.int64)
    tensors.append(helper.make_tensor("int64-wide", TensorProto.INT64, wide.shape, wide.tolist()))
    tensors.append(helper.make_tensor("int8-all", TensorProto.INT8, (256,), list(range(-128, 128))))
    tensors.append(helper.make_tensor("scalar", TensorProto.FLOAT, (), [1.5]))
    tensors.append(helper.make_tensor("none", TensorProto.FLOAT, (0, 3), []))
    large = random.normal(size=(300, 200)).astype(numpy.float32)
    tensors.append(numpy_helper.from_array(large, "large"))
    body = helper.make_graph([], "body", [], [], [numpy_helper.from_array(large[0], "inner")])
    constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(large[1], ""))
    bare = [
        helper.make_node("Constant", [], [name], **{f"value_{name}": value})
        for name, value in {"float": 0.0, "int": -3, "floats": [1.5, -0.0, 3e38], "ints": [2**63 - 1, -(2**63), 0]}.items()
    ]
    branch = helper.make_node("If", ["x"], ["y"], then_branch=body, else_branch=body)
    graph = helper.make_graph([constant, branch, *bare], "main", [], [], tensors)
    model = helper.make_model(graph, producer_name="test")
    onnx.save_model(model, folder / "inside.onnx")
    for name, shared in (("together", True), ("apart", False)):
        (folder / name).mkdir()
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        onnx.save_model(
            copy, folder / name / "model.onnx", save_as_external_data=True, all_tensors_to_one_file=shared,
            location="weights.data" if shared else None, size_threshold=64, convert_attribute=True,
        )  # fmt: skip
    return sorted(folder.rglob("*.onnx"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        mine = written(pathlib.Path(folder))
        samples = sorted(SAMPLES.glob("good/onnx/**/*.onnx"))
        # The library refuses a model without an ir_version first, and merges what we read as it stands.
        real = sorted(MODELS.glob("**/*.onnx"))
        count = sum(check_file(path) for path in [*mine, *samples, *real])
    print(
        f"{count} tensors of {len(mine)} models that onnx {onnx.__version__} wrote, {len(samples)} samples and {len(real)} real "
        f"models are bit-equal (ml_dtypes {ml_dtypes.__version__}); every file comes back bit for bit"
    )


if __name__ == "__main__":
    sys.exit(main())
