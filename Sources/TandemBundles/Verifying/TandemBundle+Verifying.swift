public import TandemBytes
import TandemTensors

extension TandemBundle {
  /// Checks every digest and every padding byte; with the checks of opening, no changed bit of the
  /// file escapes.
  ///
  /// - Parameter progress: Called from several threads with a number of tensor bytes that are done.
  /// - Returns: All findings; none if the bundle is as it was written.
  /// - Complexity: O(*n*) in the bytes of the file, on all cores; memory for one chat template
  ///   or file map, and 160 bytes a block.
  public func verify(progress: @Sendable (Int) -> Void = { _ in }) -> Findings {
    var findings = Findings()
    checkDocuments(&findings)
    checkPadding(&findings)
    checkFileMaps(&findings)
    let digests = hash(Array(0..<blockCount), progress, &findings)
    checkMembers(digests, &findings)
    checkManifest(&findings)
    checkUse(&findings)
    return findings
  }

  /// Checks the digests of a member's tensors: for who reads them elsewhere than in an engine, and
  /// would pass damage on.
  ///
  /// - Returns: A finding for each damaged block.
  /// - Complexity: O(*n*) in the tensors' bytes, on all cores.
  public func verifyTensors(of member: BundleMember) -> Findings {
    let payloads = Set(member.tensors.map(payloadIndex(ofTensorAt:)))
    var findings = Findings()
    _ = hash(payloads.sorted().flatMap(blocks(ofPayload:)), { _ in }, &findings)
    return findings
  }

  private func checkDocuments(_ findings: inout Findings) {
    for section in sections where section.kind != .tensors {
      do throws(Finding) {
        if section.kind == .chatTemplate {
          let bytes = try plainBytes(of: section)
          if bytes.rawSpan.utf8Text == nil {
            findings.add(damaged(.sectionText, section, "is not UTF-8"))
          }
        } else {
          try check(section)
        }
      } catch {
        findings.add(error)
      }
    }
  }

  /// The gaps between what the directory lists must be zero: nothing may hide there.
  private func checkPadding(_ findings: inout Findings) {
    var end = BundleLayout.superblockByteCount
    func skip(to start: Int) {
      if start > end, !file.bytes.extracting(end..<start).isZero {
        findings.add(
          Finding(
            BundleRule.padding, in: file.path, at: end,
            "the \(start - end) bytes of padding up to \(start) are not all zero"))
      }
    }
    skip(to: superblock.directoryOffset)
    end = superblock.directoryOffset + superblock.directoryByteCount
    var payload = 0
    for section in sections {
      skip(to: section.storedRange.lowerBound)
      end = section.storedRange.lowerBound
      while section.kind == .tensors, payload < directory.payloadCount {
        let record = directory.payload(payload)
        guard record.offset + record.byteCount <= UInt64(section.storedRange.upperBound) else {
          break
        }
        skip(to: Int(record.offset))
        end = Int(record.offset + record.byteCount)
        payload += 1
      }
      if section.kind == .tensors { skip(to: section.storedRange.upperBound) }
      end = section.storedRange.upperBound
    }
  }

  private func checkFileMaps(_ findings: inout Findings) {
    for section in sections where section.kind == .fileMap {
      // A section that is damaged has been reported with the documents.
      guard let bytes = try? plainBytes(of: section) else { continue }
      if fileMap(bytes, of: section) == nil {
        findings.add(damaged(.fileMap, section, "does not describe files that can be written"))
      }
    }
  }

  /// Hashes blocks, and finds those that do not have their digests.
  private func hash(
    _ blocks: [Int], _ progress: (Int) -> Void, _ findings: inout Findings
  ) -> [Digest] {
    let digests = BlockDigest.digests(of: file.bytes, count: blocks.count) { index in
      let range = range(ofBlock: blocks[index])
      progress(range.count)
      return range
    }
    for (block, digest) in zip(blocks, digests) where storedDigest(ofBlock: block) != digest {
      findings.add(damagedBlock(block))
    }
    return digests
  }

