import FMSeries
import FedMed
import Foundation
import Testing

/// Slices of NIfTI volumes.
struct VolumeTests {
  let shell: Shell
  let pool: DecoderPool

  init() throws {
    shell = try Shell()
    pool = DecoderPool(program: Bundle.main.bundleURL.appendingPathComponent("fm-extract").path)
  }

  /// A NIfTI-1 file with 16-bit integers.
  /// - Parameters:
  ///   - size: the numbers of voxels along the three axes, and of volumes.
  ///   - axes: the rows of the matrix from indices to millimeters (to the right, front and top), without
  ///     translations.
  private func volume(
    size: [Int], axes: [[Float]], slope: Float = 0, intercept: Float = 0,
    range: (Float, Float) = (0, 0),
    isBigEndian: Bool = false, values: [Int]
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 352)
    func put<T: FixedWidthInteger>(_ place: Int, _ value: T) {
      withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) {
        bytes.replaceSubrange(place..<place + $0.count, with: $0)
      }
    }
    func put(_ place: Int, _ value: Float) { put(place, value.bitPattern) }
    put(0, Int32(348))
    put(40, Int16(size.count))
    for (i, count) in size.enumerated() { put(42 + 2 * i, Int16(count)) }
    put(70, Int16(4))
    put(72, Int16(16))
    for i in 0..<3 { put(80 + 4 * i, axes.map { abs($0[i]) }.max() ?? 1) }
    put(108, Float(352))
    put(112, slope)
    put(116, intercept)
    put(124, range.1)
    put(128, range.0)
    put(254, Int16(1))
    for (row, place) in [280, 296, 312].enumerated() {
      for i in 0..<3 { put(place + 4 * i, axes[row][i]) }
    }
    bytes.replaceSubrange(344..<348, with: [0x6E, 0x2B, 0x31, 0])
    return bytes
      + values.flatMap {
        isBigEndian
          ? [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)]
          : [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
      }
  }

  private func image(_ name: String, slice: Int) throws -> FrameImage {
    let path = shell.folder.appendingPathComponent(name).path
    return try FrameImage(pool.frame(slice, of: .path(path)), index: slice)
  }

  private let identity: [[Float]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]

  /// The top of a slice is anterior, and its left is the patient's right, whatever the order of the voxels.
  @Test func showsAxialSlicesInRadiologicalView() throws {
    // Voxels 2 × 3 × 2, from right to left, back to front, and bottom to top would be −x, +y, +z.
    let values = Array(0..<12)
    try shell.write("ras.nii", volume(size: [2, 3, 2], axes: identity, values: values))
    // The first axis runs to the patient's left in the view if it is turned, and the second downward.
    let shown = try image("ras.nii", slice: 1)
    #expect(shown.rows == 3 && shown.columns == 2)
    let upper = try shown.brightness(.full).map { Int(($0 * 5).rounded()) + 6 }
    #expect(upper == [11, 10, 9, 8, 7, 6])
    let turned: [[Float]] = [[-1, 0, 0], [0, -1, 0], [0, 0, -1]]
    try shell.write("lpi.nii", volume(size: [2, 3, 2], axes: turned, values: values))
    let other = try image("lpi.nii", slice: 0).brightness(.full)
    let lower = other.map { Int(($0 * 5).rounded()) + 6 }
    #expect(lower == [6, 7, 8, 9, 10, 11])
    // A sagittal acquisition: the axes run to the back, the top, and the left.
    let sagittal: [[Float]] = [[0, 0, -1], [-1, 0, 0], [0, 1, 0]]
    try shell.write("sagittal.nii", volume(size: [3, 2, 2], axes: sagittal, values: values))
    let slice = try image("sagittal.nii", slice: 1)
    #expect(slice.rows == 3 && slice.columns == 2)
    let side = try slice.brightness(.full).map { Int(($0 * 8).rounded()) + 3 }
    #expect(side == [3, 9, 4, 10, 5, 11])
  }

  @Test func scalesAndShowsTheRangeOfTheHeader() throws {
    let values = [0, 10, 20, 30]
    for isBigEndian in [false, true] {
      try shell.write(
        "x.nii",
        volume(
          size: [2, 2, 1], axes: [[2, 0, 0], [0, 4, 0], [0, 0, 1]], slope: 2, intercept: -10,
          range: (-10, 40), isBigEndian: isBigEndian, values: values))
      try shell.succeed("gzip -kf x.nii")
      for name in ["x.nii", "x.nii.gz"] {
        let image = try image(name, slice: 0)
        let own = try image.brightness(.header).map { Int(($0 * 50).rounded()) }
        #expect(own == [50, 40, 20, 0])
        let full = try image.brightness(.full).map { Int(($0 * 60).rounded()) }
        #expect(full == [60, 40, 20, 0])
        let window = try image.brightness(.window(GrayWindow(center: 10, width: 40)))
        #expect(window == [1, 1, 0.5, 0])
        // Pixels of 2 × 4 mm.
        #expect(try image.raster([.full]).height == 4)
      }
    }
  }

  /// Volumes are samples like series, in folders and archives; a subject of BIDS is a patient.
  @Test func encodesVolumes() throws {
    try shell.succeed("mkdir -p bids/sub-01/anat bids/sub-02/anat")
    for (index, name) in ["sub-01/anat/a", "sub-01/anat/b", "sub-02/anat/a"].enumerated() {
      let values = (0..<8 * 8 * 4).map { $0 * (index + 1) % 97 }
      try shell.write("bids/\(name).nii", volume(size: [8, 8, 4], axes: identity, values: values))
    }
    let golden = Shell.root.appendingPathComponent("Tests/FedMedTests/Golden").path
    try shell.write(
      "labels.csv",
      "path,label\nsub-01/anat/a.nii.gz,x\nsub-01/anat/b.nii,y\nsub-02,x\n")
    let run =
      "fm-extract -q --checkpoint '\(golden)/clip-tiny' --pseudonyms names --table labels.csv --key path"
    try shell.succeed(
      """
      gzip bids/sub-01/anat/a.nii; \(run) --unit series bids > f.tar
      tar cf bids.tar -C bids .; \(run) --unit series bids.tar | cmp - f.tar
      \(run) --unit image bids > i.tar
      """)
    let patients = try shell.succeed(
      "tar xOf f.tar samples.tsv | sed 1d | cut -f 2 | sort | uniq -c")
    #expect(patients.split(separator: "\n").count == 2)
    #expect(try shell.succeed("tar xOf i.tar samples.tsv | sed 1d | wc -l") == "12\n")
    // Decoders that share the archive do not disturb each other, nor read on into the next volume.
    try shell.succeed(
      """
      for i in $(seq 40); do mkdir bids/sub-1$i; cp bids/sub-02/anat/a.nii bids/sub-1$i; done
      cp bids/sub-01/anat/a.nii.gz bids/sub-110
      echo 'path,label' > labels.csv; for i in bids/sub-*; do echo "${i#bids/},x"; done >> labels.csv
      printf 'x\\ny\\n' > classes.txt; tar cf many.tar -C bids .
      run='\(run) --classes classes.txt --unit image'
      sh -c "$run -j 1 bids" > one.tar
      for i in 1 2 3; do sh -c "$run -j 2 many.tar" | cmp - one.tar || exit 1; done
      head -c 700 bids/sub-01/anat/b.nii > cut; cp cut bids/sub-01/anat/b.nii; tar cf cut.tar -C bids .
      """)
    try shell.fail(
      "\(run) --classes classes.txt --unit series cut.tar", 65, "b.nii: frame 1: truncated")
    let outcome = try shell.run(
      "\(run) --classes classes.txt --skip-unreadable --unit series cut.tar > cut.out")
    #expect(outcome.status == 0 && outcome.lines.count == 1, "\(outcome.errors)")
    try shell.write(
      "labels.csv", "path,label\nsub-01/anat/a.nii.gz,x\nsub-01/anat/b.nii,y\nsub-02,x\n")
    try shell.succeed("head -c 400 bids/sub-01/anat/b.nii > cut; mv cut bids/sub-01/anat/b.nii")
    try shell.fail("\(run) --unit series bids", 65, "b.nii: frame 1: truncated")
    try shell.succeed("echo x > bids/sub-01/anat/b.nii")
    try shell.fail("\(run) --unit series bids", 65, "b.nii: ")
  }
}
