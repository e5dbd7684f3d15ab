import FMBase

/// The sizes of a secure sum over n sites: how many may collude with the server, and how many must
/// answer (Bonawitz et al., CCS 2017, arXiv 1611.04482, with an active server).
package struct SecureParameters: Equatable, Sendable {
  /// n, the number of sites on the list.
  package let sites: Int
  /// t = ⌊2n/3⌋ + 1: this many shares recover a secret, and this many sites must answer in each
  /// step.
  package let threshold: Int
  /// c = max(1, ⌈n/3⌉ − 1): this many sites may collude with the server and still learn only the
  /// sum of the others.
  package let colluding: Int

  /// The parameters for n sites.
  ///
  /// 2t > n + c keeps a server with c colluding sites from having two different sets of sites
  /// confirmed for one round; t − c ≥ 2 keeps at least two honest sites in every sum.
  /// - Throws: `usage` if no threshold protects so few sites, or there are more than secret sharing
  ///   has points for.
  package init(sites: Int) throws(FedMedError) {
    guard sites <= SecretSharing.maxShares else {
      throw FedMedError(
        .usage, "secure aggregation of \(sites) sites (at most \(SecretSharing.maxShares))")
    }
    self.sites = sites
    colluding = max(1, (sites + 2) / 3 - 1)
    threshold = 2 * sites / 3 + 1
    guard 2 * threshold > sites + colluding, threshold - colluding >= 2 else {
      throw FedMedError(
        .usage, "secure aggregation requires at least 3 sites, found \(sites)",
        hint: "the sum of two sites tells each of them the other's update")
    }
  }
}
