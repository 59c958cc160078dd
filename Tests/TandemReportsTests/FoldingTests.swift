import TandemTensors
import Testing

@testable import TandemReports

@Suite struct FoldingTests {
  private func entry(_ name: String, _ type: ElementType = .f32, _ shape: Shape = [4])
    -> TensorEntry
  {
    TensorEntry(name: name, type: type, shape: shape, byteCount: 16, offset: 0)
  }

  private func rows(_ tensors: [TensorEntry]) -> [String] {
    let folded = FoldedTensors(tensors)
    return folded.single.map { tensors[$0].name }
      + folded.stacks.flatMap { stack in
        [stack.title]
          + stack.rows.map { "\($0.layers) ×\($0.count) \($0.name) \($0.shape) \($0.type.name)" }
      }
  }

  @Test func `layers that agree are one row, those that differ others`() {
    let tensors = (0..<4).flatMap { layer in
      [
        entry("blk.\(layer).attn_norm.weight"),
        entry("blk.\(layer).attn_v.weight", layer == 2 ? .q5_1 : .q4_1, [32, 32]),
      ]
    }
    #expect(
      rows([entry("token_embd.weight")] + tensors + [entry("output_norm.weight")]) == [
        "token_embd.weight", "output_norm.weight", "blk.0–3 ×4", "0–3 ×4 attn_norm.weight [4] F32",
        "0–1, 3 ×3 attn_v.weight [32, 32] Q4_1", "2 ×1 attn_v.weight [32, 32] Q5_1",
      ])
  }

  @Test func `numbers inside a layer are folded too`() {
    let tensors = (0..<2).flatMap { layer in
      (0..<8).map { entry("model.layers.\(layer).mlp.experts.\($0).w1.weight") }
    }
    #expect(
      rows(tensors) == [
        "model.layers.0–1 ×2", "0–1 ×16 mlp.experts.{0–7}.w1.weight [4] F32",
      ])
  }

  @Test func `the order of the file does not matter to the ranges`() {
    #expect(
      rows([10, 2, 1, 3].map { entry("h.\($0).w") }) == ["h.1–3, 10 ×4", "1–3, 10 ×4 w [4] F32"])
  }

  @Test func `a number that occurs once is part of a name`() {
    #expect(
      rows([entry("score.0.weight"), entry("score.0.bias"), entry("head")]) == [
        "score.0.weight", "score.0.bias", "head",
      ])
  }

  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let stack: String?
    let index: Int
    let rest: String
    var inner: [Int] = []

    var testDescription: String { name }
  }

  @Test(arguments: [
    Case(name: "a.b", stack: nil, index: 0, rest: "a.b"),
    Case(name: "", stack: nil, index: 0, rest: ""),
    Case(name: "7", stack: "", index: 7, rest: ""),
    Case(name: "0.weight", stack: "", index: 0, rest: "weight"),
    Case(name: "h.12.attn.c_attn.bias", stack: "h.", index: 12, rest: "attn.c_attn.bias"),
    Case(name: "layer_3_w", stack: "layer_", index: 3, rest: "w"),
    Case(name: "enc/0/layer_3_w", stack: "enc/", index: 0, rest: "layer_3_w"),
    Case(name: "h.01.w", stack: nil, index: 0, rest: "h.01.w"),
    Case(name: "h.9999999999.w", stack: nil, index: 0, rest: "h.9999999999.w"),
    Case(name: "fc1.weight", stack: nil, index: 0, rest: "fc1.weight"),
    Case(name: "l.1.e.2.f.3", stack: "l.", index: 1, rest: "e.{}.f.{}", inner: [2, 3]),
  ])
  func `names are taken apart at their numbers`(_ example: Case) {
    let name = NumberedName(example.name)
    #expect(name.stack == example.stack)
    #expect(name.index == example.index)
    #expect(name.rest == example.rest)
    #expect(name.innerIndices == example.inner)
  }
}
