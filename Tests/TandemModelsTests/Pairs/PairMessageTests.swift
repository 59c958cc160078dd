import TandemBytes
import TandemModels
import Testing

/// Whole messages, with their places and advice.
struct PairMessageTests {
  @Test(arguments: MessageCase.all)
  func `a finding says what is there, what is needed and what to do`(_ example: MessageCase) throws
  {
    let folder = Samples.path("hostile/pairs/\(example.folder)")
    let validation = try PairValidation(
      path: "\(folder)/PAIR.json", PairValidation.Options(includesValues: true))
    let code = example.folder.prefix { $0 != "-" }
    let messages = validation.findings.all.filter { $0.code == code }
      .map { $0.description.replacing(folder + "/", with: "") }
    #expect(messages == [example.message])
  }
}

struct MessageCase: CustomTestStringConvertible {
  let folder: String
  let message: String

  var testDescription: String { folder }

  init(_ folder: String, _ message: String) {
    self.folder = folder
    self.message = message
  }

  static let all = [
    MessageCase(
      "PAIR002-nested",
      "PAIR.json: 'router.sign' at byte 436: the key stands twice in one object, first at byte 410 [PAIR002]"
    ),
    MessageCase(
      "PAIR003-treshold",
      "PAIR.json: 'router.treshold' at byte 450: the key is not known; is 'router.threshold' meant? [PAIR003]"
    ),
    MessageCase(
      "PAIR004-layer-map-fraction",
      "PAIR.json: 'layer_map' at byte 453: entry 1 is 1.5; a list of integers from 0 to 4096 is needed [PAIR004]"
    ),
    MessageCase(
      "PAIR005-layer-ids",
      "PAIR.json: 'layer_ids': the key is missing; it says how layer_map counts: 'state-after', 'output-of' or "
        + "'input-of' [PAIR005]"),
    MessageCase(
      "PAIR006-layer-map",
      "PAIR.json: 'layer_map' at byte 245: the kind 'independent' has no such key; take it out, or change the "
        + "kind [PAIR006]"),
    MessageCase(
      "PAIR007-nowhere",
      "PAIR.json: 'secondary.path' at byte 93: the secondary cannot be read: draft: there is no such file or "
        + "folder; paths are relative to the folder of PAIR.json [PAIR007]"),
    MessageCase(
      "PAIR011-eagle",
      "secondary: the secondary is a drafter of the kind EAGLE, which is not supported; a whole model is "
        + "needed [PAIR011]"),
    MessageCase(
      "PAIR021-three-entries",
      "PAIR.json: 'layer_map' at byte 453: the map's length is 3; one entry for each of the secondary's 2 layers "
        + "is needed [PAIR021]"),
    MessageCase(
      "PAIR022-output-of-4",
      "PAIR.json: 'layer_map' at byte 453: entry 1 is 4; the primary has 4 layers, so that 'output-of' goes from "
        + "0 to 3; layers are numbered from 0; if entries count layers passed, write 'state-after' [PAIR022]"
    ),
    MessageCase(
      "PAIR024-input-of-4",
      "PAIR.json: 'layer_map' at byte 453: the map says 'input-of' and names layer 4, but the primary's last "
        + "layer is 3; state 4 comes out of the last layer; if every entry counts layers passed, write "
        + "'state-after' [PAIR024]"),
    MessageCase(
      "PAIR031-numbered-from-1",
      "projection.safetensors: 'projections.0.weight': the tensor is missing; each of the secondary's 2 layers "
        + "needs a projection; they are numbered from 1; number them from 0 [PAIR031]"),
    MessageCase(
      "PAIR033-transposed",
      "projection.safetensors: 'projections.{0-1}.weight' at byte 288: 2 tensors have the shape [32, 16]; "
        + "[16, 32] (secondary's width, primary's width) is needed; it is transposed: store it as (out, in) [PAIR033]"
    ),
    MessageCase(
      "PAIR042-two-swapped",
      "secondary: 'tokenizer': id 40 is 'I' in the primary and 'J' in the secondary, and 1 other id differs; a "
        + "draft would be read as other text; take models with one tokenizer [PAIR042]"),
    MessageCase(
      "PAIR045-rows-128",
      "secondary: 'tokenizer': the primary has 96 rows for tokens, the secondary 128, and the tokens are the "
        + "same: 32 rows are padding; logits are compared for the tokens only [PAIR045]"),
    MessageCase(
      "PAIR047-no-begin",
      "secondary: 'tokenizer': the primary puts '<|bos|>' before a text, the secondary puts nothing around a "
        + "text; the secondary would read texts that it was not trained on [PAIR047]"),
    MessageCase(
      "PAIR054-offsets-as-ids",
      "secondary/model.safetensors: 'd2t' at byte 2160: the numbers are no ids, but would be right as offsets; "
        + "write 'offset' in vocabulary.convention [PAIR054]"),
    MessageCase(
      "PAIR073-projection",
      "PAIR.json: the members were made for different primaries: PAIR.json says 3e09ce4e3d12… (right), the "
        + "secondary says 3e09ce4e3d12… (right) and the projection says 000000000000… (wrong); a part of the pair "
        + "was replaced without the others [PAIR073]"),
    MessageCase(
      "PAIR082-top-k",
      "router.safetensors: 'layers.0.weight' at byte 360: the tensor takes 69 numbers; 52 are needed: an "
        + "entropy, 3 probabilities and 3 embeddings of the secondary's width 16; with this secondary, top_k "
        + "would be 4 [PAIR082]"),
  ]
}
