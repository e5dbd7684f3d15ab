import FMArchive
import FMBase

/// The audit log of a round: one line for each file with the server's decision, preceded by one for
/// the model, if any, and its settings. From the files with those checksums the model can be
/// recomputed and compared by its identity.
public struct RoundAudit {
  /// The column names.
  public static let columns = [
    "decision", "round", "site", "samples", "identity", "sha256", "signer", "file", "reason",
  ]

  /// The cells of each row, in the order of `columns`.
  public private(set) var rows: [[JSON]] = []

  /// Creates an empty log.
  public init() {}

  /// Adds the line of the model.
  /// - Parameters:
  ///   - identity: the identity of the model.
  ///   - updates: the updates it was aggregated from.
  ///   - settings: the settings of the aggregation, in readable form.
  public mutating func add(
    model identity: String, of updates: [FederatedRound.Update], settings: [String]
  ) {
    let first = updates.first?.payload
    rows.append([
      .string("model"), Self.number(first?.round), .null,
      .integer(updates.reduce(0) { $0 + $1.samples }), .string(identity), .null, .null, .null,
      .string((settings + ["parent \(first?.parent ?? "")"]).joined(separator: ", ")),
    ])
  }

  /// Adds the line of a model that was made of masked updates.
  /// - Parameters:
  ///   - identity: the identity of the model.
  ///   - round: its round.
  ///   - samples: the number of samples in the sum; `nil` if it is secret.
  ///   - parent: the identity of the model from which the updates started.
  ///   - settings: the settings of the aggregation, in readable form.
  public mutating func add(
    model identity: String, round: Int, samples: Int?, parent: String, settings: [String]
  ) {
    rows.append([
      .string("model"), .integer(round), .null, Self.number(samples), .string(identity), .null,
      .null, .null, .string((settings + ["parent \(parent)"]).joined(separator: ", ")),
    ])
  }

  /// Adds a masked update, if it is one of the sum's inputs.
  /// - Throws: `noInput` if the file cannot be opened; `badData` if it is malformed; `ioError` if
  ///   reading fails.
  public mutating func add(
    masked path: String, of inputs: [Manifest.Input]
  ) throws(FedMedError) {
    let reader = try ArchiveReader(path: path, kinds: [.masked])
    guard inputs.contains(where: { $0.identity == reader.identity }) else { return }
    let checksum = try SHA256.hexadecimal(
      of: ByteSource(path: path), limit: ArchiveReader.fileLimit())
    add(
      "accepted", reader.manifest, reader.identity,
      FederatedRound.Seal(checksum: checksum, signer: nil), path, nil)
  }

  /// Adds an accepted update.
  public mutating func add(accepted update: FederatedRound.Update) {
    add("accepted", update.manifest, update.identity, update.seal, update.name, nil)
  }

  /// Adds an update that was subtracted from a sum.
  public mutating func add(removed update: FederatedRound.Update) {
    add("removed", update.manifest, update.identity, update.seal, update.name, nil)
  }

  /// Adds a refused file.
  public mutating func add(refused refusal: FederatedRound.Refusal) {
    add(
      "refused", refusal.manifest, refusal.identity, refusal.seal, refusal.name,
      refusal.error.reason)
  }

  private mutating func add(
    _ decision: String, _ manifest: Manifest?, _ identity: String?, _ seal: FederatedRound.Seal?,
    _ name: String, _ reason: String?
  ) {
    rows.append([
      .string(decision), Self.number(manifest?.round), Self.text(manifest?.site),
      Self.number(manifest?.samples), Self.text(identity), Self.text(seal?.checksum),
      Self.text(seal?.signer), .string(name), Self.text(reason),
    ])
  }

  private static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
  private static func number(_ value: Int?) -> JSON { value.map { .integer($0) } ?? .null }
}
