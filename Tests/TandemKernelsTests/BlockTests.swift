import CTandem
import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct BlockTests {
  /// Numbers 0, 1, n/2 and n - 1 of a block whose byte i is 37 i + 11 modulo 256, as gguf-py 0.19
  /// gives them; ggml's own for Q8_K, Q1_0 and Q2_0, which gguf-py does not read.
  struct Block: CustomTestStringConvertible {
    let type: ElementType
    let numbers: [Float]
    var testDescription: String { type.name }

    init(_ type: ElementType, _ numbers: Float...) {
      self.type = type
      self.numbers = numbers
    }

    static let all: [Block] = [
      Block(.q4_0, -0.3790283203125, 0.252685546875, -0.3790283203125, 0),
      Block(.q4_1, 51873.89453125, 51872.50390625, 51873.13671875, 51873.515625),
      Block(.q5_0, 1.1370849609375, -0.252685546875, 1.768798828125, 0.1263427734375),
      Block(.q5_1, 51874.40234375, 51875.03125, 51874.40234375, 51872.6328125),
      Block(.q8_0, 10.7391357421875, 15.413818359375, -11.4971923828125, -6.064453125),
      Block(.q8_1, -12.2552490234375, -7.58056640625, -2.1478271484375, 3.284912109375),
      Block(.q2_k, -75.990234375, -0.0, -20.72524070739746, -13.817037582397461),
      Block(.q3_k, -1507.359375, 2009.8125, -37.21875, -781.59375),
      Block(.q4_k, -2645429, -2645472, -622409.8125, -1815511.625),
      Block(.q5_k, -2645366.25, -2645472, -622330.9375, -1815504.125),
      Block(.q6_k, -2937.462890625, 3481.4375, -720.509765625, -123.1640625),
      Block(
        .q8_k, -2.6843140355735273e+37, -1.6604004474439406e+37, 8.578736067677226e+36,
        3.376147534214326e+37),
      Block(
        .iq1_s, -0.3316497802734375, 0.0473785400390625, -0.9949493408203125, -0.5527496337890625),
      Block(.iq1_m, 52920, -370440, -113400, 113400),
      Block(
        .iq2_xxs, -7.4700164794921875, 7.4700164794921875, -12.239456176757812, -10.186386108398438),
      Block(.iq2_xs, -1.3897705078125, 4.3430328369140625, -2.4005126953125, -2.4005126953125),
      Block(
        .iq2_s, -18.335494995117188, 10.660171508789062, -1.1844635009765625, 9.870529174804688),
      Block(.iq3_xxs, -1.6424560546875, 1.1370849609375, -6.9488525390625, -1.8951416015625),
      Block(.iq3_s, -10.2337646484375, 30.7012939453125, -13.2659912109375, 28.4271240234375),
      Block(.iq4_nl, -4.4219970703125, 3.1585693359375, -4.4219970703125, 0.1263427734375),
      Block(.iq4_xs, 8.2122802734375, -0.1263427734375, -73.9105224609375, -2.021484375),
      Block(.tq1_0, 0.284912109375, 0.284912109375, -0.0, 0.284912109375),
      Block(.tq2_0, 17584, -8792, 17584, -8792),
      Block(.mxfp4, 0, 3.611118645726067e-35, 1.8055593228630336e-35, 3.611118645726067e-35),
      Block(.nvfp4, -0.12890625, 0.04296875, -78, 160),
      Block(.q1_0, 0.1263427734375, -0.1263427734375, 0.1263427734375, 0.1263427734375),
      Block(.q2_0, 0, 0, 0, 0.1263427734375),
    ]
  }

  @Test(arguments: Block.all)
  func `a block's numbers are those of ggml`(block: Block) {
    let bytes = (0..<block.type.block.byteCount).map { UInt8(truncatingIfNeeded: 37 * $0 + 11) }
    let found = decoded(bytes, block.type)
    let count = block.type.block.elementCount
    #expect([0, 1, count / 2, count - 1].map { found[$0] } == block.numbers)
  }

  @Test func `every block type is read`() {
    #expect(Set(Block.all.map(\.type)) == Set(ElementType.allCases.filter(\.isQuantised)))
  }

  @Test(arguments: ElementType.allCases.filter(\.isQuantised))
  func `every level reads the same numbers, at any alignment`(type: ElementType) {
    var random = Random(3)
    let blocks = (0..<37 * type.block.byteCount).map { _ in UInt8(truncatingIfNeeded: random.next())
    }
    let expected = recoded(blocks, from: type, to: .f32, level: TK_BASELINE).bytes
    for level in levels {
      guard let recoding = Recoding(from: type, to: .f32, level: level) else {
        Issue.record("not read")
        return
      }
      let shifted = [0] + blocks
      var output = [UInt8](repeating: 0, count: expected.count)
      var room = output.mutableRawSpan
      _ = recoding.convert(shifted.rawSpan.extracting(1..<shifted.count), into: &room)
      // Which NaN an operation on two gives is the processor's choice.
      let isSame = zip(floats(output), floats(expected)).allSatisfy {
        $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
      }
      #expect(isSame)
    }
  }
}
