import TandemBytes
import TandemTestSupport
import Testing

@Suite struct PathsTests {
  @Test(arguments: [
    "", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a\\b", "c:a", "a\nb", "a\u{7F}",
    // A slash and a combining mark are one character of Swift, and still a slash to the kernel.
    "../\u{301}a", "..\\\u{301}a", "c:\u{301}a", String(repeating: "a", count: 4097),
  ])
  func `a path that could leave its folder is not safe`(path: String) {
    #expect(!Paths.isSafeRelative(path))
  }

  @Test(arguments: ["a", "a/b.json", "...", "é/\u{301}b", ".hidden", "a b"])
  func `a plain relative path is safe`(path: String) {
    #expect(Paths.isSafeRelative(path))
  }

  @Test func `names and folders are cut at slashes, whatever mark follows`() {
    #expect(Paths.name("a/\u{301}b") == "\u{301}b")
    #expect(Paths.folder("a/\u{301}b") == "a")
    #expect(Paths.name("/a/b/") == "b")
    #expect(Paths.folder("b") == ".")
    #expect(Paths.fileExtension("a.b/c") == nil)
  }
}

@Suite struct OutputFileTests {
  @Test func `a file that appears meanwhile is not replaced without being asked`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/out"
    let output = try OutputFile(path: path, replacing: false)
    try output.write([1 as UInt8, 2, 3].rawSpan, at: 0)
    try folder.write([9], to: "out")
    #expect(throws: FileError.self) { try output.commit() }
    let bytes = try contents(of: path)
    #expect(bytes == [9])
    #expect(try folder.names == ["out"])
  }

  @Test func `an uncommitted file leaves nothing, a committed one replaces when asked`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([9], to: "out")
    do {
      let abandoned = try OutputFile(path: path, replacing: true)
      try abandoned.write([1 as UInt8].rawSpan, at: 0)
    }
    #expect(try contents(of: path) == [9])
    let output = try OutputFile(path: path, replacing: true)
    try output.write([4 as UInt8, 5].rawSpan, at: 0)
    try output.commit()
    #expect(try contents(of: path) == [4, 5])
    #expect(try folder.names == ["out"])
  }
}
