import FMBase

/// The shares of one site's secrets for one receiver: of the masking key and the seed of every
/// round, sealed so that only the receiver can read them.
package enum ShareMessage {
  /// The shares of one round, both at the receiver's point.
  package struct Round: Equatable, Sendable {
    package let maskingKey: [UInt8]
    package let seed: [UInt8]
  }

  /// Splits a site's secrets and seals the shares for each other site.
  /// - Returns: one sealed message per site of the list, in its order; empty for the site itself,
  ///   whose own shares are the second result.
  /// - Throws: `refused` for a forged list, `badData` for a key of small order, `ioError` if there
  ///   are no random bytes.
  package static func messages(
    of secrets: SiteSecrets, list: SiteList, random: inout some RandomSource
  ) throws(FedMedError) -> (sealed: [[UInt8]], own: [Round]) {
    let sender = try secrets.index(in: list)
    let count = list.entries.count
    var plain = [[Round]](repeating: [], count: count)
    for round in secrets.rounds {
      let threshold = list.parameters.threshold
      let keys = try SecretSharing.split(
        round.masking.privateKey, count: count, threshold: threshold, random: &random)
      let seeds = try SecretSharing.split(
        round.seed, count: count, threshold: threshold, random: &random)
      for receiver in 0..<count {
        plain[receiver].append(
          Round(maskingKey: keys[receiver].bytes, seed: seeds[receiver].bytes))
      }
    }
    var sealed: [[UInt8]] = []
    for receiver in 0..<count {
      guard receiver != sender else {
        sealed.append([])
        continue
      }
      let (key, context) = try Self.key(
        secrets.encryption, sender: sender, receiver: receiver, isSender: true, list)
      sealed.append(
        try SealedMessage.seal(
          plain[receiver].flatMap { $0.maskingKey + $0.seed }, key: key, context: context,
          random: &random))
    }
    return (sealed, plain[sender])
  }

  /// Opens a message to a site.
  /// - Throws: `badData` if it was not sealed by the sender on the list, for this site, run and
  ///   list; `refused` for a forged list.
  package static func open(
    _ sealed: [UInt8], from sender: Int, secrets: SiteSecrets, list: SiteList
  ) throws(FedMedError) -> [Round] {
    let receiver = try secrets.index(in: list)
    let (key, context) = try Self.key(
      secrets.encryption, sender: sender, receiver: receiver, isSender: false, list)
    let bytes = try SealedMessage.open(sealed, key: key, context: context)
    guard bytes.count == 2 * KeyPair.size * list.rounds else {
      throw FedMedError(.badData, "shares for another number of rounds")
    }
    return rounds(bytes)
  }

  /// The shares of each round in an opened message.
  package static func rounds(_ bytes: [UInt8]) -> [Round] {
    let size = KeyPair.size
    return stride(from: 0, to: bytes.count - 2 * size + 1, by: 2 * size).map { start in
      Round(
        maskingKey: Array(bytes[start..<start + size]),
        seed: Array(bytes[start + size..<start + 2 * size]))
    }
  }

  /// The key of one direction between two sites, and the context that its message is bound to.
  private static func key(
    _ own: KeyPair, sender: Int, receiver: Int, isSender: Bool, _ list: SiteList
  ) throws(FedMedError) -> (key: [UInt8], context: [UInt8]) {
    let other = list.entries[isSender ? receiver : sender].encryptionKey
    let context = Array(
      Statement.text(
        "shares",
        [
          ("run", .string(list.run)), ("list", Statement.hexadecimal(list.hash)),
          ("sender", .string(list.entries[sender].site)),
          ("receiver", .string(list.entries[receiver].site)),
        ]
      ).utf8)
    let secret = try own.secret(with: other)
    return (KeyDerivation.key(from: secret, info: context), context)
  }
}
