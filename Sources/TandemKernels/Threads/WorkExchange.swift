import CTandem
import Glibc
import Synchronization

/// What a call of ``ThreadPool/run(_:inRunsOf:_:)`` hands over.
struct Work {
  let count: Int
  let run: Int
  let partCount: Int
  let threadCount: Int
  let body: @Sendable (_ range: Range<Int>, _ thread: Int) -> Void

  /// Does the part that is taken as the n-th, on a thread of the pool.
  ///
  /// Threads that take turns get neighbouring parts each: what one fetches ahead of its part is
  /// mostly its next one.
  func perform(_ turn: Int, on thread: Int) {
    let (rounds, rest) = partCount.quotientAndRemainder(dividingBy: threadCount)
    let share = turn % threadCount
    let part = share * rounds + min(share, rest) + turn / threadCount
    body(part * run..<min((part + 1) * run, count), thread)
  }
}

/// The place where the calling thread leaves work and workers take parts of it.
///
/// One 64-bit ticket holds the number of the work and, below it, how many of its parts nobody has
/// taken yet. A part is taken by exchanging the ticket for the next lower one, which fails if
/// another thread was faster or the work is over; so a thread that comes late cannot touch work
/// that is not there any more.
@safe struct WorkExchange: ~Copyable {
  /// The bits of a ticket that count parts.
  private static let partBits = UInt64(24)
  private static let partMask = (UInt64(1) << partBits) - 1
  static let maximumPartCount = Int(partMask)

  /// How often a thread looks before it sleeps or yields: about 50 µs.
  private static let patience = 2000

  private let ticket = Atomic<UInt64>(0)
  private let work = Atomic<UInt>(0)
  private let finishedParts = Atomic<Int>(0)
  private let isEntered = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  private let sleeperCount = Atomic<Int>(0)
  private let workerCount = Atomic<Int>(0)
  /// The futex that workers sleep on: counts works, and wraps.
  private let alarm: Alarm

  init() { alarm = Alarm() }

  // MARK: the calling thread

  /// Lets one thread hand over work at a time.
  func tryToEnter() -> Bool { !isEntered.exchange(true, ordering: .acquiring) }

  func leave() { isEntered.store(false, ordering: .releasing) }

  /// Makes work known, and wakes workers that sleep.
  @unsafe
  func publish(_ newWork: UnsafePointer<Work>) {
    let partCount = unsafe newWork.pointee.partCount
    let number = (ticket.load(ordering: .relaxed) >> Self.partBits) &+ 1
    work.store(UInt(bitPattern: newWork), ordering: .relaxed)
    finishedParts.store(0, ordering: .relaxed)
    ticket.store(number << Self.partBits | UInt64(partCount), ordering: .sequentiallyConsistent)
    wakeSleepers()
  }

  /// Waits until all parts have ended. Parts that nobody has taken do not occur: this thread has
  /// taken what was left.
  func waitForAll(_ partCount: Int) {
    var looks = 0
    while finishedParts.load(ordering: .acquiring) < partCount {
      looks += 1
      // A worker with a part may wait for this very processor.
      if looks < Self.patience { tk_relax() } else { sched_yield() }
    }
  }

  // MARK: workers

  /// The number of a worker that begins: 1, 2, 3 and so on.
  func nextWorker() -> Int { workerCount.wrappingAdd(1, ordering: .relaxed).newValue }

  /// Takes and does parts until none is left, as the thread of that number.
  func takeParts(as thread: Int) {
    var current = ticket.load(ordering: .acquiring)
    while current & Self.partMask > 0 {
      let address = work.load(ordering: .relaxed)
      let (exchanged, original) = ticket.compareExchange(
        expected: current, desired: current - 1, ordering: .acquiringAndReleasing)
      current = original
      guard exchanged, let work = unsafe UnsafePointer<Work>(bitPattern: address) else { continue }
      // SAFETY: the exchange shows that the ticket, and so the work, was current, and it stays
      // until this part is counted as finished.
      let turn = unsafe work.pointee.partCount - Int(current & Self.partMask)
      unsafe work.pointee.perform(turn, on: thread)
      finishedParts.wrappingAdd(1, ordering: .releasing)
      current = ticket.load(ordering: .acquiring)
    }
  }

  /// Waits until there are parts to take.
  ///
  /// - Returns: false once the pool ends.
  func waitForWork() -> Bool {
    while true {
      for _ in 0..<Self.patience {
        if isStopped.load(ordering: .relaxed) { return false }
        if ticket.load(ordering: .relaxed) & Self.partMask > 0 { return true }
        tk_relax()
      }
      sleep()
    }
  }

  /// Sleeps until the next work, unless there is some already.
  private func sleep() {
    let heard = alarm.count
    sleeperCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
    // Whoever publishes after this load sees a sleeper and changes the alarm's count.
    if ticket.load(ordering: .sequentiallyConsistent) & Self.partMask == 0,
      !isStopped.load(ordering: .sequentiallyConsistent)
    {
      alarm.sleep(while: heard)
    }
    sleeperCount.wrappingSubtract(1, ordering: .sequentiallyConsistent)
  }

  private func wakeSleepers() {
    if sleeperCount.load(ordering: .sequentiallyConsistent) > 0 { alarm.ring() }
  }

  /// Ends all workers.
  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    alarm.ring()
  }
}

/// A futex: threads sleep until it rings.
@safe private struct Alarm: ~Copyable {
  // SAFETY: one word, allocated in init and freed in deinit.
  private let word: UnsafeMutablePointer<Atomic<UInt32>>

  init() {
    unsafe word = .allocate(capacity: 1)
    unsafe word.initialize(to: Atomic(0))
  }

  deinit {
    unsafe word.deinitialize(count: 1)
    unsafe word.deallocate()
  }

  /// How often it has rung.
  var count: UInt32 { unsafe word.pointee.load(ordering: .sequentiallyConsistent) }

  /// Returns at once if it has rung since that count.
  func sleep(while count: UInt32) { unsafe tk_sleep_while(word, count) }

  func ring() {
    unsafe word.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)
    unsafe tk_wake_all(word)
  }
}
