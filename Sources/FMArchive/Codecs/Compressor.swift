import FMBase
import FMNumerics

/// Converts models and updates to another codec, or back to single precision.
public enum Compressor {
  /// The kinds that can be encoded: those exchanged between sites and the server.
  public static let kinds: [Manifest.Kind] = [.model, .update]

  /// Encodes an archive. A lossless codec keeps the archive's identity; a lossy one makes a new
  /// archive, which names the original.
  /// - Returns: the number of bytes written.
  /// - Throws: `badData` if the archive already has another codec, or a value overflows half
  ///   precision; `usage` if a lossy codec is used for a method that requires exact numbers;
  ///   `ioError` if writing fails.
  public static func encode(
    _ archive: ModelArchive, codec: any Codec.Type, filter: Filter, tool: String,
    to descriptor: Int32, file: String
  ) throws(FedMedError) -> Int {
    var (manifest, coding) = (archive.manifest, archive.coding)
    if let coded = coding.codec, coded != codec.name {
      throw FedMedError(
        .badData, "already encoded as \(coded), cannot encode as \(codec.name)", file: archive.name,
        hint: "decode it first")
    }
    let isExact = try archive.method().isExact
    guard codec.isLossless || !isExact else {
      throw FedMedError(
        .usage, "\(codec.name) is lossy, \(archive.run.method) requires exact numbers",
        file: archive.name,
        hint: "use --codec \(Float32Codec.name)")
    }
    if coding.codec == nil && !codec.isLossless {
      manifest.tool = tool
      coding = Manifest.Coding(codec: codec.name, encodedFrom: archive.identity)
      manifest.payload = manifest.payload.coded(coding)
    }
    return try write(archive, manifest, coding, filter: filter, to: descriptor, file: file)
  }

  /// Decodes an archive to single precision, without compression. Values rounded by a lossy codec
  /// stay rounded.
  /// - Returns: the number of bytes written.
  /// - Throws: `ioError` if writing fails.
  public static func decode(
    _ archive: ModelArchive, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) -> Int {
    var (manifest, coding) = (archive.manifest, archive.coding)
    if coding.codec != nil {
      manifest.tool = tool
      coding.codec = nil
      manifest.payload = manifest.payload.coded(coding)
    }
    return try write(archive, manifest, coding, filter: .none, to: descriptor, file: file)
  }

  /// Writes an archive of any kind with another compression of the file, which does not change its
  /// identity.
  /// - Throws: `badData` if it is malformed, or its arrays are not stored as this tool stores them;
  ///   `ioError` if reading or writing fails.
  package static func repack(
    _ reader: ArchiveReader, filter: Filter, to descriptor: Int32, file: String
  ) throws(FedMedError) {
    let writer = try ArchiveWriter()
    while let member = try reader.next() {
      if member.dtype.size == nil {
        try writer.add(member, text: reader.bytes())
      } else {
        try writer.add(
          array: member.name, member.dtype, shape: member.shape, bytes: reader.bytes())
      }
    }
    try writer.finish(
      reader.manifest, verbatim: reader.manifestBytes, filter: filter, to: descriptor, file: file)
  }

  private static func write(
    _ archive: ModelArchive, _ manifest: Manifest, _ coding: Manifest.Coding, filter: Filter,
    to descriptor: Int32,
    file: String
  ) throws(FedMedError) -> Int {
    let writer = try ArchiveWriter()
    do throws(FedMedError) {
      try writer.add(archive.tensors, as: coding.elementType())
      for tensor in archive.totals { try writer.add(tensor) }
    } catch {
      throw error.naming(file: archive.name)
    }
    return try writer.finish(
      manifest, verbatim: manifest == archive.manifest ? archive.manifestBytes : nil,
      filter: filter, to: descriptor, file: file
    ).bytes
  }
}

extension Payload {
  /// The payload of a model or an update with another coding.
  fileprivate func coded(_ coding: Manifest.Coding) -> Payload {
    switch self {
    case .model(var model):
      model.coding = coding
      return .model(model)
    case .update(var update):
      update.coding = coding
      return .update(update)
    default: return self
    }
  }
}
