import TandemBundles
import TandemBytes
import TandemTensors

/// Opens a bundle from another package and borrows its tensors: `ReadBundle pair.tandem`.
@main
struct ReadBundle {
  static func main() throws {
    let bundle = try TandemBundle(path: CommandLine.arguments[1])
    for member in bundle.members {
      print(member.name, member.tensorSetDigest?.description ?? "")
      for index in member.tensors {
        // A view borrows the mapping: no byte is copied, and it cannot outlive the bundle.
        let view = bundle.tensor(at: index)
        print(" ", bundle.tensorName(at: index), view.type.name, view.shape, view.bytes.byteCount)
      }
    }
  }
}
