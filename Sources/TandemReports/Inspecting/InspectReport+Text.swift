import TandemBundles
import TandemBytes
import TandemCheckpoints

extension InspectReport {
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    text.write(layout, to: output)
  }

  /// Writes the report as Markdown.
  public func writeMarkdown(to output: (String) -> Void) {
    text.writeMarkdown(to: output)
  }

  private var text: ReportText {
    var text = ReportText()
    let files = files.count == 1 ? "" : ", \(Numbers.counted(self.files.count, "file"))"
    text.heading("\(path): \(formatName), \(Numbers.bytes(byteCount))\(files)", level: 1)
    if let bundle {
      text.facts([
        ("digest", "\(bundle.bundle.digest)"),
        (
          "alignment",
          "sections \(Numbers.grouped(bundle.bundle.sectionAlignment)), "
            + "tensors \(Numbers.grouped(bundle.bundle.tensorAlignment))"
        ),
      ])
      bundle.write(to: &text)
      for model in models {
        text.heading((model.member?.name ?? ""))
        text.facts(model.facts)
        model.write(to: &text, options, level: 3)
      }
    } else if let model = models.first {
      text.facts(model.facts + (statements?.facts ?? []))
      writeFiles(to: &text)
      model.write(to: &text, options, level: 2)
    }
    writeValues(to: &text)
    metadata?.write(to: &text)
    writeMemory(to: &text)
    return text
  }

  private func writeFiles(to text: inout ReportText) {
    guard files.count > 1 else { return }
    var table = TextTable([.name("file"), .number("tensors"), .number("bytes")])
    for file in files {
      table.add([
        file.name.printable, Numbers.grouped(file.tensorCount), Numbers.bytes(file.byteCount),
      ])
    }
    text.heading("Files")
    text.table(table)
  }

  private func writeMemory(to text: inout ReportText) {
    let plans = models.compactMap { model in
      model.memoryPlan(options).map { (name: model.member?.name ?? "", plan: $0) }
    }
    guard let first = plans.first?.plan else {
      if options.contextLength != nil {
        text.paragraph("No memory plan: there is no configuration, which says layers and widths.")
      }
      return
    }
    let hasNames = bundle != nil
    var table = TextTable(
      (hasNames ? [.name("member")] : []) + [
        .number("context"), .number("weights"), .number("KV cache F16"),
        .number("activations").leaving(1),
        .number("total"),
      ])
    for (name, plan) in plans {
      let counts = [plan.weights, plan.keyValueCache, plan.activations, plan.total]
      table.add(
        (hasNames ? [name.printable] : []) + [Numbers.grouped(plan.contextLength)]
          + counts.map(Numbers.bytes))
    }
    text.heading("Memory for \(Numbers.counted(first.batchSize, "sequence"))")
    text.table(table)
  }
}

extension Checkpoint {
  /// The format and its version for a person.
  var formatName: String {
    switch (format, metadata) {
    case (.gguf, .gguf(let metadata)): "GGUF version \(metadata.version)"
    case (.gguf, _): "GGUF"
    case (.safetensors, _): "safetensors"
    case (.pytorch, .pytorch(let files)) where files.contains(where: \.isTorchScript): "TorchScript"
    case (.pytorch, _): "PyTorch"
    case (.huggingFace, _): "Hugging Face folder"
    case (.npy, _): "NumPy array"
    case (.npz, _): "NumPy archive"
    case (.onnx, .onnx(let metadata)):
      metadata.irVersion.map { "ONNX IR version \($0)" } ?? "ONNX"
    case (.onnx, _): "ONNX"
    }
  }
}
