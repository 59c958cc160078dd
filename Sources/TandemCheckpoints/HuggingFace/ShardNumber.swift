/// The number in a name such as `model-00002-of-00003.safetensors`.
struct ShardNumber {
  /// The text before the number: `model`.
  let prefix: String
  /// From 1, if the name is right.
  let index: Int
  let total: Int

  /// Nil if the name has no number.
  init?(_ name: String) {
    guard let match = name.wholeMatch(of: /(.*)-(\d{5})-of-(\d{5})\.[a-z]+/),
      let index = Int(match.2), let total = Int(match.3)
    else { return nil }
    self.prefix = String(match.1)
    self.index = index
    self.total = total
  }
}
