import Synchronization
import TandemBytes
import TandemCheckpoints
import TandemModels
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct ValueTests {
  @Test(arguments: ModelFlaw.values)
  func `one flaw of the values gives its finding`(_ flaw: ModelFlaw) throws {
    var model = try TinyModel(flaw.base)
    flaw.edit(&model)
    #expect(try model.findings(includingValues: true) == flaw.found)
  }

  @Test func `a matrix as an initialiser leaves it is told from a trained one`() throws {
    var model = try TinyModel()
    model.set("hidden_size", "64")
    model.set("num_hidden_layers", "1")
    model.tensors = [.fresh("model.embed_tokens.weight", [96, 64])]
    #expect(
      try model.findings(includingValues: true).filter { $0.hasPrefix("VA") } == [
        "VA005 model.embed_tokens.weight"
      ])
  }

  @Test func `an encoder's pooler may be untrained`() throws {
    var model = try TinyModel("tiny-bert")
    model.tensors = [.fresh("pooler.dense.weight", [64, 64])]
    #expect(
      try model.findings(includingValues: true).filter { $0.hasPrefix("VA") } == [
        "VA007 pooler.dense.weight"
      ])
  }

  @Test func `progress ends at all bytes`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try TinyModel().checkpoint(in: folder)
    let total = checkpoint.tensors.reduce(0) { $0 + $1.byteCount }
    let largest = Atomic(0)
    _ = Model.load(checkpoint).model.validate(includingValues: true) { done, all in
      #expect(all == total)
      _ = largest.max(done, ordering: .relaxed)
    }
    #expect(largest.load(ordering: .relaxed) == total)
  }
}

extension ModelFlaw {
  private static let norm = "model.layers.1.input_layernorm.weight"
  private static let matrix = "model.layers.1.mlp.up_proj.weight"

  static let values: [ModelFlaw] = [
    ModelFlaw(testDescription: "NaN") {
      $0.change(matrix) { $0.bytes.replaceSubrange(10..<12, with: [0xC0, 0x7F]) }
    } found: {
      ["VA001 \(matrix)"]
    },
    ModelFlaw(testDescription: "infinity") {
      $0.change(norm) { $0.bytes.replaceSubrange(62..<64, with: [0x80, 0xFF]) }
    } found: {
      ["VA002 \(norm)"]
    },
    ModelFlaw(testDescription: "a matrix of zeros") {
      $0.change(matrix) { $0.fill([0, 0]) }
    } found: {
      ["VA003 \(matrix)"]
    },
    ModelFlaw(testDescription: "a norm of zeros") {
      $0.change(norm) { $0.fill([0, 0]) }
    } found: {
      ["VA003 \(norm)"]
    },
    ModelFlaw(testDescription: "a norm of zeros is neutral in Gemma", base: "tiny-gemma2") {
      $0.change(norm) { $0.fill([0, 0]) }
    } found: {
      []
    },
    ModelFlaw(testDescription: "a bias of zeros is no flaw", base: "tiny-qwen2") {
      $0.change("model.layers.1.self_attn.q_proj.bias") { $0.fill([0, 0]) }
    } found: {
      []
    },
    ModelFlaw(testDescription: "a matrix of ones") {
      $0.change(matrix) { $0.fill([0x80, 0x3F]) }
    } found: {
      ["VA004 \(matrix)"]
    },
    ModelFlaw(testDescription: "one norm of ones is no flaw") {
      $0.change(norm) { $0.fill([0x80, 0x3F]) }
    } found: {
      []
    },
    ModelFlaw(testDescription: "all norms are ones") {
      for index in $0.tensors.indices where $0.tensors[index].shape.count == 1 {
        $0.tensors[index].fill([0x80, 0x3F])
      }
    } found: {
      ["VA006"]
    },
    ModelFlaw(testDescription: "all norms are neutral in Gemma", base: "tiny-gemma2") {
      for index in $0.tensors.indices where $0.tensors[index].shape.count == 1 {
        $0.tensors[index].fill([0, 0])
      }
    } found: {
      ["VA006"]
    },
  ]
}

extension TinyModel.Tensor {
  /// Gives all elements the same bytes.
  mutating func fill(_ element: [UInt8]) {
    bytes = Array(repeatElement(element, count: bytes.count / element.count).joined())
  }

  /// A matrix of independent uniform numbers, as F32.
  static func fresh(_ name: String, _ shape: [Int]) -> Self {
    var state: UInt64 = 1
    let bytes = (0..<shape.reduce(1, *)).flatMap { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return littleEndianBytes((Float(state >> 40) * 0x1p-24 - 0.5).bitPattern)
    }
    return Self(name: name, type: .f32, shape: shape, bytes: bytes)
  }
}
