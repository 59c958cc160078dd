import Testing

@testable import TandemReports

@Suite struct NumbersTests {
  struct Case<Value: Sendable>: CustomTestStringConvertible, Sendable {
    let value: Value
    let text: String

    init(_ value: Value, _ text: String) {
      self.value = value
      self.text = text
    }

    var testDescription: String { text }
  }

  @Test(arguments: [
    Case(0, "0 B"), Case(1, "1 B"), Case(999, "999 B"), Case(1000, "1.00 kB"),
    Case(1234, "1.23 kB"), Case(9994, "9.99 kB"), Case(9996, "10.0 kB"), Case(99_960, "100 kB"),
    Case(999_499, "999 kB"), Case(999_500, "1.00 MB"), Case(98_362_432, "98.4 MB"),
    Case(1_500_000_000, "1.50 GB"), Case(.max, "9.22 EB"),
  ])
  func `bytes have three significant digits`(_ example: Case<Int>) {
    #expect(Numbers.bytes(example.value) == example.text)
  }

  @Test(arguments: [
    Case(0, "0"), Case(9999, "9,999"), Case(10_000, "10.00 k"), Case(134_515_008, "134.5 M"),
    Case(999_960_000, "1.000 G"), Case(7_241_732_096, "7.242 G"),
  ])
  func `counts have four significant digits`(_ example: Case<Int>) {
    #expect(Numbers.abbreviated(example.value) == example.text)
  }

  @Test(arguments: [
    Case(0, "0"), Case(-7, "-7"), Case(-123_456, "-123,456"), Case(1000, "1,000"),
    Case(.min, "-9,223,372,036,854,775,808"),
  ])
  func `digits are grouped`(_ example: Case<Int>) {
    #expect(Numbers.grouped(example.value) == example.text)
  }

  @Test(arguments: [
    Case(Duration.nanoseconds(7), "7 ns"), Case(.nanoseconds(12_345), "12.3 µs"),
    Case(.microseconds(999.7), "1.00 ms"), Case(.seconds(4.5), "4.50 s"),
    Case(.seconds(99.96), "1 min 40 s"), Case(.seconds(3725), "1 h 2 min"),
  ])
  func `durations have the unit that fits`(_ example: Case<Duration>) {
    #expect(Numbers.duration(example.value) == example.text)
  }

  @Test func `shares, rates and counted nouns`() {
    #expect(Numbers.share(1, of: 3) == "33.3 %")
    #expect(Numbers.share(0, of: 0) == "–")
    #expect(Numbers.rate(1.234e9) == "1.23 GB/s")
    #expect(Numbers.counted(1, "tensor") == "1 tensor")
    #expect(Numbers.counted(1272, "tensor") == "1,272 tensors")
    #expect(Numbers.fixed(-0.004, decimals: 2) == "0.00")
  }
}
