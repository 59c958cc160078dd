import Dispatch
import Glibc
import Synchronization

/// The cores of this machine.
public var coreCount: Int { max(sysconf(CInt(_SC_NPROCESSORS_ONLN)), 1) }

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

/// Calls a function on several threads at once and returns when all calls have ended.
///
/// For work that waits for a disk: other than ``concurrently(_:inRunsOf:_:)`` this may be given
/// more threads than there are cores.
func concurrently(onThreads count: Int, _ body: @Sendable () -> Void) {
  withoutActuallyEscaping(body) { body in
    var threads: [pthread_t] = []
    for _ in 1..<max(count, 1) {
      var thread = pthread_t()
      // SAFETY: the thread takes over the reference, and gives it up before it is joined.
      let task = unsafe Unmanaged.passRetained(ThreadTask(run: body))
      let result = unsafe pthread_create(&thread, nil, runThreadTask, task.toOpaque())
      // Without a further thread the others do its work.
      if result == 0 { threads.append(thread) } else { unsafe task.release() }
    }
    body()
    for thread in threads { pthread_join(thread, nil) }
  }
}

/// The results of a function for each index below a count, computed on several threads, in order.
///
/// Indices are handed out in ascending order; soon after a failure no more of them are.
///
/// - Parameters:
///   - threadCount: May be more than there are cores.
///   - makeState: Makes what one thread needs for all its calls.
/// - Throws: What the function throws, of several the one for the lowest index.
public func concurrentMap<State: ~Copyable, Result: Sendable>(
  _ count: Int, onThreads threadCount: Int, with makeState: @Sendable () -> State,
  _ body: @Sendable (Int, inout State) throws -> Result
) throws -> [Result] {
  let next = Atomic(0)
  let outcome = Mutex<(results: [Result?], failure: (index: Int, error: any Error)?)>(
    ([Result?](repeating: nil, count: count), nil))
  concurrently(onThreads: min(threadCount, count)) {
    var own = makeState()
    while outcome.withLock({ $0.failure == nil }) {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      do {
        let result = try body(index, &own)
        outcome.withLock { $0.results[index] = result }
      } catch {
        outcome.withLock {
          if index < $0.failure?.index ?? .max { $0.failure = (index, error) }
        }
      }
    }
  }
  let (results, failure) = outcome.withLock { $0 }
  if let failure { throw failure.error }
  return results.compactMap { $0 }
}

private final class ThreadTask: Sendable {
  let run: @Sendable () -> Void

  init(run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThreadTask(_ task: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // SAFETY: the pointer is the one that `concurrently` passed, and only this thread uses it.
  if let task = unsafe task {
    unsafe Unmanaged<ThreadTask>.fromOpaque(task).takeRetainedValue().run()
  }
  return nil
}
