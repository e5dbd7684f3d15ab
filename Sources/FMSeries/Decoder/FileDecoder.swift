import FMArchive
import FMBase
import FMEncoder
import Glibc

/// A file whose header and frames can be read.
protocol ReadableFile {
  /// The elements, as ``DICOMElements`` reads them.
  /// - Throws: `badData` if they are malformed.
  func elements() throws(FedMedError) -> [UInt8]

  /// Decodes a frame.
  /// - Parameter capacity: its largest size in bytes.
  /// - Throws: `badData` if it cannot be decoded.
  func frame(
    _ index: Int, capacity: Int
  ) throws(FedMedError) -> (pixels: [UInt8], samples: DecodedSamples)
}

/// Reads headers and frames of files, in the decoder's process. The last file stays open, because the
/// next request is often for another frame of it.
struct FileDecoder {
  private var last: (place: FilePlace, mark: String, file: any ReadableFile)?

  /// The largest file: 4 GiB.
  static let largestFile = 1 << 32

  /// Answers a request.
  /// - Parameter prepare: called with the size of a file before it is read.
  /// - Throws: `badData` or `noInput` if the file cannot be read.
  mutating func answer(
    _ request: DecoderRequest, prepare: (Int) -> Void
  ) throws(FedMedError) -> DecoderAnswer {
    guard let frame = request.frame else {
      let file = try Self.open(request.place, withPixels: false, prepare)
      return DecoderAnswer(header: try file.elements())
    }
    var mark = ""
    if case .path(let path) = request.place { mark = FileImages.mark(path) }
    let file: any ReadableFile
    if let last, last.place == request.place, last.mark == mark {
      file = last.file
    } else {
      // Only one file is in memory at a time.
      last = nil
      file = try Self.open(request.place, withPixels: true, prepare)
      last = (request.place, mark, file)
    }
    var answer = DecoderAnswer(header: try file.elements())
    let layout = try PixelLayout(DICOMElements(records: answer.header))
    (answer.pixels, answer.samples) = try file.frame(frame, capacity: layout.largestFrame)
    return answer
  }

  private static func open(
    _ place: FilePlace, withPixels: Bool, _ prepare: (Int) -> Void
  ) throws(FedMedError) -> any ReadableFile {
    switch place {
    case .path(let path):
      var status = stat()
      // Opening a pipe would block until another process writes to it.
      guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
        throw FedMedError(.noInput, "not a plain file")
      }
      let source = try ByteSource(path: path)
      try source.requireSize(atMost: largestFile)
      let size = source.size ?? 0
      prepare(size)
      return try read(source.descriptor, start: 0, size: size, withPixels: withPixels)
    case .spooled(let start, let size):
      prepare(size)
      return try read(DecoderService.spool, start: start, size: size, withPixels: withPixels)
    }
  }

  /// Reads a part of an open file with the library for its format.
  private static func read(
    _ descriptor: Int32, start: Int, size: Int, withPixels: Bool
  ) throws(FedMedError) -> any ReadableFile {
    var head = [UInt8](repeating: 0, count: 4)
    let isRead = pread(descriptor, &head, head.count, off_t(start)) == head.count
    // gzip, or the size of NIfTI's header in either order of bytes.
    let isVolume =
      isRead
      && (head.starts(with: [0x1F, 0x8B]) || [[92, 1, 0, 0], [0, 0, 1, 92]].contains(head))
    return isVolume
      ? try VolumeFile(descriptor, start: start, withVoxels: withPixels)
      : try DICOMFile(descriptor, start: start, size: size, withPixels: withPixels)
  }
}
