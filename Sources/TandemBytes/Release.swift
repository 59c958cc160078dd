/// This release of the product.
public enum Release {
  /// The version, as `tandem --version` prints it and bundles record it.
  public static let version = "0.1.0"
  /// Name and version of the tool.
  public static let tool = "tandem \(version)"
}
