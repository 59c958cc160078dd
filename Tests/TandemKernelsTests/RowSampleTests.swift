import TandemBytes
import TandemTensors
import Testing

@testable import TandemKernels

@Suite struct RowSampleTests {
  private static let shape: Shape = [200, 96]

  /// A matrix of 200 rows whose numbers a function draws.
  private static func matrix(_ draw: (inout Random, _ row: Int, _ column: Int) -> Double) -> [UInt8]
  {
    var random = Random(7)
    return (0..<200).flatMap { row in
      (0..<96).flatMap { column in
        littleEndianBytes(Float(draw(&random, row, column)).bitPattern)
      }
    }
  }

  private static func sample(_ bytes: [UInt8]) -> RowSample? {
    RowSample(of: bytes.rawSpan, type: .f32, shape: shape)
  }

  @Test func `independent normal numbers look fresh`() throws {
    let sample = try #require(Self.sample(Self.matrix { random, _, _ in 0.02 * random.normal() }))
    #expect(sample.looksFresh)
    #expect(abs(sample.kurtosis - 3) < 0.15)
    #expect(abs(sample.standardDeviation - 0.02) < 0.001)
  }

  @Test func `independent uniform numbers look fresh`() throws {
    let sample = try #require(Self.sample(Self.matrix { random, _, _ in random.uniform() - 0.5 }))
    #expect(sample.looksFresh)
    #expect(abs(sample.kurtosis - 1.8) < 0.05)
  }

  @Test func `rows of unlike length look trained`() throws {
    let bytes = Self.matrix { random, row, _ in (0.5 + Double(row % 7) / 7) * random.normal() }
    let sample = try #require(Self.sample(bytes))
    #expect(!sample.looksFresh)
    #expect(sample.rowSpread > 2)
  }

  @Test func `columns of unlike length look trained`() throws {
    let bytes = Self.matrix { random, _, column in (column % 9 == 0 ? 1.6 : 1) * random.normal() }
    let sample = try #require(Self.sample(bytes))
    #expect(!sample.looksFresh)
    #expect(sample.columnSpread > 2)
  }

  @Test func `rows that share a direction look trained, though they are as long as others`() throws
  {
    let bytes = Self.matrix { random, row, column in
      random.normal() + ((row + column / 3) % 2 == 0 ? 0.4 : -0.4)
    }
    let sample = try #require(Self.sample(bytes))
    #expect(!sample.looksFresh)
    #expect((0.7...1.3).contains(sample.rowSpread) && (0.7...1.3).contains(sample.columnSpread))
    #expect(abs(sample.mean) < 0.02 && (1.7...3.3).contains(sample.kurtosis))
  }

  @Test func `constant rows are counted`() throws {
    let sample = try #require(
      Self.sample(Self.matrix { random, row, _ in row < 100 ? 0.25 : random.normal() }))
    #expect(sample.rowCount == 128)
    #expect(sample.constantRowCount == 64)
  }

  @Test func `a matrix with NaN, a vector and block types give no sample`() {
    #expect(Self.sample(Self.matrix { _, _, _ in .nan }) == nil)
    let bytes = [UInt8](repeating: 0, count: 18 * 64)
    #expect(RowSample(of: bytes.rawSpan, type: .q4_0, shape: [64, 32]) == nil)
    #expect(RowSample(of: bytes.rawSpan, type: .f32, shape: [288]) == nil)
  }
}
