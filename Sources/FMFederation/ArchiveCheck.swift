import FMArchive
import FMBase
import FMMethods
import FMReports

/// Verifies any archive from its first byte to its last, and what is in it.
public enum ArchiveCheck {
  /// - Returns: what the archive is.
  /// - Throws: what is wrong with it.
  public static func check(
    path: String
  ) throws(FedMedError) -> (manifest: Manifest, identity: String) {
    let reader = try ArchiveReader(path: path, kinds: Manifest.Kind.allCases)
    switch reader.manifest.kind {
    case .features: _ = try FeatureSet(reader)
    case .model, .update: _ = try ModelArchive(reader)
    case .state: _ = try StateArchive(reader)
    case .server: _ = try ServerState(reader)
    case .report: _ = try SiteReport(reader)
    case .predictions: try PredictionArchive.verify(reader)
    }
    return (reader.manifest, reader.identity)
  }
}
