extension Duration {
  /// To a nanosecond.
  var microseconds: Double { (self / .nanoseconds(1)).rounded() / 1000 }

  var seconds: Double { self / .seconds(1) }
}

extension [Duration] {
  /// The middle of sorted times, zero without one.
  var median: Duration {
    let middle = count / 2
    if isEmpty { return .zero }
    return count % 2 == 1 ? self[middle] : (self[middle - 1] + self[middle]) / 2
  }
}
