import FMArchive
import FMBase

/// What a server decided about the files of a round: a line for each, and before them one for what was made
/// of them and how, where anything was. With the files of those checksums the model can be made again, and
/// compared by its identity.
public struct RoundAudit {
  public static let columns = [
    "decision", "round", "site", "samples", "identity", "sha256", "signer", "file", "reason",
  ]

  /// Cells by `columns`.
  public private(set) var rows: [[JSON]] = []

  public init() {}

  /// The model.
  /// - Parameters:
  ///   - settings: how it was made, as a reader should see it.
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

  public mutating func add(accepted update: FederatedRound.Update) {
    add("accepted", update.manifest, update.identity, update.seal, update.name, nil)
  }

  /// An update that was subtracted from a sum.
  public mutating func add(removed update: FederatedRound.Update) {
    add("removed", update.manifest, update.identity, update.seal, update.name, nil)
  }

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
