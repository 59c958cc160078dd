/// A fast hash of short byte strings and integers, keyed anew in each process, so that no file can be
/// made whose entries collide.
///
/// Each word is multiplied to 128 bits and folded, as wyhash does
/// (https://github.com/wangyi-fudan/wyhash); the standard library's SipHash takes four times as
/// long for a token.
public enum KeyedHash {
  private static let key = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max) | 1)

  /// The key, to be kept by a table: reading the process's costs a check each time.
  public struct Key: Sendable {
    @usableFromInline let first: UInt64
    @usableFromInline let second: UInt64

    public init() { (first, second) = KeyedHash.key }
  }
}

extension KeyedHash.Key {
  /// The hash of an integer.
  @inlinable
  public func hash(_ value: UInt64) -> Int {
    Int(truncatingIfNeeded: Self.fold(Self.fold(value ^ first, second), second ^ value))
  }

  /// The hash of bytes.
  ///
  /// - Complexity: O(*n*), eight bytes a step.
  @inlinable
  public func hash(_ bytes: RawSpan) -> Int {
    let count = bytes.byteCount
    var state = first ^ UInt64(count)
    var offset = 0
    while offset + 8 <= count {
      state = Self.fold(state ^ bytes.littleEndian(UInt64.self, at: offset), second)
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < count {
      rest = rest << 8 | UInt64(bytes.byte(at: offset))
      offset += 1
    }
    return Int(truncatingIfNeeded: Self.fold(Self.fold(state ^ rest, second), first | 1))
  }

  /// Both halves of a product, one over the other.
  @inlinable
  static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }
}
