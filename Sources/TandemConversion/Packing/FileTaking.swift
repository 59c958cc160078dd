import TandemBundles
import TandemBytes
import TandemCheckpoints

/// A piece of a source file that has its own place in the bundle.
struct TakenPiece {
  let range: Range<Int>
  let segment: Segment

  /// The piece without its first bytes.
  fileprivate func dropping(_ count: Int) -> TakenPiece {
    let rest = range.dropFirst(count)
    let inner =
      switch segment {
      case .zeros(let byteCount): Segment.zeros(byteCount: byteCount - count)
      case .section(let index, let range):
        Segment.section(index: index, range: range.lowerBound + count..<range.upperBound)
      case .payload(let index, let range):
        Segment.payload(index: index, range: range.lowerBound + count..<range.upperBound)
      }
    return TakenPiece(range: rest.startIndex..<rest.endIndex, segment: inner)
  }
}

/// Takes a file with tensors apart, so that it can be put together again bit for bit.
///
/// Payloads, tokenizer metadata and chat template have places of their own; zero padding is only
/// counted; everything else goes to a section of header bytes.
struct FileTaking {
  private let file: MappedFile
  private var pieces: [TakenPiece]

  init(_ file: MappedFile, pieces: [TakenPiece]) {
    self.file = file
    let sorted = pieces.filter { !$0.range.isEmpty }.sorted {
      ($0.range.lowerBound, $1.range.upperBound) < ($1.range.lowerBound, $0.range.upperBound)
    }
    self.pieces = []
    var end = 0
    // Tensors may share bytes: what one piece has covered is left out of the next.
    for piece in sorted where piece.range.upperBound > end {
      self.pieces.append(piece.dropping(max(0, end - piece.range.lowerBound)))
      end = piece.range.upperBound
    }
  }

  /// What lies between the pieces.
  private var gaps: [Range<Int>] {
    var gaps: [Range<Int>] = []
    var end = 0
    for piece in pieces {
      if piece.range.lowerBound > end { gaps.append(end..<piece.range.lowerBound) }
      end = piece.range.upperBound
    }
    if end < file.byteCount { gaps.append(end..<file.byteCount) }
    return gaps
  }

  /// The bytes that have no other place, and are not zero.
  var headerRanges: [Range<Int>] { gaps.filter { !file.bytes.extracting($0).isZero } }

  /// The whole file as segments.
  ///
  /// - Parameter header: The section that holds the bytes of ``headerRanges``.
  func segments(header: Int?) -> [Segment] {
    var placed = pieces
    var start = 0
    for gap in gaps {
      if let header, !file.bytes.extracting(gap).isZero {
        let range = start..<start + gap.count
        placed.append(TakenPiece(range: gap, segment: .section(index: header, range: range)))
        start += gap.count
      } else {
        placed += Self.zeros(gap)
      }
    }
    return placed.sorted { $0.range.lowerBound < $1.range.lowerBound }.map(\.segment)
  }

  /// Zero bytes in segments as long as a bundle allows.
  private static func zeros(_ gap: Range<Int>) -> [TakenPiece] {
    stride(from: gap.lowerBound, to: gap.upperBound, by: Segment.maximumZeroByteCount).map {
      let end = min($0 + Segment.maximumZeroByteCount, gap.upperBound)
      return TakenPiece(range: $0..<end, segment: .zeros(byteCount: end - $0))
    }
  }
}
