import TandemBundles
import TandemBytes
import TandemTensors

/// What a bundle holds beside its members' tensors.
struct BundleSummary: Sendable {
  let bundle: TandemBundle
  let members: [BundleMember]
  let sections: [BundleSection]
  let relations: [BundleRelation]
  /// The payloads that several tensors share.
  let shared: [SharedPayload]

  /// A payload with several names.
  struct SharedPayload: Sendable {
    let byteCount: Int
    let names: [Name]

    struct Name: Sendable {
      let member: String
      let tensor: String
    }
  }

  init(_ bundle: TandemBundle) {
    self.bundle = bundle
    members = bundle.members
    sections = bundle.sections
    relations = bundle.relations
    shared = Self.sharedPayloads(bundle, members)
  }

  private static func sharedPayloads(
    _ bundle: TandemBundle, _ members: [BundleMember]
  ) -> [SharedPayload] {
    let payloadOf = (0..<bundle.tensorCount).map(bundle.payloadIndex(ofTensorAt:))
    var counts: [Int: Int] = [:]
    for payload in payloadOf { counts[payload, default: 0] += 1 }
    var namesOf: [Int: [SharedPayload.Name]] = [:]
    for member in members {
      for index in member.tensors where counts[payloadOf[index], default: 0] > 1 {
        namesOf[payloadOf[index], default: []].append(
          SharedPayload.Name(member: member.name, tensor: bundle.tensorName(at: index)))
      }
    }
    return namesOf.sorted { $0.key < $1.key }.map {
      SharedPayload(byteCount: bundle.payloadRange(at: $0.key).count, names: $0.value)
    }
  }

  func name(ofMember index: Int?) -> String { index.map { members[$0].name } ?? "" }
}
