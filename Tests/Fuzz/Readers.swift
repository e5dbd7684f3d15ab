// The readers of outside bytes, for libFuzzer. `fuzz` compiles them in one module with the library.
// FEDMED_READER is the name of the reader.
import Glibc

/// A file in memory with the current input.
private let file: (descriptor: Int32, path: String) = {
  var template = Array("/dev/shm/fedmed-fuzz.XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  guard descriptor >= 0 else { fatalError("no file in /dev/shm") }
  unlink(template)
  return (descriptor, "/proc/self/fd/\(descriptor)")
}()

private func open(_ bytes: [UInt8]) -> ByteSource {
  guard ftruncate(file.descriptor, 0) == 0,
    pwrite(file.descriptor, bytes, bytes.count, 0) == bytes.count,
    lseek(file.descriptor, 0, SEEK_SET) == 0
  else { fatalError("/dev/shm is full") }
  return ByteSource(descriptor: dup(file.descriptor), name: "input")
}

/// Checks and sums statistics and computes a head, as a server does.
private func use(_ archive: ModelArchive) throws(FedMedError) {
  guard case .sum(let method) = try archive.method().server else { return }
  var totals = archive.totals
  if totals.isEmpty {
    guard archive.tensors.map(\.name) == method.sent.map(\.name) else { return }
    for tensor in archive.tensors { totals.append(try IntegerTensor(tensor)) }
  }
  let noise = archive.manifest.noise
  try method.check(totals, samples: archive.manifest.samples ?? 0, noise: noise)
  _ = try method.model(of: totals, noise: noise)
}

/// Decoders that read the file of the current input, each time from another place in it, because they keep
/// the last file open.
private final class Decoders: Sendable {
  let spool: StagingFile
  let pool: DecoderPool

  init(program: String) {
    guard let spool = try? StagingFile() else { fatalError("no temporary file") }
    self.spool = spool
    pool = DecoderPool(program: program, spool: spool)
  }

  static let shared = Decoders(
    program: getenv("FEDMED_DECODER").map { String(cString: $0) } ?? "fm-extract")

  func place(of bytes: [UInt8]) throws(FedMedError) -> FilePlace {
    let start = (spool.size / 65536 + 1) % (1 << 20) * 65536
    try spool.truncate(to: 0)
    try spool.truncate(to: start)
    try spool.append(bytes)
    return .spooled(start: start, size: bytes.count)
  }
}

/// Shows a frame, unless it is large.
private func show(_ frame: Int, _ decoded: DecoderPool.Frame) throws(FedMedError) {
  let image = try FrameImage(decoded, index: frame)
  guard image.rows * image.columns < 1 << 20 else { return }
  _ = try image.raster([.header])
}

private typealias Reader = @Sendable ([UInt8]) throws(FedMedError) -> Void

private let readers: [String: Reader] = [
  "archive": { bytes throws(FedMedError) in
    let reader = try ArchiveReader(open(bytes), kinds: Manifest.Kind.allCases)
    switch reader.manifest.kind {
    case .features: _ = try FeatureSet(reader)
    case .model, .update: try use(ModelArchive(reader))
    case .state: _ = try StateArchive(reader)
    case .report: _ = try SiteReport(reader)
    case .predictions: try PredictionArchive.verify(reader)
    case .server: _ = try ServerState(reader)
    case .keys, .shares, .delivery, .masked, .revealed: try reader.verify()
    case .sites, .agreement, .confirmation:
      // These are read from paths, because they contain files.
      let sites = try SecureSites(path: file.path, signers: nil)
      _ = try SecureAgreement(path: file.path, sites: sites)
      _ = try SecureConfirmation(path: file.path, sites: sites, signers: nil)
    }
  },
  "manifest": { bytes throws(FedMedError) in
    let manifest = try Manifest(json: bytes)
    // An accepted manifest must be equal after it is written and read again.
    guard try Manifest(json: manifest.bytes) == manifest else {
      fatalError("the manifest differs after writing")
    }
  },
  "npy": { bytes throws(FedMedError) in
    let length = try ArrayHeader.length(prefix: Array(bytes.prefix(10)))
    guard length <= bytes.count else { return }
    let header = try ArrayHeader(bytes: Array(bytes[..<length]))
    _ = header.count
  },
  "report": { bytes throws(FedMedError) in
    let report: Report = try JSON.decodeExactly(bytes, place: "metrics.json", limits: .report) {
      (report: Report) in report.json
    }
    try report.validate(classes: 3, file: "input")
    if let details = report.final?.details {
      let pictures = ResultPictures(
        details: details, sites: [(details, report.minimum)], names: ["a", "b", "c"], id: "x",
        subject: "y")
      _ = (pictures.figures, pictures.confusion)
      _ = details.values
    }
  },
  "safetensors": { bytes throws(FedMedError) in
    _ = open(bytes)
    let tensors = try SafeTensors(path: file.path)
    for name in tensors.names.prefix(20) { _ = tensors.shape(of: name) }
  },
  "ledger": { bytes throws(FedMedError) in
    let ledger = try PrivacyLedger(json: bytes, file: "input")
    guard try PrivacyLedger(json: Array((ledger.json.text + "\n").utf8), file: "input") == ledger
    else { fatalError("the ledger differs after writing") }
  },
  "secrets": { bytes throws(FedMedError) in
    _ = try SecureSecrets(json: bytes, file: "input").json
  },
  "preprocessor": { bytes throws(FedMedError) in
    _ = open(bytes)
    let preprocessing = try Preprocessing(CheckpointConfig(path: file.path))
    _ = (preprocessing.canonicalText, preprocessing.colors)
  },
  "spiece": { bytes throws(FedMedError) in
    _ = open(bytes)
    let tokenizer = try SentencePieceTokenizer(
      SentencePieceModel(path: file.path), length: 8, path: "input")
    guard try tokenizer.encode("A ﬁne tumör, ½ of 胸部 </s>x").tokens.count == 8 else {
      fatalError("a text has another number of tokens")
    }
  },
  "tokenizer": { bytes throws(FedMedError) in
    _ = open(bytes)
    let tokenizers = try TokenizerFile(path: file.path)
    let text = "A ﬁne tumör, ½ of 胸部 </s>x<eos>[CLS]"
    if tokenizers.kind == "WordPiece" {
      _ = try WordPieceTokenizer(tokenizers, length: 8).encode(text)
    } else {
      _ = try SentencePieceTokenizer(tokenizers, length: 8).encode(text)
    }
  },
  "dicom": { bytes throws(FedMedError) in
    let (pool, place) = (Decoders.shared.pool, try Decoders.shared.place(of: bytes))
    let elements = try pool.header(place)
    guard
      case .image(let image) = try IndexedFile.read(
        elements, name: "input", place: place, mark: "", size: bytes.count, start: [])
    else { return }
    let layout = try PixelLayout(elements)
    guard layout.rows * layout.columns < 1 << 22 else { return }
    for frame in image.frames.indices.prefix(2) { try show(frame, pool.frame(frame, of: place)) }
  },
  "answer": { bytes throws(FedMedError) in
    var offset = 0
    let answer = DecoderAnswer(most: (header: 1 << 16, pixels: 1 << 16)) { count in
      guard count <= bytes.count - offset else { return nil }
      defer { offset += count }
      return Array(bytes[offset..<offset + count])
    }
    guard let answer, !answer.isFailure else { return }
    let elements = try DICOMElements(records: answer.header)
    let place = FilePlace.path("input")
    guard
      case .image(let file) = try IndexedFile.read(
        elements, name: "input", place: place, mark: "", size: bytes.count, start: [])
    else { return }
    _ = SliceOrder.slices([file])
    try show(
      0, DecoderPool.Frame(elements: elements, samples: answer.samples, pixels: answer.pixels))
  },
  "labels": { bytes throws(FedMedError) in
    let table = try LabelTable(
      text: DelimitedText.text(bytes), key: .path, label: "label", file: "input")
    _ = table.remarks
  },
  "table": { bytes throws(FedMedError) in
    _ = try Table(text: open(bytes).text(limit: 1 << 20), file: "input")
  },
  "predictions": { bytes throws(FedMedError) in
    let table = try PredictionTable(open(bytes), group: nil, keepsNames: true)
    let all = try LabeledProbabilities(
      classes: table.classes.count, values: table.values, labels: table.labels, file: "input")
    _ = ScoreList(all, names: table.classes)
  },
]

private let reader: Reader = {
  let name = getenv("FEDMED_READER").map { String(cString: $0) } ?? ""
  guard let reader = readers[name] else {
    fatalError("FEDMED_READER must be one of \(readers.keys.sorted().joined(separator: ", "))")
  }
  return reader
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do throws(FedMedError) {
    try reader(Array(UnsafeBufferPointer(start: data, count: count)))
  } catch {
    // An error must have one line, and must not be an internal one.
    if error.code == .internalError || error.description.contains("\n") { fatalError("\(error)") }
  }
  return 0
}
