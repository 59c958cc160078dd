import Dispatch
import Glibc

/// Calls a function for each index below a count, on all cores, and returns when all calls have
/// ended.
///
/// Indices are handed out in ascending order. For work of at least tens of microseconds an index:
/// handing over costs several.
///
/// - Parameter run: How many consecutive indices one thread takes at a time.
public func concurrently(_ count: Int, inRunsOf run: Int = 1, _ body: @Sendable (Int) -> Void) {
  DispatchQueue.concurrentPerform(iterations: (count + run - 1) / run) { number in
    for index in number * run..<min((number + 1) * run, count) { body(index) }
  }
}

/// The results of a function for each index below a count, computed on all cores, in order.
///
/// - Parameter run: How many consecutive indices one thread takes at a time.
public func concurrentMap<Result: BitwiseCopyable & Sendable>(
  _ count: Int, inRunsOf run: Int = 1, _ body: (Int) -> Result
) -> [Result] {
  unsafe [Result](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    // SAFETY: each index is written exactly once, by one thread, and concurrentPerform waits for
    // all of them.
    withoutActuallyEscaping(body) { body in
      nonisolated(unsafe) let output = unsafe buffer
      nonisolated(unsafe) let function = body
      DispatchQueue.concurrentPerform(iterations: (count + run - 1) / run) { number in
        for index in number * run..<min((number + 1) * run, count) {
          unsafe output.initializeElement(at: index, to: function(index))
        }
      }
    }
    initializedCount = count
  }
}

/// How many threads work at a time, at most.
public var coreCount: Int { max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN))) }
