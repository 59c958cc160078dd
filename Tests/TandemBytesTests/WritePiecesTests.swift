import TandemBytes
import TandemTestSupport
import Testing

@Suite struct WritePiecesTests {
  /// Pieces with gaps, at places that share pages and at places that do not.
  struct Pieces: CustomTestStringConvertible {
    let testDescription: String
    let places: [Range<Int>]

    init(_ description: String, _ pieces: [(gap: Int, byteCount: Int)]) {
      testDescription = description
      var end = 0
      places = pieces.map { piece in
        let start = end + piece.gap
        end = start + piece.byteCount
        return start..<end
      }
    }

    static let all = [
      Pieces("one byte", [(0, 1)]),
      Pieces("one long piece off the page", [(100, 5 << 20)]),
      Pieces("whole pages", [(4096, 1 << 20), (0, 1 << 20), (0, 1 << 20), (4096, 8192)]),
      Pieces("many small pieces", (0..<3000).map { (gap: $0 % 7 * 64, byteCount: $0 * 37 % 5000) }),
      Pieces("runs that end within a page", (0..<9).map { _ in (64, 1 << 20 | 33) }),
      Pieces("a gap longer than a run", [(0, 10), (5 << 20, 10), (64, 4096)]),
    ]

    static func byte(_ offset: Int) -> UInt8 {
      UInt8(truncatingIfNeeded: offset &* 31 ^ offset >> 8)
    }

    /// What the file must hold.
    var content: [UInt8] {
      var bytes = [UInt8](repeating: 0, count: places.last?.upperBound ?? 0)
      for place in places { for offset in place { bytes[offset] = Self.byte(offset) } }
      return bytes
    }
  }

  @Test(arguments: Pieces.all, [0, Int.max])
  func `pieces come to their places and gaps are zero`(
    pieces: Pieces, directByteCount: Int
  ) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/file"
    let output = try OutputFile(path: path, replacing: false)
    let content = pieces.content
    try output.reserve(content.count)
    let numbers = try output.writePieces(
      pieces.places.count, place: { pieces.places[$0] }, directByteCount: directByteCount
    ) { index, stretch in
      let place = pieces.places[index]
      if index % 2 == 0 {
        stretch.add(Array(content[place]).rawSpan, at: place.lowerBound)
      } else {
        stretch.add(byteCount: place.count, at: place.lowerBound) { span in
          for (index, offset) in place.enumerated() {
            span.storeBytes(of: Pieces.byte(offset), toByteOffset: index, as: UInt8.self)
          }
        }
      }
      return index
    }
    try output.commit()
    #expect(numbers == Array(pieces.places.indices))
    #expect(try contents(of: path) == content)
  }

  @Test func `the first failure is thrown`() throws {
    struct Failure: Error, Equatable {}
    let folder = try TemporaryFolder()
    let output = try OutputFile(path: "\(folder.path)/file", replacing: false)
    #expect(throws: Failure()) {
      try output.writePieces(100, place: { $0 << 20..<($0 + 1) << 20 }) { index, stretch in
        if index == 40 { throw Failure() }
        return 0
      }
    }
  }

  private func contents(of path: String) throws -> [UInt8] {
    let file = try MappedFile(path: path)
    return file.bytes.array
  }
}
