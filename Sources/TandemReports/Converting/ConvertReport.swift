public import TandemBytes
import TandemCheckpoints
public import TandemConversion
import TandemKernels
import TandemModels
import TandemTensors

/// What a conversion wrote, would write, or what stands against it.
public struct ConvertReport: Report, Sendable {
  let subject: String
  let plan: ConversionPlan
  /// nil if nothing was written.
  let result: Converter.Result?
  /// Of the plan and of the work.
  public let findings: Findings

  /// - Parameters:
  ///   - subject: What was converted, as the user named it.
  ///   - result: What was written; nil for a dry run, or if the plan has errors.
  public init(_ subject: String, _ plan: ConversionPlan, _ result: Converter.Result?) {
    self.subject = subject
    self.plan = plan
    self.result = result
    var findings = plan.findings
    if let result { findings.add(contentsOf: result.findings) }
    self.findings = findings
  }

  /// Tensors whose values changed, and how much.
  var losses: [(tensor: ConversionPlan.Tensor, loss: RecodingLoss)] {
    guard let result else { return [] }
    return result.losses.sorted { $0.key < $1.key }
      .map { (plan.tensors[$0.key], $0.value) }.filter { $0.1.isLoss }
  }

  /// Writes the plan or what became of it, for a person.
  public func write(_ layout: TextLayout, to output: (String) -> Void) {
    let findingsReport = FindingsReport(subject, findings)
    if findings.hasErrors { return findingsReport.write(layout, to: output) }
    var text = ReportText()
    let verb = result == nil ? "would be written" : "written"
    text.heading("\(plan.output): \(Numbers.bytes(plan.byteCount)), \(verb)", level: 1)
    text.facts([
      ("format", plan.options.format.rawValue), ("part", part),
      ("tensors", Numbers.grouped(plan.tensors.count)),
      ("types", typeChanges), ("values", result == nil ? nil : keptValues),
      ("files", plan.filesOfPart.count > 1 ? Numbers.grouped(plan.filesOfPart.count) : nil),
      ("kept", keptFiles), ("verified", verified),
    ])
    if result == nil { text.table(tensorTable) }
    if !losses.isEmpty {
      text.heading("Largest errors")
      text.table(lossTable)
    }
    text.write(layout, to: output)
    if findings.all.isEmpty { return }
    output("\n")
    findingsReport.writeFindings(layout, to: output)
  }

  /// What of a conversion in parts this run writes, and what is left to do.
  private var part: String? {
    let part = plan.options.part
    guard part.count > 1 else { return nil }
    let tensorCount = plan.filesOfPart.lazy.map(\.tensors.count).total
    return "\(part.number) of \(part.count): \(plan.filesOfPart.count) of "
      + "\(Numbers.counted(plan.files.count, "shard")), \(Numbers.grouped(tensorCount)) of "
      + "\(Numbers.counted(plan.tensors.count, "tensor")); run the other parts, then --join"
  }

  /// `F32 → F16 (12 tensors), I64 (1 tensor)`.
  private var typeChanges: String {
    var counts: [(text: String, count: Int)] = []
    for tensor in plan.tensors {
      let (from, to) = (tensor.sourceType.name, tensor.output.type.name)
      let text = from == to ? from : "\(from) → \(to)"
      if let index = counts.firstIndex(where: { $0.text == text }) {
        counts[index].count += 1
      } else {
        counts.append((text, 1))
      }
    }
    return counts.map { "\($0.text) (\(Numbers.counted($0.count, "tensor")))" }
      .joined(separator: ", ")
  }

  /// How exact the work was, as far as this run did it.
  private var keptValues: String? {
    let kept = Set(result?.kept ?? [])
    let files = plan.filesOfPart.filter { !kept.contains($0.name) }
    let tensors = files.flatMap(\.tensors).map { plan.tensors[$0] }
    if tensors.isEmpty { return kept.isEmpty ? nil : "as the runs said that wrote the files" }
    let sumCount = tensors.count { $0.isSum }
    let sums =
      sumCount == 0
      ? "" : "; \(Numbers.counted(sumCount, "tensor")) moved by a constant, as the format has it"
    if tensors.allSatisfy(\.isCopied) { return "copied bit for bit" + sums }
    let earlier = kept.isEmpty ? "" : "; in files of an earlier run as that one said"
    if losses.isEmpty { return "all kept exactly" + earlier + sums }
    let count = Numbers.counted(losses.count, "tensor")
    let overflowCount = losses.lazy.map(\.loss.overflowCount).total
    let lostNaNCount = losses.lazy.map(\.loss.lostNaNCount).total
    let overflows = "; \(Numbers.counted(overflowCount, "value")) out of the range of the new type"
    let numbers = "; " + Numbers.counted(lostNaNCount, "NaN became a number", "NaN became numbers")
    return "changed in \(count) of \(Numbers.grouped(tensors.count))"
      + (overflowCount == 0 ? "" : overflows) + (lostNaNCount == 0 ? "" : numbers) + earlier + sums
  }

  private var keptFiles: String? {
    guard let kept = result?.kept, !kept.isEmpty else { return nil }
    return "\(Numbers.counted(kept.count, "file")) of an earlier run"
  }

  private var verified: String? {
    result != nil && plan.options.isVerifying ? "what lies on the disk is what was written" : nil
  }

  /// What becomes of each tensor.
  private var tensorTable: TextTable {
    var table = TextTable([
      .name("tensor"), .text("from"), .text("to"), .text("shape").leaving(2),
      .number("bytes").leaving(1), .name("file"),
    ])
    for file in plan.files {
      for index in file.tensors {
        let tensor = plan.tensors[index]
        table.add([
          tensor.output.name.printable, tensor.sourceType.name, tensor.output.type.name,
          "\(tensor.output.shape)", Numbers.bytes(tensor.output.byteCount), file.name.printable,
        ])
      }
    }
    return table
  }

  /// The tensors that lost most.
  private var lossTable: TextTable {
    var table = TextTable([
      .name("tensor"), .text("to"), .number("largest error"), .number("out of range"),
      .number("became 0"), .number("NaN lost"),
    ])
    let sorted = losses.enumerated().sorted {
      ($0.element.loss.goneCount, $0.element.loss.largestAbsoluteError, $1.offset)
        > ($1.element.loss.goneCount, $1.element.loss.largestAbsoluteError, $0.offset)
    }
    for (_, entry) in sorted.prefix(Self.shownLossCount) {
      table.add([
        entry.tensor.output.name.printable, entry.tensor.output.type.name,
        Numbers.significant(entry.loss.largestAbsoluteError),
        Numbers.grouped(entry.loss.overflowCount), Numbers.grouped(entry.loss.underflowCount),
        Numbers.grouped(entry.loss.lostNaNCount),
      ])
    }
    return table
  }

  private static let shownLossCount = 10
}

extension RecodingLoss {
  /// Values that became something else altogether.
  fileprivate var goneCount: Int { overflowCount + lostNaNCount }
}

extension ConversionPlan.Tensor {
  /// Whether a constant is added to every element.
  fileprivate var isSum: Bool { if case .addition = change { true } else { false } }
}

extension Numbers {
  /// A small or large number with three significant digits: `0.00123`, `4.56e-09`.
  static func significant(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var (mantissa, exponent) = (value.magnitude, 0)
    while mantissa >= 9.995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 0.9995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    if -4...5 ~= exponent { return fixed(value, decimals: max(0, 2 - exponent)) }
    return "\(value < 0 ? "-" : "")\(fixed(mantissa, decimals: 2))e\(exponent)"
  }
}
