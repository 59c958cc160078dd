import Glibc
import TandemBytes
import TandemModels

/// The angles by which pairs of a head's elements are rotated: position · frequency.
///
/// Su et al., "RoFormer" (arXiv:2104.09864); frequencies and angles are rounded to binary32 where
/// transformers rounds them.
struct RotaryPositions: Sendable {
  /// Radians a position for each pair: (pairs).
  let frequencies: [Float]
  /// What cosines and sines are multiplied by.
  let scale: Float
  /// Whether elements 2i and 2i + 1 are a pair; else i and i + pairs.
  let rotatesNeighbours: Bool

  var pairCount: Int { frequencies.count }

  /// - Parameters:
  ///   - base: The base of the angles.
  ///   - scaling: How positions are stretched; nil if they are not.
  ///   - factors: What each frequency is divided by, if the model stores that.
  ///   - contextLength: The positions that there is room for.
  ///   - isFromGGUF: Whether the configuration has GGUF's meaning of an attention factor.
  /// - Throws: ``Finding`` if positions are stretched in a way that is not done here.
  init(
    _ model: ModelConfiguration, base: Double, scaling: RopeScaling?, factors: [Float],
    contextLength: Int, rotatesNeighbours: Bool, isFromGGUF: Bool, in file: String
  ) throws(Finding) {
    self.rotatesNeighbours = rotatesNeighbours
    let dimension = model.ropeDimensionCount ?? model.headSize
    guard dimension > 0, dimension % 2 == 0, dimension <= model.headSize else {
      throw Finding(
        EngineRule.unsupportedFeature, in: file, item: "config.rope_dimension_count",
        "the model rotates \(dimension) of a head's \(model.headSize) elements; "
          + "an even number of them is allowed")
    }
    let plain = (0..<dimension / 2).map { pow(base, -Double(2 * $0) / Double(dimension)) }
    var scale = 1.0
    let stretched: [Double]
    switch scaling?.type {
    case nil: stretched = plain
    case "frequency_factors": stretched = zip(plain, factors).map { $0 / Double($1) }
    case "linear": stretched = plain.map { $0 / (scaling?.factor ?? 1) }
    case "llama3": stretched = plain.map { Self.llama3($0, scaling) }
    case "yarn":
      stretched = Self.yarn(plain, base: base, scaling)
      scale = Self.yarnScale(scaling, isFromGGUF: isFromGGUF)
    case "longrope":
      let original = scaling?.originalContextLength ?? model.contextLength
      let name = contextLength > original ? "long_factor" : "short_factor"
      let list = scaling?.lists[name] ?? []
      guard list.count == plain.count else {
        throw Finding(
          EngineRule.unsupportedFeature, in: file, item: "config.rope_scaling.\(name)",
          "has \(list.count) factors for \(plain.count) frequencies")
      }
      stretched = zip(plain, list).map { $0 / $1 }
      scale = Self.longScale(scaling, model.contextLength, original: original)
    default:
      throw Finding(
        EngineRule.unsupportedFeature, in: file, item: "config.rope_scaling.type",
        "is '\(scaling?.type ?? "")'; those that are done are frequency_factors, linear, "
          + "llama3, longrope and yarn")
    }
    frequencies = stretched.map { Float($0) }
    self.scale = Float(scale)
  }

  /// Writes the angles for tokens at consecutive positions.
  func write(position: Int, tokenCount: Int, into angles: inout RotaryAngles) {
    angles.cosines.resize(tokenCount * pairCount)
    angles.sines.resize(tokenCount * pairCount)
    for token in 0..<tokenCount {
      for pair in 0..<pairCount {
        let angle = Double(Float(position + token) * frequencies[pair])
        angles.cosines[token * pairCount + pair] = Float(cos(angle)) * scale
        angles.sines[token * pairCount + pair] = Float(sin(angle)) * scale
      }
    }
  }
}

/// The angles of a block's positions.
struct RotaryAngles {
  /// (token, pair)
  var cosines: [Float] = []
  /// (token, pair)
  var sines: [Float] = []
}

extension RotaryPositions {
  /// Llama 3.1: long waves are stretched, short ones stay, and those between are blended.
  private static func llama3(_ frequency: Double, _ scaling: RopeScaling?) -> Double {
    let factor = scaling?.factor ?? 1
    let original = Double(scaling?.originalContextLength ?? 8192)
    let low = scaling?.numbers["low_freq_factor"] ?? 1
    let high = scaling?.numbers["high_freq_factor"] ?? 4
    let turns = original * frequency / (2 * .pi)
    if turns < low { return frequency / factor }
    if turns > high { return frequency }
    let share = (turns - low) / (high - low)
    return (1 - share) * frequency / factor + share * frequency
  }

  /// YaRN, Peng et al. (arXiv:2309.00071), with the borders rounded as transformers does.
  private static func yarn(
    _ plain: [Double], base: Double, _ scaling: RopeScaling?
  ) -> [Double] {
    let factor = scaling?.factor ?? 1
    let original = Double(scaling?.originalContextLength ?? 0)
    let dimension = Double(2 * plain.count)
    func border(turns: Double) -> Double {
      dimension * log(original / (turns * 2 * .pi)) / (2 * log(base))
    }
    let low = max(border(turns: scaling?.numbers["beta_fast"] ?? 32).rounded(.down), 0)
    let end = border(turns: scaling?.numbers["beta_slow"] ?? 1).rounded(.up)
    var high = min(end, dimension - 1)
    if high == low { high += 0.001 }
    return plain.enumerated().map { index, frequency in
      let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
      return frequency / factor * ramp + frequency * (1 - ramp)
    }
  }

  /// LongRoPE, Ding et al. (arXiv:2402.13753), as Phi-3 has it.
  private static func longScale(
    _ scaling: RopeScaling?, _ contextLength: Int, original: Int
  ) -> Double {
    if let given = scaling?.numbers["attention_factor"] { return given }
    let factor = scaling?.factor ?? Double(contextLength) / Double(original)
    return factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
  }

  private static func yarnScale(_ scaling: RopeScaling?, isFromGGUF: Bool) -> Double {
    let factor = scaling?.factor ?? 1
    func magnitude(_ weight: Double) -> Double { factor <= 1 ? 1 : 0.1 * weight * log(factor) + 1 }
    let given = scaling?.numbers["attention_factor"]
    // In GGUF the factor comes on top.
    if isFromGGUF { return magnitude(1) * (given ?? 1) }
    if let given { return given }
    if let one = scaling?.numbers["mscale"], let all = scaling?.numbers["mscale_all_dim"] {
      return magnitude(one) / magnitude(all)
    }
    return magnitude(1)
  }
}
