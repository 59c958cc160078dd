// The package's library product is `Tandem`; its modules are imported by their names.
@preconcurrency import Glibc  // stderr is a C global
import TandemBundles  // TandemBundle, members, tensors
import TandemBytes  // Digest, Finding, FileError
import TandemTensors  // ElementType, Shape, tensor views

/// Opens a bundle from another package and borrows its tensors: `ReadBundle pair.tandem`.
///
/// Building takes the system's packages libjson-c-dev, liblz4-dev and zlib1g-dev.
@main
struct ReadBundle {
  static func main() {
    guard CommandLine.arguments.count == 2 else {
      fputs("usage: ReadBundle FILE.tandem\n", stderr)
      exit(2)
    }
    do {
      list(try TandemBundle(path: CommandLine.arguments[1]))
    } catch {
      fputs("ReadBundle: \(error)\n", stderr)
      exit(1)
    }
  }

  private static func list(_ bundle: TandemBundle) {
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
