import Glibc

/// Another program, run to its end.
public enum ChildProcess {
  /// Runs a program and takes what it writes to standard output; its remarks go nowhere.
  ///
  /// - Parameter words: The program, which is looked for on the search path if it has no slash, and
  ///   its arguments. None of them may have a NUL.
  /// - Throws: ``FileError`` if it cannot be started, or ends with anything but 0.
  public static func output(of words: [String]) throws(FileError) -> [UInt8] {
    let name = words.first ?? ""
    var ends: [CInt] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw FileError(name, "run", errno: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = unsafe start(words, writingTo: ends[1])
    let error = errno
    close(ends[1])
    defer { close(ends[0]) }
    guard let child else { throw FileError(name, "run", errno: error) }
    let bytes = readAll(ends[0])
    var status: CInt = 0
    _ = retryingInterrupts { unsafe Int(waitpid(child, &status, 0)) }
    // The macros of <sys/wait.h>: the lowest seven bits are a signal's number, the next byte is the
    // exit code.
    if status & 0x7F != 0 {
      throw FileError(name, "run", reason: "it was ended by signal \(status & 0x7F)")
    }
    if status >> 8 != 0 {
      let all = words.joined(separator: " ")
      throw FileError(name, "run", reason: "it ended with exit code \(status >> 8): \(all)")
    }
    return bytes
  }

  /// - Returns: The process, nil with `errno` if there is none.
  @unsafe
  private static func start(_ words: [String], writingTo descriptor: CInt) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, STDOUT_FILENO)
    unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // SAFETY: each copy is ended by NUL, lives until it is freed below, and posix_spawnp keeps none.
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    let result = unsafe posix_spawnp(&child, words[0], &actions, nil, &arguments, environ)
    errno = result
    return result == 0 ? child : nil
  }

  private static func readAll(_ descriptor: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // SAFETY: read writes at most the buffer's bytes before the closure returns.
      let count = retryingInterrupts {
        unsafe buffer.withUnsafeMutableBytes {
          unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
      }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }
}
