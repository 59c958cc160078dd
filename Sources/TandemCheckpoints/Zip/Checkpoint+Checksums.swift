public import TandemBytes

extension Checkpoint {
  /// Compares the checksums of all entries of the checkpoint's zip archives with their bytes.
  ///
  /// Reading a checkpoint compares only those of what it reads: the tensors' data are left alone.
  ///
  /// - Returns: A finding on each entry that is damaged; none for files of other kinds.
  /// - Complexity: O(*n*) in the bytes of the archives.
  public func checksumFindings() -> Findings {
    var findings = Findings()
    for source in files where !source.isScratch && ZipArchive.recognises(source.file.bytes) {
      guard let archive = ZipArchive(source.file, &findings) else { continue }
      for entry in archive.entries {
        do throws(Finding) {
          try archive.checkBytes(of: entry)
        } catch {
          findings.add(error)
        }
      }
    }
    // What the archive itself breaks is among the findings of the reading.
    return findings.partitioned {
      $0.code == ZipRule.checksum.rawValue || $0.code == ZipRule.damaged.rawValue
    }.matching
  }
}

extension CheckpointReading {
  /// The reading with ``Checkpoint/checksumFindings()``: none of a checkpoint that is damaged.
  public func withChecksums() -> CheckpointReading {
    guard let checkpoint else { return self }
    var findings = findings
    findings.add(contentsOf: checkpoint.checksumFindings())
    return CheckpointReading(checkpoint, findings)
  }
}
