import Glibc

extension ModelConfiguration {
  /// The factor of each rotary frequency under scaling of the kind `llama3`, which GGUF stores as a
  /// tensor; nil for other kinds.
  ///
  /// `_compute_llama3_parameters` in transformers, divided by the frequency without scaling.
  var rotaryFactors: [Float]? {
    guard let scaling = ropeScaling, scaling.type == "llama3", let base = ropeBase,
      let count = ropeDimensionCount, count > 0
    else { return nil }
    let factor = scaling.factor ?? 8
    let low = scaling.numbers["low_freq_factor"] ?? 1
    let high = scaling.numbers["high_freq_factor"] ?? 4
    let original = Double(scaling.originalContextLength ?? 8192)
    return stride(from: 0, to: count, by: 2).map { index in
      let wavelength = 2 * Double.pi * pow(base, Double(index) / Double(count))
      if wavelength < original / high { return 1 }
      if wavelength > original / low { return Float(factor) }
      let smooth = (original / wavelength - low) / (high - low)
      return Float(1 / ((1 - smooth) / factor + smooth))
    }
  }

  /// Finds the scaling of the kind `llama3` that gives factors read from a GGUF file.
  ///
  /// The largest factor is the scale; the other numbers are those of every Llama 3 model, and are
  /// taken only if they give all factors back.
  ///
  /// - Parameter factors: One for each rotary frequency.
  /// - Returns: nil if the factors were made otherwise.
  func llama3Scaling(of factors: [Double]) -> RopeScaling? {
    guard let factor = factors.max(), factor > 1 else { return nil }
    var copy = self
    var scaling = RopeScaling(type: "llama3", factor: factor, originalContextLength: 8192)
    scaling.numbers = ["low_freq_factor": 1, "high_freq_factor": 4]
    copy.ropeScaling = scaling
    guard let made = copy.rotaryFactors, made.count == factors.count else { return nil }
    let isSame = zip(made, factors).allSatisfy { abs(Double($0) / $1 - 1) < 1e-5 }
    return isSame ? scaling : nil
  }
}
