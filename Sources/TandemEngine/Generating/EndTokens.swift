public import TandemBundles
import TandemModels
import TandemTensors
public import TandemTokenizers

extension TandemBundle {
  /// The tokens that end a text of a member: those that its configuration and tokenizer name, and
  /// the special tokens whose names say so.
  ///
  /// GGUF names one end token, though chat models end a turn with one and a text with another;
  /// llama.cpp goes by names too.
  public func endTokens(of member: BundleMember, _ tokenizer: Tokenizer) -> Set<Int> {
    let vocabulary = tokenizer.vocabulary
    var ids = Set(vocabulary.eosTokenIDs)
    if case .list(let configured)? = fields(of: member)["config.eos_token_ids"] {
      ids.formUnion(configured.compactMap { Int(exactly: $0) })
    }
    let special = Set(vocabulary.specialTokenIDs)
    ids.formUnion(Self.endTokenNames.compactMap(vocabulary.id(of:)).filter(special.contains))
    return ids
  }

  private static let endTokenNames = [
    "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|end_of_text|>",
    "<end_of_turn>", "<EOT>",
  ]
}
