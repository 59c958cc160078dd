public import TandemTensors

/// What a conversion is asked to do.
public struct ConversionOptions: Sendable {
  public var format: ConversionFormat
  /// The type that floating-point tensors become; nil to keep each one's.
  public var elementType: ElementType?
  /// How matrices are quantised; nil if they are not.
  public var quantisation: Quantisation?
  /// Types for tensors by the names that they will have; the first that matches decides.
  public var typeRules: [TypeRule] = []
  /// Whether a model becomes what the other convention has for it, between a folder and GGUF: names,
  /// data, configuration and tokenizer.
  public var isTranslating = true
  /// What a translated model is called in GGUF; nil for the name of its folder.
  public var modelName: String?
  /// GGUF's name for how a translated tokenizer cuts texts; nil to find it.
  public var preTokenizer: String?
  /// Only tensors whose names in the source match one of these; all if there are none.
  public var filters: [Glob] = []
  /// No tensors whose names in the source match one of these.
  public var exclusions: [Glob] = []
  /// New names; the first that matches decides. Of a translated model, for the names that it has
  /// then.
  public var renames: [NamePattern] = []
  /// The most bytes of tensors in one file, unless a single one has more; nil for one file.
  public var shardByteCount: Int?
  /// Which of the files are written.
  public var part = Part.whole
  /// The most memory for pieces of tensors on their way, all threads together.
  public var memoryByteCount = 256_000_000
  /// Whether files that exist may be replaced.
  public var isReplacing = false
  /// Whether what was written is read again and compared.
  public var isVerifying = false

  public init(_ format: ConversionFormat) { self.format = format }

  /// A type for the tensors that match a pattern.
  public struct TypeRule: Sendable, Hashable {
    public let pattern: Glob
    public let type: ElementType

    public init(_ pattern: Glob, _ type: ElementType) {
      self.pattern = pattern
      self.type = type
    }
  }

  /// One of several runs that share a conversion.
  public struct Part: Sendable, Hashable {
    /// From 1.
    public let number: Int
    public let count: Int

    public static let whole = Part(number: 1, count: 1)

    /// - Precondition: The number is one of 1 to the count.
    public init(number: Int, count: Int) {
      precondition(1...max(count, 1) ~= number, "Part: number and count disagree")
      self.number = number
      self.count = count
    }

    /// The files that this run writes, of so many; the runs' shares differ by one at most.
    func files(of count: Int) -> Range<Int> {
      count * (number - 1) / self.count..<count * number / self.count
    }
  }
}

extension ConversionOptions {
  /// Whether filters and exclusions let a tensor of the source through.
  func includes(_ name: String) -> Bool {
    (filters.isEmpty || filters.contains { $0.matches(name) })
      && !exclusions.contains { $0.matches(name) }
  }
}
