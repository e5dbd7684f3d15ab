import ArgumentParser
import FMCommand
import FedMed

/// The options for the reports of several sites, and for verifying their signatures.
struct ReportOptions: ParsableArguments {
  @OptionGroup var signatures: SignatureOptions

  @Argument(help: "The sites' reports; - is standard input.", completion: .file())
  var reports: [String] = []

  /// Reads the reports; with allowed signers, those that are signed by their site.
  /// - Throws: `usage` if there are none or a signed one is not a file; `noInput` or `badData` if
  ///   one cannot be read; `tryAgain` if all were discarded.
  func read(_ messages: Messages) throws(FedMedError) -> [SiteReport] {
    guard !reports.isEmpty else { throw FedMedError(.usage, "no reports given") }
    guard let signers = try signatures.allowed() else {
      return try reports.map { path throws(FedMedError) in try SiteReport(path: path) }
    }
    guard !reports.contains("-") else {
      throw FedMedError(.usage, "--allowed-signers requires files, not standard input")
    }
    // A report that is not signed by its site is discarded, like an update.
    var result: [SiteReport] = []
    for path in reports {
      do throws(FedMedError) {
        result.append(try signers.report(path: path))
      } catch {
        guard error.code == .badData || error.code == .refused else { throw error }
        messages.report(error, as: .discarded)
      }
    }
    guard !result.isEmpty else { throw FedMedError(.tryAgain, "all reports were discarded") }
    return result
  }

  /// Discards a report that does not belong to the others, if reports must be signed.
  /// - Throws: `error` if they need not be signed.
  func discard(_ error: FedMedError, _ messages: Messages) throws(FedMedError) {
    guard signatures.allowedSigners != nil else { throw error }
    messages.report(error, as: .discarded)
  }
}
