import CTandem
import Glibc
import Synchronization

/// The threads that compute: the one that calls, and workers that wait for it.
///
/// Work is handed over in about 0.2 µs while a worker still spins, which it does for some tens of
/// microseconds after its last work; then it sleeps, and waking it takes tens of microseconds. No
/// call waits for a worker that has not begun: the caller takes what is left, so that a worker
/// without a processor costs little.
@safe public final class ThreadPool: Sendable {
  /// Threads that share work, the calling one among them.
  public let threadCount: Int
  // SAFETY: allocated in init, freed in deinit after all workers have ended.
  private nonisolated(unsafe) let exchange: UnsafeMutablePointer<WorkExchange>
  private let workers: [pthread_t]

  /// Starts the threads.
  ///
  /// - Parameter threadCount: nil for one on each processor that this process may run on.
  public init(threadCount: Int? = nil) {
    let wanted = threadCount ?? Int(tk_available_processor_count())
    precondition(1...1024 ~= wanted, "ThreadPool: thread count out of range")
    let exchange = UnsafeMutablePointer<WorkExchange>.allocate(capacity: 1)
    unsafe exchange.initialize(to: WorkExchange())
    var workers: [pthread_t] = []
    for _ in 1..<wanted {
      var worker = pthread_t()
      // SAFETY: the exchange outlives the worker, which deinit waits for.
      let code = unsafe pthread_create(&worker, nil, { unsafe serve($0) }, exchange)
      // With fewer workers the work is done all the same.
      if code != 0 { break }
      workers.append(worker)
    }
    unsafe self.exchange = exchange
    self.workers = workers
    self.threadCount = workers.count + 1
  }

  deinit {
    unsafe exchange.pointee.stop()
    for worker in workers { pthread_join(worker, nil) }
    unsafe exchange.deinitialize(count: 1)
    unsafe exchange.deallocate()
  }

  /// Calls a function for ranges that together are 0..<count, on all threads, and returns when all
  /// calls have ended.
  ///
  /// A call from inside such a function, or while another thread's call is under way, runs on the
  /// calling thread alone.
  ///
  /// - Parameters:
  ///   - run: The length of the ranges, of which the last may be shorter; a thread alone gets one
  ///     range.
  ///   - body: Is told the number of its thread too, below ``threadCount``: during a call no two
  ///     threads have the same.
  public func run(
    _ count: Int, inRunsOf run: Int = 1,
    _ body: @Sendable (_ range: Range<Int>, _ thread: Int) -> Void
  ) {
    precondition(count >= 0 && run > 0, "run: negative count or empty runs")
    let partCount = (count + run - 1) / run
    guard partCount > 1, threadCount > 1, partCount <= WorkExchange.maximumPartCount,
      unsafe exchange.pointee.tryToEnter()
    else {
      if count > 0 { body(0..<count, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var work = Work(
        count: count, run: run, partCount: partCount, threadCount: threadCount, body: body)
      // SAFETY: no thread uses the work after the last part of it has ended, which this waits for.
      unsafe withUnsafePointer(to: &work) { work in
        unsafe exchange.pointee.publish(work)
        unsafe exchange.pointee.takeParts(as: 0)
        unsafe exchange.pointee.waitForAll(partCount)
      }
    }
    unsafe exchange.pointee.leave()
  }

  /// The same for a function that needs not know its thread.
  public func run(_ count: Int, inRunsOf run: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    self.run(count, inRunsOf: run) { range, _ in body(range) }
  }

  /// Calls a function for each of the equal parts of a span, on all threads.
  ///
  /// - Precondition: the parts' count divides the span's.
  public func fill(
    _ output: inout MutableSpan<Float>, partCount: Int,
    _ body: @Sendable (_ part: Int, _ output: inout MutableSpan<Float>) -> Void
  ) {
    precondition(partCount > 0 && output.count % partCount == 0, "fill: parts differ in length")
    let length = output.count / partCount
    unsafe output.withUnsafeMutableBufferPointer { buffer in
      // SAFETY: parts do not overlap, each is lent to one call, and run waits for all calls.
      nonisolated(unsafe) let buffer = unsafe buffer
      run(partCount) { parts in
        for part in parts {
          let slice = unsafe UnsafeMutableBufferPointer(
            rebasing: buffer[part * length..<(part + 1) * length])
          var span = unsafe slice.mutableSpan
          body(part, &span)
        }
      }
    }
  }
}

/// What a worker does until the pool ends.
@unsafe
private func serve(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let exchange = unsafe argument?.assumingMemoryBound(to: WorkExchange.self) else {
    return nil
  }
  let thread = unsafe exchange.pointee.nextWorker()
  while unsafe exchange.pointee.waitForWork() {
    unsafe exchange.pointee.takeParts(as: thread)
  }
  return nil
}
