import TandemBytes
import TandemModels

/// How a piece of a text becomes tokens.
enum TokenModel: Sendable {
  case bytePairs(BytePairModel)
  case characterPairs(MergeTable, CharacterSymbols)
  case scores(ScoreTable, CharacterSymbols)
  case wordPieces(WordPieceModel)
}

/// Byte-level byte-pair encoding (GPT-2): every byte is a symbol, merge rules join them.
struct BytePairModel: Sendable {
  /// The token of each byte; `PairMerger.none` if it has none: it is left out.
  let byteIDs: [UInt32]
  let merges: MergeTable
  /// Whether a piece that is a token as a whole is not made by merging.
  let ignoresMerges: Bool
  /// Whether the neighbours of a byte without token may be merged with each other: so do Hugging
  /// Face's tokenizers, and llama.cpp does not.
  let closesGaps: Bool

  init(_ vocabulary: Vocabulary, ignoresMerges: Bool, closesGaps: Bool) {
    byteIDs = ByteAlphabet.scalars.map {
      vocabulary.id(of: String($0)).map { UInt32($0) } ?? PairMerger.none
    }
    merges = MergeTable(vocabulary.merges)
    self.ignoresMerges = ignoresMerges
    self.closesGaps = closesGaps
  }
}

/// Encodes the pieces of one text, with memory that serves all of them.
struct PieceEncoder {
  private(set) var ids: [Int] = []
  private var merger = PairMerger()
  private let vocabulary: Vocabulary

  init(_ vocabulary: Vocabulary) { self.vocabulary = vocabulary }

  mutating func append(_ id: Int) { ids.append(id) }

  mutating func append(contentsOf other: [Int]) { ids += other }

  /// Appends the tokens of all pieces of a text.
  ///
  /// - Complexity: O(*n* log *n*) in the bytes of the longest piece, O(*n*) in the others.
  mutating func encode(_ text: RawSpan, _ preTokenizer: PreTokenizer, _ model: TokenModel) {
    switch model {
    case .bytePairs(let model):
      var cache = WordCache(textByteCount: text.byteCount)
      preTokenizer.forEachPiece(of: text) { encode($0, of: text, model, &cache) }
    case .characterPairs(let merges, let symbols):
      preTokenizer.forEachPiece(of: text) { encode(text.extracting($0), merges, symbols) }
    case .scores(let scores, let symbols):
      preTokenizer.forEachPiece(of: text) { encode(text.extracting($0), scores, symbols) }
    case .wordPieces(let model):
      preTokenizer.forEachPiece(of: text) { model.encode(text.extracting($0), to: &ids) }
    }
  }

  private mutating func encode(
    _ range: Range<Int>, of text: RawSpan, _ model: BytePairModel, _ cache: inout WordCache
  ) {
    let word = text.extracting(range)
    guard word.byteCount <= WordCache.byteLimit else { return encode(word, model) }
    let slot = cache.slot(word, in: text)
    if let known = cache.ids(at: slot) {
      for index in known { ids.append(ids[index]) }
      return
    }
    let first = ids.count
    encode(word, model)
    cache.insert(range, ids: first..<ids.count, at: slot)
  }

  private mutating func encode(_ word: RawSpan, _ model: BytePairModel) {
    if model.ignoresMerges {
      let text = ByteAlphabet.encoded(word)
      if let id = vocabulary.id(of: text.rawSpan) { return ids.append(id) }
    }
    merger.removeAll()
    for offset in word.byteOffsets {
      let id = model.byteIDs[Int(word.byte(at: offset))]
      if id != PairMerger.none || !model.closesGaps { merger.append(id, at: offset) }
    }
    merger.merge(word, by: model.merges) { id, _ in
      if id != PairMerger.none { ids.append(Int(id)) }
    }
  }

  /// Merges tokens of characters; those that are no token are taken apart after it.
  private mutating func encode(
    _ piece: RawSpan, _ rules: ScoreTable, _ symbols: CharacterSymbols
  ) {
    merger.removeAll()
    var offset = 0
    while offset < piece.byteCount {
      let end = piece.scalar(at: offset).end
      let id = vocabulary.id(of: piece.extracting(offset..<end))
      merger.append(id.map { UInt32($0) } ?? PairMerger.none, at: offset)
      offset = end
    }
    merger.merge(piece, by: rules) { id, range in
      if id != PairMerger.none { return ids.append(Int(id)) }
      symbols.appendUnknown(piece.extracting(range), to: &ids)
    }
  }

  /// Merges tokens of characters and of the bytes of those that are no token.
  private mutating func encode(
    _ piece: RawSpan, _ rules: MergeTable, _ symbols: CharacterSymbols
  ) {
    merger.removeAll()
    var offset = 0
    var isUnknown = false
    while offset < piece.byteCount {
      let end = piece.scalar(at: offset).end
      if let id = vocabulary.id(of: piece.extracting(offset..<end)) {
        merger.append(UInt32(id), at: offset)
        isUnknown = false
      } else if let byteIDs = symbols.byteIDs {
        for index in offset..<end { merger.append(byteIDs[Int(piece.byte(at: index))], at: index) }
      } else if let unknownID = symbols.unknownID {
        if !(isUnknown && symbols.joinsUnknown) { merger.append(unknownID, at: offset) }
        isUnknown = true
      }
      offset = end
    }
    merger.merge(piece, by: rules) { id, _ in ids.append(Int(id)) }
  }
}
