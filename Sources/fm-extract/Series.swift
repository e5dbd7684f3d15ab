import FMCommand
import FMSeries
import FedMed

extension Extract {
  /// The samples of a folder, file or archive of DICOM images.
  func seriesImages(_ unit: SampleUnit) throws(FedMedError) -> SeriesImages {
    let path = input.first ?? "-"
    if path == "-" { try images.checkStandardInput(table: table) }
    guard images.path == nil else {
      throw FedMedError(.usage, "--path cannot be combined with --unit", hint: "use --key path")
    }
    guard (table == nil) == (series.key == nil) else {
      throw FedMedError(.usage, "with --unit, --table and --key require each other")
    }
    guard table != nil || images.label == nil else {
      throw FedMedError(.usage, "--label requires --table")
    }
    guard table != nil || classes != nil else {
      throw FedMedError(
        .usage, "no classes: the samples are not labeled",
        hint: "give a table of labels, or list the class names in a file")
    }
    let names = try classes.map { path throws(FedMedError) in try ClassNames.read(path: path) }
    var labels = try labelTable()
    let folder = try PseudonymFolder(path: series.pseudonyms ?? ".")
    let files = try SeriesInput(path: path)
    let bar = progress("reading headers", total: files.count, resumed: 0)
    var damaged = 0
    let index = try files.index(
      unreadable: { error throws(FedMedError) in
        guard images.skipUnreadable else { throw error }
        damaged += 1
        messages.report(error, as: .skipped)
      }, progress: { bar.update($0) })
    bar.finish()
    let samples = try SeriesImages(
      index, of: files, series.choices(unit, images.windows), pseudonyms: folder.pseudonyms,
      labels: &labels, classes: names)
    let remarks = labels?.remarks ?? []
    try folder.record(samples.identities, table == nil ? nil : remarks)
    report(index, damaged: damaged)
    report(remarks, folder)
    return samples
  }

  private func labelTable() throws(FedMedError) -> LabelTable? {
    guard let table, let key = series.key else { return nil }
    let source = try ByteSource(path: table)
    return try LabelTable(
      text: DelimitedText.text(try content(of: source)), key: key.key, column: key.column,
      label: images.label ?? "label", file: source.name)
  }

  private func content(of source: ByteSource) throws(FedMedError) -> [UInt8] {
    let bytes = try source.read(upTo: Table.sizeLimit + 1)
    guard bytes.count <= Table.sizeLimit else { throw source.tooLarge(Table.sizeLimit) }
    return bytes
  }

  /// Prints what was left out.
  private func report(_ index: FileIndex, damaged: Int) {
    if damaged > 0 { inform("skipped damaged files: \(damaged)") }
    let others = index.otherObjects
    if !others.isEmpty {
      inform("skipped objects without images: \(others.joined(separator: ", "))")
    }
    if index.foreign > 0 { inform("skipped files that are not DICOM: \(index.foreign)") }
    if index.duplicates > 0 { inform("skipped files that repeat an image: \(index.duplicates)") }
    if index.withText > 0 {
      messages.print(
        "warning: images with text burned into the pixels, which may name a patient: \(index.withText)"
      )
    }
  }

  /// Prints how the table fits; the keys themselves are only in the folder.
  private func report(_ remarks: [LabelTable.Remark], _ folder: PseudonymFolder) {
    guard !remarks.isEmpty else { return }
    var counts: [(reason: String, count: Int)] = []
    for remark in remarks {
      if let place = counts.firstIndex(where: { $0.reason == remark.text }) {
        counts[place].count += 1
      } else {
        counts.append((remark.text, 1))
      }
    }
    for (reason, count) in counts { inform("\(reason): \(count)") }
    inform("these are listed in \(folder.remarks)")
  }
}

extension LabelTable.Remark {
  /// What is wrong, without the key.
  var text: String { "\(line == nil ? "samples" : "table rows"), \(reason)" }
}
