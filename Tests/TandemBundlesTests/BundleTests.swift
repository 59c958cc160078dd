import TandemBundles
import TandemBytes
import TandemTensors
import TandemTestSupport
import Testing

@Suite struct BundleTests {
  @Test func `a bundle gives back members, fields, relations and tensors as planned`() throws {
    let sample = try SampleBundle()
    let bundle = try TandemBundle(path: sample.write())
    #expect(bundle.members.map(\.name) == ["primary", "secondary", "tokenizer"])
    #expect(bundle.members.map(\.role) == [.primary, .secondary, .tokenizer])
    for (member, planned) in zip(bundle.members, sample.plan.members) {
      #expect(bundle.fields(of: member) == planned.fields)
      #expect(member.tokenizer == planned.tokenizer)
      #expect(
        member.tensors.map(bundle.tensorName(at:)) == planned.tensors.map(\.name).sorted())
      for tensor in planned.tensors {
        let index = try #require(bundle.tensorIndex(tensor.name, of: member))
        let view = bundle.tensor(at: index)
        let (type, shape, bytes) = (view.type, view.shape, view.bytes.array)
        #expect(type == tensor.type)
        #expect(shape == tensor.shape)
        #expect(bytes == Array(sample.source[sample.plan.payloads[tensor.payload].range]))
      }
      #expect(bundle.tensorIndex("no such tensor", of: member) == nil)
    }
    #expect(bundle.relations.map(\.kind) == ["tandem"])
    #expect(bundle.relations.map(\.fields) == sample.plan.relations.map(\.fields))
  }

  @Test func `two names of one payload are aliases`() throws {
    let sample = try SampleBundle()
    let bundle = try TandemBundle(path: sample.write())
    let indices = try bundle.members.prefix(2).map {
      try #require(bundle.tensorIndex("embedding", of: $0))
    }
    #expect(bundle.payloadIndex(ofTensorAt: indices[0]) == bundle.payloadIndex(ofTensorAt: indices[1]))
  }

  @Test func `documents and file maps come back`() throws {
    let sample = try SampleBundle()
    let bundle = try TandemBundle(path: sample.write())
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
    let first = try MappedFile(path: sample.write(to: "1.tandem"))
    let second = try MappedFile(path: sample.write(to: "2.tandem"))
    #expect(try TandemBundle(first).verify().all == [])
    let (bytes, again) = (first.bytes.array, second.bytes.array)
    #expect(bytes == again)
  }

  @Test func `every changed bit is found by opening or by verifying`() throws {
    let sample = try SampleBundle()
    let good = try MappedFile(path: sample.write()).bytes.array
    for offset in good.indices {
      // One bit a byte, another one each time, keeps this to seconds and visits all eight.
      var bytes = good
      bytes[offset] ^= 1 << (offset % 8)
      #expect(try isDamaged(bytes, sample.folder), "bit \(offset % 8) of byte \(offset)")
    }
  }

  @Test func `every truncation is found by opening`() throws {
    let sample = try SampleBundle()
    let good = try MappedFile(path: sample.write()).bytes.array
    for count in good.indices {
      let path = try sample.folder.write(Array(good[..<count]), to: "short.tandem")
      #expect(throws: Finding.self) { try TandemBundle(path: path) }
    }
  }

  private func isDamaged(_ bytes: [UInt8], _ folder: TemporaryFolder) throws -> Bool {
    let file = try MappedFile(path: folder.write(bytes, to: "changed.tandem"))
    do throws(Finding) {
      return try TandemBundle(file).verify().hasErrors
    } catch {
      return true
    }
  }
}
