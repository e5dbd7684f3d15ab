import FedMed
import Foundation
import Testing

/// fm-extract on DICOM studies.
struct SeriesTests {
  let shell: Shell
  private let call: String

  /// Creates two patients with two studies each; a study has a series of five slices, whose files are in
  /// another order than their positions, and one has a second series.
  init() throws {
    shell = try Shell()
    let golden = Shell.root.appendingPathComponent("Tests/FedMedTests/Golden").path
    call =
      "fm-extract -q --checkpoint '\(golden)/dinov2-tiny' --anchors 1 --pseudonyms names --table labels.csv"
    try shell.succeed("mkdir -p pacs/A/B pacs/C")
    for study in 0..<4 {
      for slice in 0..<5 {
        try write(study: study, series: 0, slice: slice)
        if study == 3 { try write(study: study, series: 1, slice: slice) }
      }
    }
    try shell.write(
      "labels.csv",
      #"""
      Accession Number,Report,label
      ACC-70000,"Nodule, 3 mm
      in the left lobe",nodule
      ACC-70001,clear,normal
      ACC-70002,"a ""cyst""",nodule
      ACC-70003,,normal

      """#)
  }

  private func identity(study: Int, series: Int, slice: Int) -> DICOMFile.Identity {
    DICOMFile.Identity(
      patient: "PATIENT-000\(study / 2)", name: ["Doe^Jonathan", "Roe^Richarda"][study / 2],
      study: "1.2.840.99.100\(study)", series: "1.2.840.99.200\(study).\(series)",
      instance: "1.2.840.99.300\(study).\(series).\(slice)", accession: "ACC-7000\(study)",
      number: 9 - slice)
  }

  /// The gray values of a slice: a square whose place depends on study, series and slice.
  private func slice(_ study: Int, _ series: Int, _ slice: Int) -> [Int] {
    (0..<32 * 32).map { place in
      let (x, y) = (place % 32, place / 32)
      let isInside = abs(x - 4 - 5 * slice) < 4 && abs(y - 6 - 6 * study) < 4
      return isInside ? 1000 + 300 * series : x * 10 + study * 40
    }
  }

  private func write(study: Int, series: Int, slice: Int) throws {
    let folder = study == 0 ? "pacs/A/B" : "pacs/C"
    // Position decides, not the name, and not the number, which runs the other way.
    let file = DICOMFile(
      .computed, identity(study: study, series: series, slice: slice), columns: 32,
      values: self.slice(study, series, slice)
    ).with(
      .text(0x0020_0032, "DS", "-10\\20\\\(slice * 3)"),
      .text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"), .text(0x0028_0301, "CS", "NO"))
    try shell.write("\(folder)/IM\(study)\(series)\((slice * 3) % 5)", file.bytes)
  }

  private let accession = "--key 'accession=Accession Number'"

  @Test func makesSamplesOfImagesSeriesAndStudies() throws {
    for unit in ["image", "series", "study"] {
      try shell.succeed("\(call) --unit \(unit) \(accession) pacs > \(unit).tar")
    }
    func column(_ unit: String, _ name: String) throws -> [String] {
      try shell.succeed(
        """
        tar xOf \(unit).tar samples.tsv |
          awk -F '\\t' 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "\(name)") c = i } NR > 1 { print $c }'
        """
      ).split(separator: "\n").map(String.init)
    }
    // 25 images, 5 series and 4 studies, of which two are anchors.
    #expect(try column("image", "sample").count == 23)
    #expect(try column("series", "sample").count == 3)
    #expect(try column("study", "sample").count == 2)
    #expect(try Set(column("image", "patient")).count == 2)
    #expect(try column("study", "modality") == ["CT", "CT"])
    // Patients have the same pseudonyms in all units.
    #expect(try Set(column("study", "patient")).isSubset(of: column("image", "patient")))
    let whole = try shell.succeed("tar xOf image.tar samples.tsv")
    #expect(whole.hasPrefix("sample\tpatient\tstudy\tseries\tmodality\tlabel\n"))
  }

  /// A slice has the same features in any file, and the features of a series are the mean of those of
  /// equally spaced slices in the order of their positions.
  @Test func ordersSlicesByPosition() throws {
    let plain = call.replacing("--anchors 1", with: "--text text.npy")
    try shell.succeed("\(call) --unit image \(accession) pacs > x.tar; tar xf x.tar text.npy")
    try shell.succeed("\(plain) --unit image \(accession) pacs > image.tar")
    try shell.succeed("\(plain) --unit series --slices 2 \(accession) pacs > series.tar")
    try shell.succeed("\(plain) --unit series --slices 1 \(accession) pacs > middle.tar")
    let images = try shell.array("image.tar", "features")
    let series = try shell.array("series.tar", "features")
    let middle = try shell.array("middle.tar", "features")
    let size = images.count / 25
    for (index, group) in stride(from: 0, to: 25, by: 5).enumerated() {
      for i in 0..<size {
        let own = (0..<5).map { images[(group + $0) * size + i] }
        #expect(middle[index * size + i] == own[2])
        #expect(abs(series[index * size + i] - (own[1] + own[3]) / 2) < 2e-3)
      }
    }
  }

  /// The frames of an enhanced object are ordered by their own positions, in a single file too.
  @Test func ordersFramesByPosition() throws {
    let frames = [2, 0, 1]
    let positions = frames.map { slice -> [DICOMFile.Element] in
      [.sequence(0x0020_9113, [.text(0x0020_0032, "DS", "0\\0\\\(slice)")])]
    }
    let shared: [DICOMFile.Element] = [
      .sequence(0x0020_9116, [.text(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0")])
    ]
    let file = DICOMFile(
      .enhanced, columns: 32, values: frames.flatMap { self.slice(0, 0, $0) }, frames: 3
    ).with(
      .sequence(0x5200_9229, shared),
      .sequence(0x5200_9230, positions[0], positions[1], positions[2]))
    try shell.write("enhanced.dcm", file.bytes)
    try shell.succeed("mkdir single")
    for slice in 0..<3 {
      var own = identity(study: 0, series: 0, slice: slice)
      own.number = slice
      let image = DICOMFile(.computed, own, columns: 32, values: self.slice(0, 0, slice))
      try shell.write("single/\(slice)", image.bytes)
    }
    try shell.succeed(
      """
      printf 'a\\nb\\n' > classes.txt; \(call) --unit image \(accession) pacs > x.tar; tar xf x.tar text.npy
      run='\(call.replacing("--anchors 1", with: "--text text.npy").replacing("--table labels.csv", with: "--classes classes.txt"))'
      $run --unit image enhanced.dcm > enhanced.tar; $run --unit image single > single.tar
      """)
    #expect(try shell.array("enhanced.tar", "features") == shell.array("single.tar", "features"))
    #expect(try shell.succeed("tar xOf enhanced.tar samples.tsv | sed 1d | wc -l") == "3\n")
  }

  /// The files' names and folders, and archives, have no influence on the bytes; nor do threads, shards
  /// and interruptions.
  @Test func givesTheSameBytes() throws {
    let run = "\(call) --unit image \(accession)"
    try shell.succeed(
      """
      \(run) pacs > folder.tar; tar cf pacs.tar pacs; \(run) -j 1 pacs.tar | cmp - folder.tar
      gzip < pacs.tar | \(run) | cmp - folder.tar
      mkdir flat; i=0; for f in pacs/*/* pacs/A/B/*; do
        test -d $f || { i=$((i + 1)); cp $f flat/$((i * 7919 % 100)).dcm; }; done
      \(run) flat | cmp - folder.tar
      ln -s .. pacs/A/loop; ln -s nowhere pacs/dangling; \(run) pacs | cmp - folder.tar
      for pause in .05 .1 .2; do
        (\(run) --work w pacs > part.tar & p=$!; sleep $pause; kill -9 $p 2> /dev/null; wait $p) 2> /dev/null || true
      done
      \(run) --work w pacs | cmp - folder.tar; ! test -e w
      for i in 1 2 3; do \(run.replacing("--anchors 1", with: "")) --shard $i/3 pacs > $i.tar & done; wait
      fm-extract -q --join --anchors 1 3.tar 1.tar 2.tar | cmp - folder.tar
      """)
  }

  /// No identifier of six or more characters is in an archive, and the site's files are private.
  @Test func keepsIdentifiersAtTheSite() throws {
    try shell.succeed(
      """
      \(call) --unit series \(accession) pacs > f.tar
      fm-partition -q --scheme column --column patient --min-samples 1 -o sites f.tar
      test "$(stat -c %a names)" = 700; test "$(stat -c %a names/*| sort -u)" = 600
      cat f.tar sites/*.tar > all
      """)
    let bytes = try String(decoding: shell.bytes("all"), as: UTF8.self)
    let secrets = [
      "PATIENT", "Jonathan", "Richarda", "1.2.840", "19870615", "19520229", "ACC-70",
      "Referring", "Physician", "pacs/", "Accession",
    ]
    for secret in secrets { #expect(!bytes.contains(secret), "\(secret)") }
    let table = try shell.succeed("cat names/identifiers.tsv")
    for secret in ["PATIENT-0000", "1.2.840.99.1003\tACC-70003", "1.2.840.99.2003.1"] {
      #expect(table.contains(secret), "\(secret)")
    }
    // The key decides the pseudonyms.
    try shell.succeed(
      """
      \(call) --unit series \(accession) pacs | cmp - f.tar
      \(call.replacing("names", with: "other")) --unit series \(accession) pacs > g.tar
      ! cmp -s f.tar g.tar
      """)
    #expect(
      try shell.succeed("cut -f 3 names/identifiers.tsv | sort")
        == shell.succeed("cut -f 3 other/identifiers.tsv | sort"))
    try shell.write("names/key", "abc\n")
    try shell.fail(
      "\(call) --unit series \(accession) pacs", 65, "names/key: not a key of 64 hexadecimal digits"
    )
  }

  @Test func joinsLabelsByStudyAndPath() throws {
    try shell.write(
      "labels.csv",
      """
      uid;file;label
      1.2.840.99.1000;pacs-export/x;a
      1.2.840.99.1001;A/B;b
      1.2.840.99.1001;C/IM100;b
      1.2.840.99.1002;C/IM200;a
      1.2.840.99.1002;C/IM201;b
      1.2.840.99.9999;C/IM300;
      ;C/IM310;a

      """)
    let run = call.replacing("-q ", with: "")
    let study = try shell.run("\(run) --unit study --key study=uid pacs > study.tar")
    #expect(study.status == 65)
    #expect(study.errors.contains("too few"), "\(study.errors)")
    #expect(study.errors.contains("samples, rows with different classes: 1"))
    let path = try shell.run("\(run) --unit image --key path=file pacs > path.tar")
    #expect(path.status == 0, "\(path.errors)")
    #expect(path.errors.contains("table rows, matches nothing: 1"))
    #expect(path.errors.contains("table rows, no class: 1"))
    #expect(!path.errors.contains("pacs-export"))
    let remarks = try shell.succeed("cat names/labels.tsv")
    #expect(remarks.contains("2\tpacs-export/x\tmatches nothing\n"))
    // The images of A/B, and five more, less two anchors.
    #expect(try shell.succeed("tar xOf path.tar samples.tsv | wc -l") == "8\n")
    try shell.fail("\(call) --unit study --key study pacs", 65, "labels.csv: no column 'study'")
    try shell.write("labels.csv", "study,label\n\"1.2,a\n")
    try shell.fail("\(call) --unit study --key study pacs", 65, "line 2: a quote is not closed")
  }

  /// Tables as Excel and others write them, and every way to write a path.
  @Test(arguments: [
    "sep=;\nfile ;label\nA/B;x\nC;y\n", "file\tlabel\trest\nA\\B\tx\nC\ty\tz\n",
    "file,label\n./A/B/,x\nC,y\n", "file,label,note\n\"A/B\",x,5\" nail\nC,y,\n",
  ])
  func readsTablesOfOtherPrograms(text: String) throws {
    let run = "\(call) --unit image --key path=file"
    let wide = text.utf16.reduce(into: [0xFF, 0xFE] as [UInt8]) {
      $0 += [UInt8($1 & 255), UInt8($1 >> 8)]
    }
    for bytes in [Array(text.utf8), wide, Array(text.utf8) + [0xFC]] {
      try shell.write("labels.csv", bytes)
      try shell.succeed("\(run) pacs > f.tar; tar c pacs | \(run) | cmp - f.tar")
      #expect(try shell.succeed("tar xOf f.tar samples.tsv | sed 1d | wc -l") == "23\n")
    }
    // The list is that of the last table.
    try shell.write("labels.csv", "file,label\nA/B,x\nC,y\nD,x\n")
    try shell.succeed("\(run) pacs > f.tar; grep -q '4.D.matches nothing' names/labels.tsv")
    try shell.write("labels.csv", "file,label\nA/B,x\nC,y\n")
    try shell.succeed("\(run) pacs > f.tar; ! grep -q nothing names/labels.tsv")
  }

  /// A header that claims more frames than the file can hold is damaged, and costs nothing.
  @Test(arguments: ["2000000000", "65536", "2"])
  func refusesMoreFramesThanBytes(frames: String) throws {
    try shell.succeed("\(call) --unit image \(accession) pacs > x.tar; tar xf x.tar text.npy")
    let file = DICOMFile(
      .computed, identity(study: 3, series: 5, slice: 0), columns: 2, values: [1, 2, 3, 4])
    try shell.write("pacs/claim", file.with(.text(0x0028_0008, "IS", frames)).bytes)
    let plain = call.replacing("--anchors 1", with: "--text text.npy")
    try shell.fail("\(plain) --unit image \(accession) pacs", 65, "pacs/claim: ")
    let outcome = try shell.run(
      "ulimit -v 4000000; \(plain) --skip-unreadable --unit image \(accession) pacs > f.tar")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.lines.count == 1, "\(outcome.errors)")
  }

  @Test func skipsWhatIsNotAnImage() throws {
    try shell.write(
      "pacs/report", DICOMFile(.report, identity(study: 0, series: 7, slice: 0)).bytes)
    try shell.write("pacs/key", DICOMFile(.key).bytes)
    try shell.write("pacs/pdf", DICOMFile(.document).bytes)
    try shell.write("pacs/README.txt", "hello")
    try shell.write("pacs/.hidden", "hello")
    try shell.succeed("cp pacs/C/IM100 pacs/again")
    let text = DICOMFile(
      .computed, identity(study: 0, series: 9, slice: 0), columns: 2, values: [1, 2, 3, 4])
    try shell.write("pacs/burned", text.with(.text(0x0028_0301, "CS", "YES")).bytes)
    try shell.succeed("\(call) --unit image \(accession) pacs > x.tar; tar xf x.tar text.npy")
    // Drawn anchors could be the damaged images.
    let call = call.replacing("--anchors 1", with: "--text text.npy")
    let run = "\(call.replacing("-q ", with: "")) --unit image \(accession)"
    let outcome = try shell.run("\(run) pacs > f.tar")
    #expect(outcome.status == 0)
    for line in [
      "skipped objects without images: 1 encapsulated documents, 1 structured reports, 1 key object selections",
      "skipped files that are not DICOM: 1", "skipped files that repeat an image: 1",
      "warning: images with text burned into the pixels, which may name a patient: 1",
    ] { #expect(outcome.errors.contains(line), "\(outcome.errors)") }
    // A damaged header, and damaged pixels.
    let good = try shell.bytes("pacs/C/IM200")
    try shell.write("pacs/C/cut", Array(good[..<300]))
    try shell.fail("\(call) --unit image \(accession) pacs", 65, "pacs/C/cut: ")
    try shell.write("pacs/C/IM200", Array(good.dropLast(100)))
    let skipped = try shell.run("\(run) --skip-unreadable pacs > g.tar")
    #expect(skipped.status == 0)
    #expect(skipped.errors.contains("pacs/C/cut: truncated (skipped)"))
    #expect(skipped.errors.contains("skipped damaged files: 1"))
    #expect(skipped.errors.contains("pacs/C/IM200"))
    #expect(skipped.errors.contains("skipped images: 1"))
    try shell.succeed("rm pacs/C/cut pacs/burned; mkdir empty; echo x > empty/x")
    try shell.fail("\(call) --unit image \(accession) pacs", 65, "pacs/C/IM200: ")
    try shell.fail("\(call) --unit image \(accession) empty", 65, "empty: no DICOM or NIfTI images")
  }

  @Test func refusesOptionsThatDoNotFit() throws {
    let base = "fm-extract -q --checkpoint x"
    for (options, reason) in [
      ("--slices 3 pacs", "--slices, --pseudonyms and --key require --unit"),
      ("--unit series pacs", "--unit requires --pseudonyms"),
      ("--unit series --slices 0 --pseudonyms n pacs", "--slices must be between"),
      (
        "--unit series --pseudonyms n --table labels.csv pacs",
        "--table and --key require each other"
      ),
      ("--unit series --pseudonyms n pacs", "no classes"),
      (
        "--unit series --pseudonyms n --window lung --window bone pacs",
        "--window must be given once"
      ),
      ("--window header pacs", "--window header, and full for one color, require --unit"),
    ] { try shell.fail("\(base) \(options)", 64, reason) }
    let golden = Shell.root.appendingPathComponent("Tests/FedMedTests/Golden").path
    try shell.succeed("mkdir -p plain/a; cp pacs/C/IM10* plain/a")
    try shell.fail(
      "fm-extract -q --checkpoint '\(golden)/dinov2-tiny' --anchors 1 plain", 65,
      "plain/a/IM100: a DICOM file")
  }
}
