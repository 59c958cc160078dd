/// The header of an `.npy` file, as it stands there.
struct NPYHeader: Hashable {
  /// The type of the elements, such as `<f4`.
  let descriptor: String
  /// Whether the first dimension is the contiguous one.
  let isFortranOrder: Bool
  /// Outermost dimension first, whatever the order.
  let shape: [Int]
}
