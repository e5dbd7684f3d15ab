import FMArchive
import FMBase
import FMEncoder
import Glibc

/// A file whose header and frames can be read.
protocol ReadableFile {
  /// The elements, as ``DICOMElements`` reads them.
  /// - Parameter frame: the frame whose functional groups are included; `nil` for all.
  /// - Throws: `badData` if they are malformed.
  func elements(frame: Int?) throws(FedMedError) -> [UInt8]

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
  private var last: (place: FilePlace, mark: String, size: Int, file: Opened)?
  private typealias Opened = Result<any ReadableFile, FedMedError>

  /// The largest file: 4 GiB.
  private static let largestFile = 1 << 32

  /// The memory that reading a DICOM file of some size may take, in bytes. GDCM reserves what a header
  /// claims, so a small file must not be allowed much; a deflated one is inflated.
  private static func memory(reading size: Int) -> Int { (1 << 28) + 64 * size }
  /// What decoding a frame may take in addition: the frame, and copies of it in other types.
  private static func memory(decoding frame: Int) -> Int { (1 << 27) + 8 * frame }
  /// What a NIfTI volume may take: niftilib reserves memory only after it has checked the header.
  private static let volumeMemory = 1 << 33

  /// Answers a request.
  /// - Parameter allow: called with the number of bytes that the next step may take.
  /// - Throws: `badData` or `noInput` if the file cannot be read.
  mutating func answer(
    _ request: DecoderRequest, allow: (Int) -> Void
  ) throws(FedMedError) -> DecoderAnswer {
    guard let frame = request.frame else {
      let file = try Self.open(request.place, withPixels: false, allow).file
      return DecoderAnswer(header: try file.elements(frame: nil))
    }
    var mark = ""
    if case .path(let path) = request.place { mark = FileImages.mark(path) }
    if last?.place != request.place || last?.mark != mark {
      // Only one file is in memory at a time.
      last = nil
      do throws(FedMedError) {
        let (file, size) = try Self.open(request.place, withPixels: true, allow)
        last = (request.place, mark, size, .success(file))
      } catch {
        // The other frames of a damaged file fail without reading it again.
        last = (request.place, mark, 0, .failure(error))
      }
    }
    guard let (_, _, size, opened) = last else { return DecoderAnswer(reason: "not read") }
    let file = try opened.get()
    var answer = DecoderAnswer(header: try file.elements(frame: frame))
    let layout = try PixelLayout(DICOMElements(records: answer.header))
    if !layout.isFloat {
      allow(Self.memory(reading: size) + Self.memory(decoding: layout.largestFrame))
    }
    (answer.pixels, answer.samples) = try file.frame(frame, capacity: layout.largestFrame)
    return answer
  }

  private static func open(
    _ place: FilePlace, withPixels: Bool, _ allow: (Int) -> Void
  ) throws(FedMedError) -> (file: any ReadableFile, size: Int) {
    switch place {
    case .path(let path):
      let source = try ByteSource(plainFile: path, limit: largestFile)
      let size = source.size ?? 0
      return (try read(source.descriptor, 0, size, isShared: false, withPixels, allow), size)
    case .spooled(let start, let size):
      return (try read(DecoderService.spool, start, size, isShared: true, withPixels, allow), size)
    }
  }

  /// Reads a part of an open file with the library for its format.
  /// - Parameter isShared: whether other processes read the file by the same descriptor.
  private static func read(
    _ descriptor: Int32, _ start: Int, _ size: Int, isShared: Bool, _ withPixels: Bool,
    _ allow: (Int) -> Void
  ) throws(FedMedError) -> any ReadableFile {
    var head = [UInt8](repeating: 0, count: 4)
    let isRead = pread(descriptor, &head, head.count, off_t(start)) == head.count
    // gzip, or the size of NIfTI's header in either order of bytes.
    let isVolume =
      isRead
      && (head.starts(with: [0x1F, 0x8B]) || [[92, 1, 0, 0], [0, 0, 1, 92]].contains(head))
    allow(isVolume ? volumeMemory : memory(reading: size))
    guard isVolume else {
      return try DICOMFile(descriptor, start: start, size: size, withPixels: withPixels)
    }
    guard isShared else {
      return try VolumeFile(descriptor, withVoxels: withPixels)
    }
    // zlib reads at the offset of the file, which other decoders share, and past the end of a member.
    let copy = try StagingFile()
    let whole = withPixels ? size : min(size, VolumeFile.headSize)
    for place in stride(from: 0, to: whole, by: 1 << 20) {
      var bytes = [UInt8](repeating: 0, count: min(1 << 20, whole - place))
      guard pread(descriptor, &bytes, bytes.count, off_t(start + place)) == bytes.count else {
        throw FedMedError(.ioError, "truncated while being read")
      }
      try copy.append(bytes)
    }
    return try VolumeFile(copy.descriptor, withVoxels: withPixels)
  }
}

extension FedMedError {
  /// The error for a file that a library cannot read.
  /// - Parameter message: the reason, a C string.
  init(library message: [CChar]) {
    let text = message.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    let isMemory = text == "std::bad_alloc" || text == "vector::_M_default_append"
    self.init(.badData, isMemory ? "needs too much memory" : printable(text))
  }
}
