/// The arguments of this process, before they became text.
public enum ProcessArguments {
  /// The first argument that is not UTF-8, with its flaws repaired; nil if all are.
  ///
  /// `CommandLine.arguments` repairs in silence: a path would lead to another file.
  public static var firstNotUTF8: String? {
    for index in 0..<Int(CommandLine.argc) {
      // SAFETY: argv has argc NUL-terminated strings, which live as long as the process.
      guard let argument = unsafe CommandLine.unsafeArgv[index] else { continue }
      if unsafe String(validatingCString: argument) == nil {
        return unsafe String(cString: argument)
      }
    }
    return nil
  }
}
