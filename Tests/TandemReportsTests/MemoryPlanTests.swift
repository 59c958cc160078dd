import TandemModels
import Testing

@testable import TandemReports

@Suite struct MemoryPlanTests {
  /// SmolLM2-135M.
  private var model: ModelConfiguration {
    var model = ModelConfiguration(
      architecture: "llama", hiddenSize: 576, layerCount: 30, feedForwardSize: 1536, headCount: 9,
      vocabularySize: 49_152, contextLength: 8192, normEpsilon: 1e-5, activation: "silu")
    model.keyValueHeadCount = 3
    return model
  }

  @Test func `keys and values of all layers and positions, twice two bytes`() {
    let plan = MemoryPlan(model, weights: 1000, contextLength: nil, batchSize: 2)
    #expect(plan?.contextLength == 8192)
    #expect(plan?.keyValueCache == 2 * 30 * 8192 * (3 * 64) * 2 * 2)
    #expect(plan?.activations == 2 * 4 * (2 * 576 + 576 + 2 * 192 + 2 * 1536 + 9 * 8192 + 49_152))
    #expect(plan?.weights == 1000)
  }

  @Test func `layers with a window keep no more than that`() {
    var model = model
    model.slidingWindow = 512
    model.slidingLayers = Array(0..<20)
    let long = MemoryPlan(model, weights: 0, contextLength: 1000, batchSize: 1)
    #expect(long?.keyValueCache == (10 * 1000 + 20 * 512) * 192 * 4)
    let short = MemoryPlan(model, weights: 0, contextLength: 100, batchSize: 1)
    #expect(short?.keyValueCache == 30 * 100 * 192 * 4)
  }

  @Test func `an encoder keeps nothing and sees all positions at once`() {
    var model = model
    model.architecture = "bert"
    let plan = MemoryPlan(model, weights: 0, contextLength: 128, batchSize: 1)
    #expect(plan?.keyValueCache == 0)
    #expect(plan?.activations == 4 * 128 * (2 * 576 + 576 + 2 * 192 + 2 * 1536 + 9 * 128))
  }

  @Test func `what is too much is the largest number, and what is not known is nothing`() {
    var model = model
    model.layerCount = .max
    let plan = MemoryPlan(model, weights: .max, contextLength: 1 << 40, batchSize: 1 << 30)
    #expect(plan?.total == .max)
    model.headSize = 0
    #expect(MemoryPlan(model, weights: 0, contextLength: 1, batchSize: 1) == nil)
  }
}
