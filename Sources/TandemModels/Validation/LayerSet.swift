/// Layer numbers, as a person writes them: `0-5,7`.
struct LayerSet: CustomStringConvertible {
  private(set) var ranges: [ClosedRange<Int>] = []

  /// Adds a number that is not under the last one.
  mutating func add(_ layer: Int) {
    if let last = ranges.last, layer <= last.upperBound + 1 {
      ranges[ranges.count - 1] = last.lowerBound...max(layer, last.upperBound)
    } else {
      ranges.append(layer...layer)
    }
  }

  var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}

/// Tensors of different layers with the same flaw, told as one.
struct LayeredNames {
  private var order: [Key] = []
  private var groups: [Key: Group] = [:]

  private struct Key: Hashable {
    let template: String
    let flaw: String
  }

  struct Group {
    /// The name of the first.
    let name: String
    /// The place of the first.
    let tensor: Int?
    var layers: LayerSet
    var count: Int
    let flaw: String
    private let template: String

    init(name: String, template: NameTemplate, tensor: Int?, flaw: String) {
      self.name = name
      self.template = template.text
      self.tensor = tensor
      self.flaw = flaw
      layers = LayerSet()
      count = 0
    }

    /// The name; of several layers with their numbers: `layers.{0-29}.mlp.up_proj.weight`.
    var item: String {
      count == 1 ? name : NameTemplate.fill(template, with: "{\(layers)}")
    }

    /// What the group is, before a verb: "the tensor is", "30 tensors are".
    func subject(_ singular: String, _ plural: String) -> String {
      count == 1 ? "the tensor \(singular)" : "\(count) tensors \(plural)"
    }
  }

  /// Adds a name; names of one template and flaw form a group.
  ///
  /// - Parameter tensor: The index of the tensor in the checkpoint, if it is there.
  mutating func add(_ name: String, tensor: Int? = nil, flaw: String = "") {
    let template = NameTemplate(name)
    // A name without a layer number is its own group.
    let key = Key(template: template.text, flaw: flaw)
    if groups[key] == nil {
      order.append(key)
      groups[key] = Group(name: name, template: template, tensor: tensor, flaw: flaw)
    }
    groups[key]?.count += 1
    if let layer = template.layer { groups[key]?.layers.add(layer) }
  }

  /// The groups, in the order of their first names.
  var all: [Group] { order.compactMap { groups[$0] } }
}
