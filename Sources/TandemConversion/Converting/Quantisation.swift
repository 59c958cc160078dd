public import TandemTensors

/// How the matrices of a model are quantised: a type for most of them, and others for those that
/// lose more than they save.
///
/// The choices are llama.cpp's (`llama_tensor_get_type` in llama-quant.cpp, without an importance
/// matrix and without experts), so that a file has the type that its name promises for every tensor.
public struct Quantisation: Sendable, Hashable {
  /// llama.cpp's name, such as `Q4_K_M`.
  public let name: String
  /// The number of `general.file_type` (`llama_ftype` in llama.h).
  let fileType: UInt32
  /// The type of most matrices.
  public let type: ElementType
  let rules: [Rule]

  /// The quantisation with a name, in letters of either case; nil if there is none.
  public init?(name: String) {
    let name = Self.otherNames[name.uppercased()] ?? name.uppercased()
    guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
    self = found
  }

  init(_ name: String, _ fileType: UInt32, _ type: ElementType, _ rules: [Rule] = []) {
    self.name = name
    self.fileType = fileType
    self.type = type
    self.rules = rules
  }

  /// The same type for all matrices, and no exception.
  public var pure: Quantisation { Quantisation(name, fileType, type, [Rule(.head, .always, type)]) }

  /// The name, and whether there is no exception.
  var fullName: String { self == pure ? "\(name) pure" : name }

  /// A type for tensors of a kind, under a condition; the first that applies decides.
  struct Rule: Sendable, Hashable {
    let kind: TensorKind
    let condition: Condition
    let type: ElementType

    init(_ kind: TensorKind, _ condition: Condition, _ type: ElementType) {
      self.kind = kind
      self.condition = condition
      self.type = type
    }
  }

  /// When a rule applies, for layer i of n.
  enum Condition: Sendable, Hashable {
    case always
    /// i is below a number.
    case below(Int)
    /// i is below n divided by a number.
    case belowShare(Int)
    /// The first and the last eighth of the layers, and every third between.
    case moreBits
    /// Four query heads or more share a key.
    case sharedKeys

    func holds(layer: Int, of count: Int, headsForEachKey: Int) -> Bool {
      switch self {
      case .always: true
      case .below(let limit): layer < limit
      case .belowShare(let divisor): layer < count / divisor
      case .moreBits:
        layer < count / 8 || layer >= 7 * count / 8 || (layer - count / 8) % 3 == 2
      case .sharedKeys: headsForEachKey >= 4
      }
    }
  }

  /// What llama.cpp tells tensors apart by: parts of their names in GGUF.
  enum TensorKind: Sendable, Hashable {
    /// The output matrix, or the embedding where it is the output matrix too.
    case head
    case embedding
    /// Values, also together with keys or queries.
    case value
    case attentionOutput
    case down
    case other
  }
}

extension Quantisation {
  /// Every quantisation whose types can be written.
  public static let all = known.filter { TensorRecoding.exists(from: .f32, to: $0.type) }

  /// llama.cpp's quantisations, as a table: name, number, type, exceptions.
  private static let known: [Quantisation] = [
    Quantisation("Q4_0", 2, .q4_0),
    Quantisation("Q4_1", 3, .q4_1),
    Quantisation("Q8_0", 7, .q8_0),
    Quantisation("Q5_0", 8, .q5_0),
    Quantisation("Q5_1", 9, .q5_1),
    Quantisation(
      "Q2_K", 10, .q2_k,
      [
        Rule(.value, .sharedKeys, .q4_k), Rule(.value, .always, .q3_k),
        Rule(.down, .always, .q3_k), Rule(.attentionOutput, .always, .q3_k),
      ]),
    Quantisation("Q3_K_S", 11, .q3_k),
    Quantisation(
      "Q3_K_M", 12, .q3_k,
      [
        Rule(.value, .below(2), .q5_k), Rule(.value, .always, .q4_k),
        Rule(.down, .belowShare(16), .q5_k), Rule(.down, .always, .q4_k),
        Rule(.attentionOutput, .always, .q4_k),
      ]),
    Quantisation(
      "Q3_K_L", 13, .q3_k,
      [
        Rule(.value, .always, .q5_k), Rule(.down, .always, .q5_k),
        Rule(.attentionOutput, .always, .q5_k),
      ]),
    Quantisation(
      "Q4_K_S", 14, .q4_k, [Rule(.value, .below(4), .q5_k), Rule(.down, .belowShare(8), .q5_k)]),
    Quantisation(
      "Q4_K_M", 15, .q4_k, [Rule(.value, .moreBits, .q6_k), Rule(.down, .moreBits, .q6_k)]),
    Quantisation("Q5_K_S", 16, .q5_k),
    Quantisation(
      "Q5_K_M", 17, .q5_k, [Rule(.value, .moreBits, .q6_k), Rule(.down, .moreBits, .q6_k)]),
    Quantisation("Q6_K", 18, .q6_k),
    Quantisation(
      "IQ4_NL", 25, .iq4_nl,
      [Rule(.value, .sharedKeys, .q5_k), Rule(.down, .belowShare(8), .q5_k)]),
    Quantisation("IQ3_S", 26, .iq3_s, [Rule(.value, .sharedKeys, .q4_k)]),
    Quantisation(
      "IQ3_M", 27, .iq3_s,
      [
        Rule(.value, .always, .q4_k), Rule(.down, .belowShare(8), .q4_k),
        Rule(.attentionOutput, .always, .q4_k),
      ]),
    Quantisation(
      "IQ4_XS", 30, .iq4_xs,
      [Rule(.value, .sharedKeys, .q5_k), Rule(.down, .belowShare(8), .q5_k)]),
    Quantisation("TQ1_0", 36, .tq1_0, [Rule(.embedding, .always, .q4_k)]),
    Quantisation("TQ2_0", 37, .tq2_0, [Rule(.embedding, .always, .q4_k)]),
    // llama.cpp's MXFP4_MOE gives this type to experts alone, and Q8_0 to all else.
    Quantisation("MXFP4", 38, .mxfp4, [Rule(.head, .always, .q8_0)]),
  ]

  private static let otherNames = ["Q3_K": "Q3_K_M", "Q4_K": "Q4_K_M", "Q5_K": "Q5_K_M"]
}