  /// - Parameter digests: Of all blocks.
  private func checkMembers(_ digests: [Digest], _ findings: inout Findings) {
    for member in members {
      var digest = TensorSetDigest()
      for index in member.tensors {
        let tensor = directory.tensor(index)
        let blocks = blocks(ofPayload: Int(tensor.payload))
        digest.add(
          name: directory.text(tensor.name), type: ElementType(rawValue: tensor.type) ?? .u8,
          shape: directory.shape(tensor),
          payload: BlockDigest.root(ofBlocks: digests[blocks]))
      }
      if let expected = member.tensorSetDigest, digest.finalize() != expected {
        findings.add(
          Finding(
            BundleRule.tensorSetDigest, in: file.path, item: member.name,
            "its tensors do not have the tensor-set digest \(expected.abbreviated)…"))
      }
      if MemberDigests.config(fieldList(of: member)) != member.configDigest {
        findings.add(
          Finding(
            BundleRule.configDigest, in: file.path, item: member.name,
            "its config does not have its digest"))
      }
    }
  }

  private func checkManifest(_ findings: inout Findings) {
    guard let section = sections.last else { return }
    let expected = BundleManifest.bytes(
      directory, sectionAlignment: sectionAlignment, tensorAlignment: tensorAlignment)
    let stored = file.bytes.extracting(section.storedRange)
    if !stored.equals(expected.rawSpan), stored.array.tokens != expected.tokens {
      findings.add(damaged(.manifest, section, "does not say what the directory says"))
    }
  }

  private func checkUse(_ findings: inout Findings) {
    var isUsed = [Bool](repeating: false, count: directory.payloadCount)
    let tensorSections = sections.filter { $0.kind == .tensors }
    for member in members {
      let own = tensorSections.first { $0.member == member.index }?.storedRange
      for index in member.tensors {
        let payload = payloadIndex(ofTensorAt: index)
        let range = payloadRange(at: payload)
        let isOwn = own.map {
          $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound
        }
        isUsed[payload] = isUsed[payload] || isOwn == true
      }
    }
    for (index, used) in isUsed.enumerated() where !used {
      findings.add(
        Finding(
          BundleRule.unusedPayload, in: file.path, at: Int(directory.payload(index).offset),
          "no tensor of the member whose section holds payload \(index) uses it"))
    }
  }

  /// The files that a member was made from; empty if the bundle does not say.
  ///
  /// - Throws: ``Finding`` if the file map is damaged.
  public func sourceFiles(of member: BundleMember) throws(Finding) -> [FileMap.File] {
    guard let section = sections.first(where: { $0.kind == .fileMap && $0.member == member.index })
    else { return [] }
    let bytes = try plainBytes(of: section)
    guard let map = fileMap(bytes, of: section) else {
      throw damaged(.fileMap, section, "does not describe files that can be written")
    }
    return map.files
  }

  private func fileMap(_ bytes: [UInt8], of section: BundleSection) -> FileMap? {
    FileMap(
      bytes.rawSpan, directory: directory,
      byteCountLimit: section.member.map { sourceByteCountLimit(of: member(at: $0)) } ?? 0)
  }

  /// The most bytes that a member's source files may have together (`schemas/bundle.md`, section 7):
  /// its tensors under each of their names, what sections of this file's size can hold at most, and
  /// holes. Without it a small bundle could fill any disk.
  private func sourceByteCountLimit(of member: BundleMember) -> Int {
    var limit = BundleLayout.maximumHoleByteCount
    func add(_ byteCount: Int) {
      let (sum, overflow) = limit.addingReportingOverflow(byteCount)
      limit = overflow ? .max : sum
    }
    let (sections, overflow) = file.byteCount.multipliedReportingOverflow(
      by: BundleLayout.maximumCompressionRatio)
    add(overflow ? .max : sections)
    for index in member.tensors { add(payloadRange(at: payloadIndex(ofTensorAt: index)).count) }
    return limit
  }

  /// The place of a payload in the file.
  public func payloadRange(at index: Int) -> Range<Int> {
    let record = directory.payload(index)
    return Int(record.offset)..<Int(record.offset + record.byteCount)
  }
}
