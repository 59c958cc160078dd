import TandemBundles
import TandemBytes
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct BundleTests {
  @Test func `a bundle gives back members, fields, relations and tensors as planned`() throws {
    let sample = try SampleBundle()
    let bundle = try sample.open()
    #expect(bundle.members.map(\.name) == ["primary", "secondary", "tokenizer"])
    #expect(bundle.members.map(\.role) == [.primary, .secondary, .tokenizer])
    for (member, planned) in zip(bundle.members, sample.plan.members) {
      #expect(bundle.fields(of: member) == planned.fields)
      #expect(member.tokenizer == planned.tokenizer)
      #expect(
        member.tensors.map(bundle.tensorName(at:)) == planned.tensors.map(\.name).sorted())
      for tensor in planned.tensors {
        let index = try #require(bundle.tensorIndex(tensor.name, of: member))
        let content = TensorContent(bundle.tensor(at: index))
        let expected = TensorContent(
          type: tensor.type, shape: tensor.shape,
          bytes: Array(sample.source[sample.plan.payloads[tensor.payload].range]))
        #expect(content == expected)
      }
      #expect(bundle.tensorIndex("no such tensor", of: member) == nil)
    }
    #expect(bundle.relations.map(\.kind) == ["tandem"])
    #expect(bundle.relations.map(\.fields) == sample.plan.relations.map(\.fields))
  }

  @Test func `two names of one payload are aliases`() throws {
    let sample = try SampleBundle()
    let bundle = try sample.open()
    let indices = try bundle.members.prefix(2).map {
      try #require(bundle.tensorIndex("embedding", of: $0))
    }
    #expect(
      bundle.payloadIndex(ofTensorAt: indices[0]) == bundle.payloadIndex(ofTensorAt: indices[1]))
  }

  @Test func `documents and file maps come back`() throws {
    let sample = try SampleBundle()
    let bundle = try sample.open()
    let config = try #require(bundle.sections.first { $0.name == "config.json" })
    #expect(try bundle.plainBytes(of: config) == Array(sample.source[0..<100]))
    let primary = try #require(bundle.member(.primary))
    let files = try bundle.sourceFiles(of: primary)
    #expect(files.map(\.path) == ["a.bin"])
    // The block digests are section 0 of the file.
    #expect(
      files.map(\.segments) == [
        [
          .section(index: 2, range: 0..<120), .zeros(byteCount: 8),
          .payload(index: 2, range: 0..<34),
        ]
      ])
    #expect(files.map(\.byteCount) == [162])
  }

  @Test func `a fresh bundle verifies, and packing twice gives the same bytes`() throws {
    let sample = try SampleBundle()
    let first = try sample.write(to: "1.tandem")
    let second = try sample.write(to: "2.tandem")
    let findings = try TandemBundle(path: first).verify().all
    #expect(findings == [])
    let (bytes, again) = try (contents(of: first), contents(of: second))
    #expect(bytes == again)
  }

  @Test func `a change of any byte is found by opening or by verifying`() throws {
    let sample = try SampleBundle()
    let good = try contents(of: sample.write())
    for offset in good.indices {
      // One bit a byte keeps this to seconds.
      var bytes = good
      bytes[offset] ^= 1 << (offset % 8)
      #expect(try isDamaged(bytes, sample.folder), "bit \(offset % 8) of byte \(offset)")
    }
  }

  @Test func `every truncation is found by opening`() throws {
    let sample = try SampleBundle()
    let good = try contents(of: sample.write())
    for count in good.indices {
      let path = try sample.folder.write(Array(good[..<count]), to: "short.tandem")
      #expect(throws: Finding.self) { _ = try TandemBundle(path: path) }
    }
  }

  private func isDamaged(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> Bool {
    let file = try MappedFile(path: folder.write(bytes, to: "changed.tandem"))
    guard let bundle = try? TandemBundle(file) else { return true }
    return bundle.verify().hasErrors
  }
}

/// A view's content, copied, so that it can be compared.
private struct TensorContent: Equatable {
  let type: ElementType
  let shape: Shape
  let bytes: [UInt8]

  init(type: ElementType, shape: Shape, bytes: [UInt8]) {
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  init(_ view: TensorView) {
    self.init(type: view.type, shape: view.shape, bytes: view.bytes.array)
  }
}
