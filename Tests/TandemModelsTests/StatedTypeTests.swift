import TandemBytes
import TandemModels
import TandemTensors
import Testing

@Suite struct StatedTypeTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String
    /// nil if nothing changes.
    let restated: String?
  }

  @Test(arguments: [
    Case(
      testDescription: "the value alone changes",
      text: #"{ "a" : [1,NaN],"dtype":"bfloat16" , "b":{"dtype":"float32"}}"#,
      restated: #"{ "a" : [1,NaN],"dtype":"float16" , "b":{"dtype":"float32"}}"#),
    Case(
      testDescription: "parts of the model state it too",
      text: #"{"text_config":{"torch_dtype":"bfloat16"},"torch_dtype":"torch.float32"}"#,
      restated: #"{"text_config":{"torch_dtype":"float16"},"torch_dtype":"torch.float16"}"#),
    Case(
      testDescription: "the type of a method of quantising is another",
      text: #"{"quantization_config":{"dtype":"bfloat16"}}"#, restated: nil),
    Case(testDescription: "the same type", text: #"{"dtype":"float16"}"#, restated: nil),
    Case(testDescription: "null", text: #"{"dtype":null}"#, restated: nil),
    Case(testDescription: "a name of no type", text: #"{"dtype":"auto"}"#, restated: nil),
    Case(testDescription: "no type", text: "{}", restated: nil),
    Case(testDescription: "no object", text: "[]", restated: nil),
    Case(testDescription: "no JSON", text: #"{"dtype":"bfloat16""#, restated: nil),
  ])
  func `a configuration is restated`(_ example: Case) {
    let text = Array(example.text.utf8)
    let restated = StatedType.restated(text.rawSpan, as: .f16)
    #expect(restated.map { String(decoding: $0, as: UTF8.self) } == example.restated)
    #expect(StatedType.restated(text.rawSpan, as: .f8_e4m3) == nil)
  }
}
