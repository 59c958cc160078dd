/// Where the tensors of a small network are: one name for each layer, with `{j}` for its number
/// from 0.
public struct NamePattern: Hashable, Sendable, CustomStringConvertible {
  public let description: String
  private let parts: [String]

  /// - Returns: nil unless `{j}` stands in the text once.
  public init?(_ text: String) {
    var parts = [""]
    var rest = text[...]
    while let character = rest.first {
      if rest.hasPrefix("{j}") {
        parts.append("")
        rest = rest.dropFirst(3)
      } else {
        parts[parts.count - 1].append(character)
        rest = rest.dropFirst()
      }
    }
    guard parts.count == 2 else { return nil }
    description = text
    self.parts = parts
  }

  /// The name for a number.
  public func name(_ number: Int) -> String { "\(parts[0])\(number)\(parts[1])" }
}

/// Whether the layers of a small network have biases.
public enum Biases: Hashable, Sendable {
  case none
  case named(NamePattern)

  /// The name of a layer's bias.
  func name(_ number: Int) -> String? {
    if case .named(let pattern) = self { pattern.name(number) } else { nil }
  }
}

extension PairDescription {
  /// The linear layers that lead from the primary's states to the secondary's, one for each of its
  /// layers.
  public struct Projection: Hashable, Sendable {
    public var member: Member
    /// (secondary's width, primary's width)
    public var weight: NamePattern?
    /// (secondary's width)
    public var bias: Biases?
  }

  /// The small network that decides whether the secondary goes on drafting.
  public struct Router: Hashable, Sendable {
    public enum Sign: String, Sendable, CaseIterable {
      /// The output is the probability that the primary disagrees: over the threshold, it is asked.
      case disagreement
      /// The output is the probability that the token stands: under the threshold, the primary is
      /// asked.
      case acceptance
    }

    public enum Activation: String, Sendable, CaseIterable { case relu, silu, gelu, tanh }

    public var member: Member
    /// 0: (hidden, 1 + k + k · secondary's width), 1: (1, hidden)
    public var weight: NamePattern?
    public var bias: Biases?
    /// Between the two layers.
    public var activation: Activation?
    /// How many of the likeliest tokens are looked at.
    public var topK: Int?
    public var threshold: Double?
    public var sign: Sign?
  }

  /// Which state of the primary each layer of the secondary reads.
  public struct LayerMap: Hashable, Sendable {
    /// How a description numbers states.
    public enum Convention: String, Sendable, CaseIterable {
      /// The number of layers passed: 0 is the embedding.
      case stateAfter = "state-after"
      /// The layer, from 0, that puts the state out.
      case outputOf = "output-of"
      /// The layer, from 0, that takes the state in.
      case inputOf = "input-of"
    }

    /// For each layer of the secondary, from 0.
    public let ids: [Int]
    public let convention: Convention

    public init(ids: [Int], convention: Convention) {
      self.ids = ids
      self.convention = convention
    }

    /// The number of layers of the primary that each state has passed; 0 is the embedding.
    public var states: [Int] { convention == .outputOf ? ids.map { $0 + 1 } : ids }
  }
}
