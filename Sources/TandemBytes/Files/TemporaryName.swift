import Glibc
import Synchronization

/// The path of something that shall not outlive the process if a signal ends it: a temporary file,
/// or a folder that was made for files that are not there yet.
///
/// Almost none exist: most files have no name before they are complete.
@safe struct TemporaryName {
  let path: String
  // SAFETY: entries are never freed, so that a signal handler can walk over them at any moment.
  private let entry: UnsafeMutablePointer<Entry>

  /// An entry of a list that only grows; a handler reads it without a lock and without memory of
  /// its own.
  @safe private struct Entry: ~Copyable {
    // SAFETY: a copy that is never freed, nil if there was no memory for it.
    let path: UnsafeMutablePointer<CChar>?
    let isNeeded = Atomic(true)
    /// The address of the entry that was added before, 0 for the first.
    let previous: UInt
  }

  /// The address of the entry that was added last, 0 without any.
  private static let newest = Atomic<UInt>(0)

  /// Makes signals remove a path; to be called before anything is there, so that no signal comes
  /// between.
  init(_ path: String) {
    self.path = path
    let copy = unsafe strdup(path)
    unsafe entry = .allocate(capacity: 1)
    var previous = Self.newest.load(ordering: .acquiring)
    var isAdded = false
    while !isAdded {
      // SAFETY: nobody knows the entry before the exchange succeeds; a failed one leaves nothing to
      // release in it.
      unsafe entry.initialize(to: Entry(path: copy, previous: previous))
      (isAdded, previous) = Self.newest.compareExchange(
        expected: previous, desired: unsafe UInt(bitPattern: entry),
        ordering: .acquiringAndReleasing)
    }
  }

  /// Leaves the path to itself from now on.
  func forget() {
    // SAFETY: the entry was initialised by `init` and is never freed.
    unsafe entry.pointee.isNeeded.store(false, ordering: .releasing)
  }

  /// Removes the file, or the folder if it is empty.
  func remove() {
    unsafe Self.remove(path)
    forget()
  }

  private static func remove(_ path: UnsafePointer<CChar>) {
    // SAFETY: both calls only read the path, and may be made in a signal handler.
    if unsafe unlink(path) != 0 { unsafe _ = rmdir(path) }
  }

  /// Removes all that are needed, the latest first; may be called in a signal handler.
  static func removeAll() {
    var address = newest.load(ordering: .acquiring)
    // SAFETY: addresses in the list are those of entries, which are never freed.
    while let entry = unsafe UnsafeMutablePointer<Entry>(bitPattern: address) {
      if unsafe entry.pointee.isNeeded.load(ordering: .acquiring),
        let path = unsafe entry.pointee.path
      {
        unsafe remove(path)
      }
      unsafe address = entry.pointee.previous
    }
  }
}

/// Folders that are made for files, and removed again if those do not come.
public struct NewFolders: ~Copyable {
  private var names: [TemporaryName] = []

  public init() {}

  /// Creates a folder and the folders above it, as far as they are missing.
  public mutating func create(_ path: String) throws(FileError) {
    for missing in Paths.missingFolders(path) {
      let name = TemporaryName(missing)
      do throws(FileError) {
        if try Paths.makeFolder(missing) { names.append(name) } else { name.forget() }
      } catch {
        name.forget()
        throw error
      }
    }
  }

  /// Leaves the folders where they are.
  public consuming func keep() { for name in names { name.forget() } }

  /// Removes those that are empty.
  public consuming func removeEmpty() { for name in names.reversed() { name.remove() } }
}
