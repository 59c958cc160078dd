/// An array that grows page by page: growing copies nothing and leaves no room unused but in the
/// last page, so that what a hostile file makes a reader keep is known from the count of elements.
public struct PagedArray<Element> {
  private static var pageShift: Int { 10 }
  private static var pageCount: Int { 1 << pageShift }

  private var pages: [[Element]] = []
  public private(set) var count = 0

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// - Precondition: The index is that of an element.
  public subscript(index: Int) -> Element {
    get { pages[index >> Self.pageShift][index & (Self.pageCount - 1)] }
    set { pages[index >> Self.pageShift][index & (Self.pageCount - 1)] = newValue }
  }

  public mutating func append(_ element: Element) {
    if count >> Self.pageShift == pages.count {
      pages.append([])
      // The first page grows as it must: most arrays are small.
      if pages.count > 1 { pages[pages.count - 1].reserveCapacity(Self.pageCount) }
    }
    pages[pages.count - 1].append(element)
    count += 1
  }

  /// - Precondition: There is an element.
  public mutating func removeLast() -> Element {
    let element = pages[pages.count - 1].removeLast()
    if pages[pages.count - 1].isEmpty { pages.removeLast() }
    count -= 1
    return element
  }

  /// Keeps the first elements only.
  public mutating func truncate(to newCount: Int) {
    while count > newCount { _ = removeLast() }
  }
}

extension PagedArray: Sendable where Element: Sendable {}
