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
    var manifest = archive.manifest
    if let coded = manifest.codec, coded != codec.name {
      throw FedMedError(
        .badData, "is written as \(coded), which \(codec.name) cannot undo", file: archive.name,
        hint: "fm-compress -d decodes it")
    }
    if manifest.codec == nil && !codec.isLossless {
      manifest.tool = tool
      manifest.codec = codec.name
      manifest.encodedFrom = archive.identity
    }
    return try write(archive, manifest, filter: filter, to: descriptor, file: file)
  }

  /// Decodes an archive: single precision, with the coded values, and no filter.
  public static func decode(
    _ archive: ModelArchive, tool: String, to descriptor: Int32, file: String
  ) throws(FedMedError) -> Int {
    var manifest = archive.manifest
    if manifest.codec != nil {
      manifest.tool = tool
      manifest.codec = nil
    }
    return try write(archive, manifest, filter: .none, to: descriptor, file: file)
  }

  private static func write(
    _ archive: ModelArchive, _ manifest: Manifest, filter: Filter, to descriptor: Int32,
    file: String
  ) throws(FedMedError) -> Int {
    let type = try manifest.codec.map { name throws(FedMedError) in try Codecs.named(name) }
    let writer = try ArchiveWriter()
    do throws(FedMedError) {
      try writer.add(archive.tensors, as: type?.elementType ?? .float32)
    } catch {
      throw error.naming(file: archive.name)
    }
    return try writer.finish(
      manifest, verbatim: manifest == archive.manifest ? archive.manifestBytes : nil,
      filter: filter, to: descriptor, file: file
    ).bytes
  }
}
