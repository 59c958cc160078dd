import TandemBytes
import TandemModels

/// Turns tokens into text one by one, and never shows half a character.
///
///     var decoder = tokenizer.decoder(skippingSpecial: true)
///     for id in ids { print(decoder.append(id), terminator: "") }
///     print(decoder.finish())
///
/// The bytes of a character that is not complete are held back until it is; bytes that can belong
/// to none become U+FFFD, one for each longest part that a character begins with.
public struct TokenDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecial: Bool
  private var held: [UInt8] = []
  private var isAtStart = true

  init(_ tokenizer: Tokenizer, skippingSpecial skipsSpecial: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecial = skipsSpecial
  }

  /// The text that becomes certain with one more token; an id that the vocabulary does not have
  /// stands for none.
  public mutating func append(_ id: Int) -> String {
    guard let piece = tokenizer.piece(id, skippingSpecial: skipsSpecial, isFirst: isAtStart) else {
      return ""
    }
    isAtStart = false
    held += piece
    let certainCount = held.count - held.rawSpan.incompleteByteCount
    if certainCount == 0 { return "" }
    let text = held.rawSpan.extracting(0..<certainCount).lossyText
    held.removeFirst(certainCount)
    return text
  }

  /// The text of the bytes that are held back, which no token completes any more.
  public mutating func finish() -> String {
    defer { held = [] }
    return held.rawSpan.lossyText
  }
}

extension Tokenizer {
  /// Begins to decode.
  ///
  /// - Parameter skipsSpecial: Whether special tokens give no text.
  public func decoder(skippingSpecial skipsSpecial: Bool = false) -> TokenDecoder {
    TokenDecoder(self, skippingSpecial: skipsSpecial)
  }

  /// The text of tokens.
  ///
  /// - Parameter skipsSpecial: Whether special tokens give no text.
  public func decode(_ ids: [Int], skippingSpecial skipsSpecial: Bool = false) -> String {
    var decoder = decoder(skippingSpecial: skipsSpecial)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }

  /// The bytes of a token, nil if it stands for nothing.
  fileprivate func piece(_ id: Int, skippingSpecial: Bool, isFirst: Bool) -> [UInt8]? {
    guard 0..<vocabulary.tokenCount ~= id else { return nil }
    let text = vocabulary.tokens[id]
    let added = vocabulary.addedToken(id)
    if let added {
      if skippingSpecial && added.isSpecial { return nil }
    } else if vocabulary.unusedTokenIDs.contains(sorted: id) {
      return nil
    }
    switch decoding.kind {
    case .byteLevel: return added == nil ? ByteAlphabet.decoded(text) ?? text.array : text.array
    case .plain: return text.array
    case .spaceMarks:
      if added != nil { return text.array }
      if let byte = CharacterSymbols.byte(of: text) { return [byte] }
      let bytes = text.array.replacing(PreTokenizer.spaceMark, with: [0x20])
      return decoding.stripsSpace && isFirst && bytes.first == 0x20 ? Array(bytes[1...]) : bytes
    case .wordPieces(let prefix, let cleansUp):
      return wordPiece(text.lossyText, prefix, cleansUp, isFirst)
    }
  }

  private func wordPiece(
    _ text: String, _ prefix: String, _ cleansUp: Bool, _ isFirst: Bool
  ) -> [UInt8] {
    var bytes = Array(text.utf8)
    if !isFirst {
      let isContinuing = bytes.starts(with: prefix.utf8)
      bytes = isContinuing ? Array(bytes[prefix.utf8.count...]) : [0x20] + bytes
    }
    guard cleansUp else { return bytes }
    for (old, new) in Self.cleanUps {
      bytes = bytes.replacing(Array(old.utf8), with: Array(new.utf8))
    }
    return bytes
  }

  /// What Hugging Face's tokenizers do to a token between others, in this order.
  private static let cleanUps = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]
}

extension [Int] {
  /// Whether an ascending list has an element.
  fileprivate func contains(sorted element: Int) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < element { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == element
  }
}

extension Vocabulary {
  /// The added token of an id, nil if it is none.
  fileprivate func addedToken(_ id: Int) -> AddedToken? {
    var (low, high) = (0, addedTokens.count)
    while low < high {
      let middle = (low + high) / 2
      if addedTokens[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < addedTokens.count && addedTokens[low].id == id ? addedTokens[low] : nil
  }
}

extension RawSpan {
  /// How many bytes at the end begin a character without ending it.
  var incompleteByteCount: Int {
    for count in 1...3 where count <= byteCount {
      let start = byteCount - count
      let first = byte(at: start)
      if first & 0xC0 == 0x80 { continue }
      return isPrefix(from: start, count) ? count : 0
    }
    return 0
  }

  /// Whether bytes are a proper beginning of a well-formed character (Unicode, table 3-7).
  private func isPrefix(from start: Int, _ count: Int) -> Bool {
    let first = byte(at: start)
    let length: Int
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return false
    }
    guard count < length else { return false }
    if count == 1 { return true }
    let second = byte(at: start + 1)
    switch first {
    case 0xE0: return second >= 0xA0
    case 0xED: return second <= 0x9F
    case 0xF0: return second >= 0x90
    case 0xF4: return second <= 0x8F
    default: return true
    }
  }
}
