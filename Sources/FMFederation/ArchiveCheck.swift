import FMArchive
import FMBase
import FMMethods
import FMReports

/// Verification of a whole archive of any kind, including its content.
public enum ArchiveCheck {
  /// Verifies the archive at `path`.
  /// - Returns: its manifest and identity.
  /// - Throws: `noInput` if the file cannot be opened; `badData` with the first error found;
  ///   `ioError` if reading fails.
  public static func check(
    path: String
  ) throws(FedMedError) -> (manifest: Manifest, identity: String) {
    let reader = try ArchiveReader(path: path, kinds: Manifest.Kind.allCases)
    switch reader.manifest.kind {
    case .features: _ = try FeatureSet(reader)
    case .model, .update: _ = try ModelArchive(reader)
    case .state: _ = try StateArchive(reader)
    case .server: _ = try ServerState(reader)
    case .keys, .sites, .shares, .delivery, .masked, .agreement, .confirmation, .revealed:
      try reader.verify()
    case .report: _ = try SiteReport(reader)
    case .predictions: try PredictionArchive.verify(reader)
    }
    return (reader.manifest, reader.identity)
  }
}
