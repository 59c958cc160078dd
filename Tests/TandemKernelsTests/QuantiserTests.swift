import CTandem
import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct QuantiserTests {
  /// A type that is written, and the root mean square error that normal numbers suffer there, as a
  /// part of their own.
  struct Quantiser: CustomTestStringConvertible {
    let type: ElementType
    let error: ClosedRange<Double>
    var testDescription: String { type.name }

    static let all = [
      Quantiser(type: .q8_0, error: 0.004...0.006),
      Quantiser(type: .q6_k, error: 0.013...0.02),
      Quantiser(type: .q5_k, error: 0.027...0.04),
      Quantiser(type: .q5_0, error: 0.035...0.05),
      Quantiser(type: .q5_1, error: 0.03...0.045),
      Quantiser(type: .q4_k, error: 0.055...0.075),
      Quantiser(type: .q4_0, error: 0.075...0.1),
      Quantiser(type: .q4_1, error: 0.065...0.09),
      Quantiser(type: .iq4_nl, error: 0.06...0.085),
      Quantiser(type: .mxfp4, error: 0.1...0.14),
      Quantiser(type: .q3_k, error: 0.12...0.18),
      Quantiser(type: .q2_k, error: 0.24...0.36),
    ]
  }

  private static func normalNumbers(_ count: Int, seed: UInt64 = 11) -> [Float] {
    var random = Random(seed)
    return (0..<count).map { _ in Float(0.02 * random.normal()) }
  }

  @Test(arguments: Quantiser.all)
  func `normal numbers come back as well as the type's bits allow`(quantiser: Quantiser) {
    let numbers = Self.normalNumbers(256 * 64)
    let blocks = recoded(bytes(numbers), from: .f32, to: quantiser.type).bytes
    let restored = decoded(blocks, quantiser.type)
    let pairs = zip(numbers, restored).map { (Double($0), Double($1)) }
    let error = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let energy = pairs.reduce(0) { $0 + $1.0 * $1.0 }
    let relative = (error / energy).squareRoot()
    #expect(quantiser.error.contains(relative), "\(relative)")
  }

  /// Rows that are hard on quantisers.
  enum Row: String, CaseIterable {
    case zero, minusZero, mixedZeros, constant, negative, sparse, ties, tiny, smallest, huge
    case largest, heavyTailed, nan, infinity, anyBits

    func number(_ random: inout Random) -> Float {
      let normal = Float(random.normal())
      let isChosen = random.next() % 8 == 0
      return switch self {
      case .zero: 0
      case .minusZero: -0.0
      case .mixedZeros: isChosen ? 0 : -0.0
      case .constant: 0.37
      case .negative: -abs(normal)
      case .sparse: isChosen ? normal : 0
      case .ties: normal.rounded()
      case .tiny: normal * 1e-15
      case .smallest: normal * 1e-20 * 1e-20
      case .huge: normal * 1e18
      case .largest: normal * 1e37
      case .heavyTailed: normal / Float(random.uniform() + 0.001)
      case .nan: isChosen ? .nan : normal
      case .infinity: isChosen ? -.infinity : normal
      case .anyBits: Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
      }
    }
  }

  @Test(arguments: Quantiser.all, Row.allCases)
  func `every level writes the same blocks`(quantiser: Quantiser, row: Row) {
    var random = Random(5)
    // An odd number of blocks of 256, so that the widest lanes are not filled.
    let numbers = bytes((0..<256 * 5).map { _ in row.number(&random) })
    let expected = recoded(numbers, from: .f32, to: quantiser.type, level: TK_BASELINE)
    for level in levels {
      let found = recoded(numbers, from: .f32, to: quantiser.type, level: level)
      let isSame = found.bytes == expected.bytes
      #expect(isSame)
      #expect(found.loss == expected.loss)
    }
  }

  @Test(arguments: Quantiser.all)
  func `a last block alone is the same as among others`(quantiser: Quantiser) {
    let numbers = Self.normalNumbers(256 * 3)
    let together = recoded(bytes(numbers), from: .f32, to: quantiser.type).bytes
    let apart = (0..<3).flatMap { index in
      recoded(
        bytes(Array(numbers[256 * index..<256 * (index + 1)])), from: .f32, to: quantiser.type
      )
      .bytes
    }
    #expect(together == apart)
  }

  @Test(arguments: Quantiser.all)
  func `BF16 is quantised as the F32 it stands for`(quantiser: Quantiser) {
    let halves = recoded(bytes(Self.normalNumbers(256 * 20)), from: .f32, to: .bf16).bytes
    let singles = recoded(halves, from: .bf16, to: .f32).bytes
    let fromHalves = recoded(halves, from: .bf16, to: quantiser.type)
    let fromSingles = recoded(singles, from: .f32, to: quantiser.type)
    #expect(fromHalves.bytes == fromSingles.bytes)
    #expect(fromHalves.loss == fromSingles.loss)
  }

  @Test(arguments: Quantiser.all)
  func `zeros stay zeros`(quantiser: Quantiser) {
    let (blocks, loss) = recoded(
      bytes([Float](repeating: 0, count: 512)), from: .f32, to: quantiser.type)
    #expect(decoded(blocks, quantiser.type).allSatisfy { $0 == 0 })
    #expect(loss == RecodingLoss())
  }

  @Test func `numbers that are not finite are counted, not hidden`() {
    var numbers = Self.normalNumbers(64)
    numbers[3] = .nan
    numbers[40] = .infinity
    let loss = recoded(bytes(numbers), from: .f32, to: .q8_0).loss
    #expect(loss.nanCount == 1 && loss.lostNaNCount == 1)
    // An infinite scale makes NaN of its whole block.
    #expect(loss.overflowCount == 32)
  }
}
