import Dispatch
import Synchronization
import Testing

@testable import TandemKernels

@Suite struct `The thread pool` {
  @Test(arguments: [1, 2, 3, 8])
  func `does each index once`(threadCount: Int) {
    let pool = ThreadPool(threadCount: threadCount)
    #expect(pool.threadCount == threadCount)
    for (count, run) in [(0, 1), (1, 1), (2, 1), (7, 2), (100, 7), (1000, 1), (5, 10)] {
      let sums = (0..<count).map { _ in Counter() }
      pool.run(count, inRunsOf: run) { range in
        #expect(range.count <= run || threadCount == 1 || count <= run)
        for index in range { sums[index].add(1) }
      }
      #expect(sums.allSatisfy { $0.value == 1 })
    }
  }

  @Test func `sees what the caller wrote, and the caller what it wrote`() {
    let pool = ThreadPool(threadCount: 3)
    var numbers = [Float](repeating: 1, count: 64)
    for round in 1...2000 {
      let before = numbers
      var span = numbers.mutableSpan
      pool.fill(&span, partCount: 16) { part, output in
        for index in output.indices { output[index] = before[part * 4 + index] + 1 }
      }
      #expect(numbers[round % 64] == Float(round + 1))
    }
  }

  @Test func `wakes workers that sleep`() {
    let pool = ThreadPool(threadCount: 2)
    for _ in 0..<20 {
      // Longer than workers spin.
      let deadline = ContinuousClock.now + .milliseconds(1)
      while ContinuousClock.now < deadline {}
      let total = Counter()
      pool.run(50) { range in total.add(range.count) }
      #expect(total.value == 50)
    }
  }

  @Test func `uses other threads`() {
    let pool = ThreadPool(threadCount: 2)
    let arrived = Counter()
    // Each part waits for the other one: one thread alone would never end.
    pool.run(2) { _ in
      arrived.add(1)
      while arrived.value < 2 {}
    }
    #expect(arrived.value == 2)
  }

  @Test(arguments: [1, 2, 5])
  func `tells a function the number of its thread, which no other has meanwhile`(threadCount: Int) {
    let pool = ThreadPool(threadCount: threadCount)
    let callers = (0..<threadCount).map { _ in Counter() }
    for _ in 0..<500 {
      pool.run(40) { _, thread in
        callers[thread].add(1)
        #expect(callers[thread].value == 1)
        callers[thread].add(-1)
      }
    }
  }

  @Test func `runs calls from inside and from other threads on the calling thread`() {
    let pool = ThreadPool(threadCount: 2)
    let total = Counter()
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for _ in 0..<200 {
        pool.run(4) { outer in
          for _ in outer { pool.run(3) { inner in total.add(inner.count) } }
        }
      }
    }
    #expect(total.value == 8 * 200 * 4 * 3)
  }

  private final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    var value: Int { count.load(ordering: .acquiring) }
    func add(_ number: Int) { count.wrappingAdd(number, ordering: .acquiringAndReleasing) }
  }
}
