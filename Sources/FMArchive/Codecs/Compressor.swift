import FMBase
import FMNumerics

/// Writes a model or an update in another codec, or back in single precision.
public enum Compressor {
  /// What leaves a site or a server, and may be packed for it.
  public static let kinds: [Manifest.Kind] = [.model, .update]

  /// Encodes an archive. Without loss it stays the archive that it is; with loss it becomes a new
  /// one, which names where it comes from.
  /// - Returns: how many bytes were written.
  public static func encode(
    _ archive: ModelArchive, codec: any Codec.Type, filter: Filter, tool: String,
    to descriptor: Int32, file: String
  ) throws(FedMedError) -> Int {
    var (manifest, coding) = (archive.manifest, archive.coding)
    if let coded = coding.codec, coded != codec.name {
      throw FedMedError(
        .badData, "is written as \(coded), which \(codec.name) cannot undo", file: archive.name,
        hint: "decode it first")
    }
    let isExact = try archive.method().isExact
    guard codec.isLossless || !isExact else {
      throw FedMedError(
        .usage, "\(codec.name) loses numbers that \(archive.run.method) needs", file: archive.name,
        hint: "\(Float32Codec.name) keeps them")
    }
    if coding.codec == nil && !codec.isLossless {
      manifest.tool = tool
      coding = Manifest.Coding(codec: codec.name, encodedFrom: archive.identity)
      manifest.payload = manifest.payload.coded(coding)
    }
    return try write(archive, manifest, coding, filter: filter, to: descriptor, file: file)
  }

  /// Decodes an archive: single precision, with the coded values, and no filter.
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
  /// The same of a model or an update whose numbers are written in another way.
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
