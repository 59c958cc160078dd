import TandemBundles
import TandemBytes
import TandemKernels
import TandemModels

/// The rotations of a decoder's layers: none with learned positions, one for all layers, or another
/// one for layers with a sliding window.
struct DecoderRotary: Sendable {
  let kinds: [RotaryPositions]
  private let windows: [Int?]

  /// - Throws: ``Finding`` if positions are stretched in a way that is not done here.
  init(
    _ tensors: TensorFinder, _ model: ModelConfiguration, _ shape: DecoderShape, contextLength: Int
  ) throws(Finding) {
    windows = shape.windows
    guard let base = model.ropeBase else {
      kinds = []
      return
    }
    let pairCount = (model.ropeDimensionCount ?? model.headSize) / 2
    let hasFactors = model.ropeScaling?.type == "frequency_factors"
    let factors = hasFactors ? try tensors.vector(.ropeFactors, count: pairCount) : []
    func rotation(_ base: Double, _ scaling: RopeScaling?) throws(Finding) -> RotaryPositions {
      try RotaryPositions(
        model, base: base, scaling: scaling, factors: factors, contextLength: contextLength,
        rotatesNeighbours: tensors.rotatesNeighbours, isFromGGUF: tensors.isFromGGUF,
        in: tensors.bundle.file.path)
    }
    var kinds = [try rotation(base, model.ropeScaling)]
    // Gemma 3 stretches the layers that see everything only.
    if let base = model.slidingRopeBase { kinds.append(try rotation(base, nil)) }
    self.kinds = kinds
  }

  /// Rotates heads by their positions' angles, if the layer's positions are angles.
  ///
  /// - Parameter heads: Queries or keys, (token, head, headSize).
  func rotate(
    _ heads: inout [Float], _ tokenCount: Int, ofLayer layer: Int, by angles: [RotaryAngles],
    _ shape: DecoderShape, on loops: DecodingLoops
  ) {
    guard let kind = kind(ofLayer: layer) else { return }
    loops.rotate(
      &heads, tokenCount: tokenCount, headSize: shape.headSize, cosines: angles[kind].cosines,
      sines: angles[kind].sines, neighbours: kinds[kind].rotatesNeighbours)
  }

  /// Which rotation a layer has; nil for none.
  private func kind(ofLayer layer: Int) -> Int? {
    kinds.isEmpty ? nil : kinds.count > 1 && windows[layer] != nil ? 1 : 0
  }

  /// Writes the angles for tokens at consecutive positions, of each kind.
  func write(position: Int, tokenCount: Int, into angles: inout [RotaryAngles]) {
    if angles.isEmpty { angles = kinds.map { _ in RotaryAngles() } }
    for (index, kind) in kinds.enumerated() {
      kind.write(position: position, tokenCount: tokenCount, into: &angles[index])
    }
  }
}
