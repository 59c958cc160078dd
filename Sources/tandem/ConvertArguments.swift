public import ArgumentParser
import TandemBundles
public import TandemConversion
import TandemKernels
public import TandemTensors

/// A number of bytes as people write it: `5GB`, `512MiB`, `1000`.
struct ByteSize: ExpressibleByArgument {
  let byteCount: Int
  private let text: String

  init(_ byteCount: Int) {
    self.byteCount = byteCount
    text = "\(byteCount / 1_000_000)MB"
  }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    let unit = argument.dropFirst(digits.count).drop { $0 == " " }.uppercased()
    guard let number = Int(digits), number > 0, let factor = Self.units[unit] else { return nil }
    let (byteCount, overflow) = number.multipliedReportingOverflow(by: factor)
    if overflow { return nil }
    self.byteCount = byteCount
    text = argument
  }

  var defaultValueDescription: String { text }

  private static let units = [
    "": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "TB": 1_000_000_000_000,
    "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40,
  ]
}

extension ConversionFormat: ExpressibleByArgument {}

extension ElementType: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument.uppercased()) }

  /// Those without blocks that floating-point numbers become.
  public static var allValueStrings: [String] {
    allCases.filter { !$0.isQuantised && Recoding(from: .f32, to: $0) != nil }
      .map { $0.name.lowercased() }
  }
}

extension Quantisation: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public static var allValueStrings: [String] { all.map { $0.name.lowercased() } }
}

extension Glob: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension NamePattern: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

extension ConversionOptions.TypeRule: ExpressibleByArgument {
  /// `GLOB=TYPE`; the last equals sign counts.
  public init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="),
      let type = ElementType(name: argument[argument.index(after: sign)...].uppercased())
    else { return nil }
    self.init(Glob(String(argument[..<sign])), type)
  }
}

extension ConversionOptions.Part: ExpressibleByArgument {
  /// `I/N`.
  public init?(argument: String) {
    let numbers = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let number = numbers[0], let count = numbers[1],
      1...99_999 ~= count, 1...count ~= number
    else { return nil }
    self.init(number: number, count: count)
  }
}

/// A value for a member of a bundle, by its role: `secondary=bf16`, `secondary:*norm*=f32`. Without
/// one it is the primary's.
struct OfMember<Value: ExpressibleByArgument>: ExpressibleByArgument {
  let role: MemberRole
  let value: Value

  init?(argument: String) {
    var (role, text) = (MemberRole.primary, argument[...])
    if let sign = argument.firstIndex(where: { $0 == "=" || $0 == ":" }),
      let named = MemberRole.allCases.first(where: { "\($0)" == argument[..<sign] })
    {
      (role, text) = (named, argument[argument.index(after: sign)...])
    }
    guard let value = Value(argument: String(text)) else { return nil }
    self.role = role
    self.value = value
  }
}
