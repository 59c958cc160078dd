import TandemBytes
import TandemCheckpoints
import Testing

@Suite struct ArrayMessageTests {
  /// A hostile sample and the whole of its first finding.
  struct Message: CustomTestStringConvertible {
    let sample: String
    let text: String
    var testDescription: String { sample }

    init(_ sample: String, _ text: String) {
      self.sample = sample
      self.text = text
    }
  }

  @Test(arguments: numPy + onnx + external)
  func `a finding says where, what was found and what is allowed`(message: Message) throws {
    let root = try #require(CheckpointSample.all(in: "hostile").first).path
    let path = "\(Paths.folder(root))/\(message.sample)"
    var finding = try #require(
      try CheckpointReading.read(path: path, isLenient: false).findings.all.first)
    finding.file = ""
    #expect(finding.description == message.text)
  }

  static let numPy = [
    Message(
      "npy/NP003-version-4.npy",
      " at byte 6: the version is 4.0; 1.0, 2.0 and 3.0 can be read [NP003]"),
    Message(
      "npy/NP004-10001-bytes.npy",
      " at byte 8: the header has 10001 bytes, at most 10000 are allowed [NP004]"),
    Message(
      "npy/NP005-call-as-order.npy",
      " at byte 44: fortran_order is the byte 0x65, True or False is expected [NP005]"),
    Message(
      "npy/NP006-extra.npy",
      " at byte 68: the key is 'x'; descr, fortran_order and shape are allowed [NP006]"),
    Message("npy/NP006-duplicate.npy", " at byte 68: the key 'shape' stands twice [NP006]"),
    Message(
      "npy/NP008-objects.npy",
      ": the elements are Python objects in a pickle; only numbers are read; "
        + "save the array with a number type [NP008]"),
    Message(
      "npy/NP009-void-2.npy",
      ": the elements are two bytes without a type ('<V2'); "
        + "if bfloat16 was saved, read it with --lenient [NP009]"),
    Message(
      "npy/NP010-negative.npy", " at byte 61: the shape holds a negative number [NP010]"),
    Message(
      "npy/NP012-one-byte-short.npy",
      " at byte 128: the shape [2, 3] takes 24 bytes of F32, 23 follow the header; "
        + "copy or download the file again, it is not complete [NP012]"),
    Message(
      "npz/NZ002-texts.npz",
      ": 'names.npy' at byte 226: the elements are texts ('<U1'); booleans, integers, "
        + "float16 to float64 and complex64 can be read; the array is left out [NZ002]"),
  ]

  static let onnx = [
    Message(
      "onnx/OX003-one-byte-short.onnx",
      " at byte 70: the model cannot be read on: a field takes 4 bytes, 3 remain; "
        + "copy or download the file again, it is not complete [OX003]"),
    Message(
      "onnx/OX001-no-graph.onnx",
      " at byte 0: the model has no graph; a SavedModel or a Core ML model begins alike: export that "
        + "as ONNX [OX001]"),
    Message(
      "onnx/OX004-group.onnx",
      " at byte 68: a graph cannot be read on: field 17 is a group, which ONNX has none of [OX004]"
    ),
    Message(
      "onnx/OX014-bytes.onnx",
      ": 'a' at byte 14: the shape [2305843009213693952] takes more bytes of F32 than the 2^63-1 "
        + "that are allowed [OX014]"),
    Message(
      "onnx/OX015-raw-and-float.onnx",
      ": 'a' at byte 14: the data stand in float_data and raw_data, one place is allowed [OX015]"),
    Message(
      "onnx/OX017-raw-short.onnx",
      ": 'a' at byte 14: raw_data has 23 bytes, the shape takes 24 bytes of F32 [OX017]"),
    Message(
      "onnx/OX018-bool-2.onnx",
      ": 'a' at byte 14: int32_data holds 2, which BOOL cannot hold [OX018]"),
    Message(
      "onnx/OX026-sparse.onnx",
      ": 's' at byte 70: the tensor is sparse: 's/values' and 's/indices' are listed instead [OX026]"
    ),
  ]

  static let external = [
    Message(
      "onnx/OX021-dotdot/model.onnx",
      ": 'a' at byte 14: the location '../w.bin' cannot be followed: it has the component '..' [OX021]"
    ),
    Message(
      "onnx/OX021-link-out/model.onnx",
      ": 'a' at byte 14: symbolic links lead from 'w.bin' out of the folder [OX021]"),
    Message(
      "onnx/OX023-offset-negative/model.onnx",
      ": 'a' at byte 44: the offset is '-4', a decimal number up to 2^63-1 is expected [OX023]"),
    Message(
      "onnx/OX024-one-byte-past-end/model.onnx",
      ": 'a' at byte 14: the data, 24 bytes at offset 1, go past the end of 'w.bin', which has 24 "
        + "bytes; copy or download the file again, it is not complete [OX024]"),
    Message(
      "onnx/OX025-overlap/model.onnx",
      ": 'c': the data from byte 16 of 'w.bin' overlap those of 'a', which end at byte 24 [OX025]"),
  ]
}
