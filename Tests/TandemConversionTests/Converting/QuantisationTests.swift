import TandemTensors
import Testing

@testable import TandemConversion

@Suite struct QuantisationTests {
  /// The tensors of a small llama, in the order of a GGUF file.
  private static func llama(layers: Int, width: Int, tied: Bool = true) -> [QuantisationCandidate] {
    func matrix(_ name: String, rows: Int? = nil) -> QuantisationCandidate {
      QuantisationCandidate(
        name: name + ".weight", shape: [rows ?? width, width], type: .f16, isFixed: false)
    }
    var all = [matrix("token_embd", rows: 1000)]
    if !tied { all.append(matrix("output", rows: 1000)) }
    for layer in 0..<layers {
      all.append(
        QuantisationCandidate(
          name: "blk.\(layer).attn_norm.weight", shape: [width], type: .f32, isFixed: false))
      for part in ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"] {
        all.append(matrix("blk.\(layer).\(part)"))
      }
    }
    return all
  }

  private func types(
    _ name: String, _ candidates: [QuantisationCandidate]
  ) throws -> [String: ElementType] {
    let quantisation = try #require(Quantisation(name: name))
    let chooser = QuantisationChooser(quantisation, nil, candidates)
    return Dictionary(
      uniqueKeysWithValues: chooser.types.map { (candidates[$0.key].name, $0.value) })
  }

  @Test func `MXFP4 is given to all matrices but the head`() throws {
    let types = try types("mxfp4", Self.llama(layers: 1, width: 64, tied: false))
    let others = Set(types.filter { $0.key != "output.weight" }.values)
    #expect(types["output.weight"] == .q8_0 && others == [.mxfp4])
  }

  @Test func `Q4_K_M gives the first, the last and every third layer more bits`() throws {
    let types = try types("q4_k_m", Self.llama(layers: 16, width: 256))
    let more = (0..<16).filter { types["blk.\($0).ffn_down.weight"] == .q6_k }
    #expect(more == [0, 1, 4, 7, 10, 13, 14, 15])
    #expect(more == (0..<16).filter { types["blk.\($0).attn_v.weight"] == .q6_k })
    #expect(types["token_embd.weight"] == .q6_k)
    #expect(types["blk.0.attn_q.weight"] == .q4_k)
    #expect(types["blk.0.attn_norm.weight"] == nil)
  }

  @Test func `an embedding that is not the head is like other matrices`() throws {
    let types = try types("Q4_K_M", Self.llama(layers: 1, width: 256, tied: false))
    #expect(types["token_embd.weight"] == .q4_k)
    #expect(types["output.weight"] == .q6_k)
  }

  @Test func `rows that do not fill blocks get llama's second choice`() throws {
    let types = try types("Q4_K_M", Self.llama(layers: 8, width: 96))
    #expect(types["blk.2.attn_q.weight"] == .q5_0)
    #expect(types["blk.0.ffn_down.weight"] == .q8_0)
    #expect(types["token_embd.weight"] == .q8_0)
    let odd = try self.types("Q8_0", Self.llama(layers: 1, width: 33))
    #expect(odd["blk.0.attn_q.weight"] == .f16)
  }

  @Test func `pure means pure`() throws {
    let quantisation = try #require(Quantisation(name: "q4_0")).pure
    let chooser = QuantisationChooser(quantisation, nil, Self.llama(layers: 2, width: 64))
    #expect(Set(chooser.types.values) == [.q4_0])
  }

  @Test func `names are found in either case, and each has its own number`() {
    #expect(Quantisation(name: "q4_k")?.name == "Q4_K_M")
    #expect(Quantisation(name: "q9") == nil)
    #expect(Set(Quantisation.all.map(\.fileType)).count == Quantisation.all.count)
  }
}
