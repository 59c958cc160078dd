internal import TandemBytes

extension ONNXParser {
  /// The longest path of nodes and attributes, in bytes: every tensor inside has it in its name.
  private static let pathByteLimit = 1024

  /// Reads a graph.
  ///
  /// - Parameters:
  ///   - prefix: What stands before the names in it.
  ///   - depth: How many messages it is in, with itself.
  /// - Returns: The number of its nodes.
  mutating func graph(_ range: Range<Int>, prefix: String, depth: Int) throws(Finding) -> Int {
    try checkDepth(depth, at: range.lowerBound)
    var reader = WireReader(bytes, range)
    var nodeCount = 0
    var hasName = false
    while let field = try next(&reader, of: "a graph") {
      switch field.number {
      case 1:
        let node = try message(field, "node")
        let index = nodeCount
        nodeCount += 1
        contain { parser throws(Finding) in
          try parser.node(node, index: index, prefix: prefix, depth: depth + 1)
        }
      case 2:
        if hasName {
          throw finding(.repeatedField, at: field.offset, "field 2 of a graph stands twice")
        }
        hasName = true
        if depth == 2 { metadata.graphName = try shortText(field, "name") }
      case 5:
        let tensor = try message(field, "initializer")
        contain { parser throws(Finding) in
          try parser.tensor(tensor, .initialiser(prefix: prefix), depth: depth + 1)
        }
      case 15:
        let tensor = try message(field, "sparse_initializer")
        contain { parser throws(Finding) in
          try parser.sparseTensor(tensor, .initialiser(prefix: prefix), depth: depth + 1)
        }
      default: break
      }
    }
    return nodeCount
  }

  /// Reads a node: first what it is called, then its attributes.
  private mutating func node(
    _ range: Range<Int>, index: Int, prefix: String, depth: Int
  ) throws(Finding) {
    try checkDepth(depth, at: range.lowerBound)
    var reader = WireReader(bytes, range)
    var (name, operation, output): (Range<Int>?, Range<Int>?, Range<Int>?)
    var (hasAttributes, isStandard) = (false, true)
    while let field = try next(&reader, of: "a node") {
      switch field.number {
      case 2:
        let range = try message(field, "output")
        output = output ?? range
      case 3: name = try message(field, "name")
      case 4: operation = try message(field, "op_type")
      case 5: hasAttributes = true
      case 7:
        let domain = bytes.extracting(try message(field, "domain").prefix(100)).lossyText
        isStandard = domain.isEmpty || domain == "ai.onnx"
      default: break
      }
    }
    // Most nodes hold no tensor, and need no name.
    guard hasAttributes else { return }
    let kind = operation.map { bytes.extracting($0.prefix(100)).lossyText } ?? ""
    let given = name.map { bytes.extracting($0.prefix(1000)).lossyText } ?? ""
    let owner = prefix + (given.isEmpty ? "\(kind)_\(index)" : given)
    var attributes = WireReader(bytes, range)
    while let field = try next(&attributes, of: "a node") {
      guard field.number == 5 else { continue }
      let attribute = try message(field, "attribute")
      let constant = kind == "Constant" && isStandard ? output : nil
      contain { parser throws(Finding) in
        try parser.attribute(
          attribute, of: owner, constant: constant.map { ($0, prefix) }, depth: depth + 1)
      }
    }
  }

  /// Reads an attribute.
  ///
  /// - Parameter constant: Of a Constant node, the name of its output and what stands before it.
  private mutating func attribute(
    _ range: Range<Int>, of owner: String, constant: (name: Range<Int>, prefix: String)?, depth: Int
  ) throws(Finding) {
    try checkDepth(depth, at: range.lowerBound)
    var reader = WireReader(bytes, range)
    var name = ""
    while let field = try next(&reader, of: "an attribute") {
      if field.number == 1 {
        name = bytes.extracting(try message(field, "name").prefix(1000)).lossyText
      }
    }
    let place = "\(owner).\(name)"
    guard place.utf8.count <= Self.pathByteLimit else {
      throw finding(
        .badName, String(place.prefix(100)) + "…", at: range.lowerBound,
        "the names of the nodes around have \(place.utf8.count) bytes together, at most \(Self.pathByteLimit) are allowed"
      )
    }
    let naming =
      constant.map { ONNXNaming.output($0.name, prefix: $0.prefix) } ?? .attribute(place)
    if constant != nil { try constantNumbers(range, name, naming) }
    var (values, tensorCount, graphCount) = (WireReader(bytes, range), 0, 0)
    var seen: Set<Int> = []
    while let field = try next(&values, of: "an attribute") {
      try checkOnce(field, [5, 6, 22], &seen, of: "the attribute '\(place)'")
      switch field.number {
      case 5:
        try tensor(try message(field, "t"), naming, depth: depth + 1)
      case 6:
        _ = try graph(try message(field, "g"), prefix: "\(place)/", depth: depth + 1)
      case 10:
        try tensor(
          try message(field, "tensors"), .attribute("\(place)[\(tensorCount)]"), depth: depth + 1)
        tensorCount += 1
      case 11:
        let prefix = "\(place)[\(graphCount)]/"
        _ = try graph(try message(field, "graphs"), prefix: prefix, depth: depth + 1)
        graphCount += 1
      case 22:
        try sparseTensor(try message(field, "sparse_tensor"), naming, depth: depth + 1)
      case 23:
        try sparseTensor(
          try message(field, "sparse_tensors"), .attribute("\(place)[\(tensorCount)]"),
          depth: depth + 1)
        tensorCount += 1
      default: break
      }
    }
  }

  /// Reads a function: its nodes are those of a graph of its own.
  mutating func function(_ range: Range<Int>) throws(Finding) {
    var reader = WireReader(bytes, range)
    var (name, domain, overload) = ("", "", "")
    while let field = try next(&reader, of: "a function") {
      switch field.number {
      case 1: name = try shortText(field, "name")
      case 10: domain = try shortText(field, "domain")
      case 13: overload = try shortText(field, "overload")
      default: break
      }
    }
    let title = [domain, name, overload].filter { !$0.isEmpty }.joined(separator: "::")
    var (nodes, nodeCount) = (WireReader(bytes, range), 0)
    while let field = try next(&nodes, of: "a function") {
      switch field.number {
      case 7:
        let node = try message(field, "node")
        let index = nodeCount
        nodeCount += 1
        contain { parser throws(Finding) in
          try parser.node(node, index: index, prefix: "\(title)/", depth: 3)
        }
      case 11:
        let attribute = try message(field, "attribute_proto")
        contain { parser throws(Finding) in
          try parser.attribute(attribute, of: title, constant: nil, depth: 3)
        }
      default: break
      }
    }
  }

  /// Reads what a training step needs: two graphs.
  mutating func training(_ range: Range<Int>) throws(Finding) {
    var reader = WireReader(bytes, range)
    while let field = try next(&reader, of: "a training_info") {
      switch field.number {
      case 1:
        _ = try graph(
          try message(field, "initialization"), prefix: "initialization/", depth: 3)
      case 2: _ = try graph(try message(field, "algorithm"), prefix: "algorithm/", depth: 3)
      default: break
      }
    }
  }
}
