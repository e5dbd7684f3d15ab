import ArgumentParser
import FMCommand
import FedMed

/// Reports of several sites, each signed by its site where that is asked for.
struct ReportOptions: ParsableArguments {
  @OptionGroup var signatures: SignatureOptions

  @Argument(help: "The sites' reports; - is standard input.", completion: .file())
  var reports: [String] = []

  func read(_ messages: Messages) throws(FedMedError) -> [SiteReport] {
    guard !reports.isEmpty else { throw FedMedError(.usage, "no reports") }
    guard let signers = try signatures.allowed() else {
      return try reports.map { path throws(FedMedError) in try SiteReport(path: path) }
    }
    guard !reports.contains("-") else {
      throw FedMedError(.usage, "what is signed is a file, not a stream")
    }
    // What is not signed by the site that it names is left out, like an update.
    var result: [SiteReport] = []
    for path in reports {
      do throws(FedMedError) {
        result.append(try signers.report(path: path))
      } catch {
        guard error.code == .badData || error.code == .refused else { throw error }
        messages.leaveOut(error)
      }
    }
    guard !result.isEmpty else { throw FedMedError(.tryAgain, "no report is left") }
    return result
  }

  /// Of reports that must be signed, one that does not belong to the others is left out too.
  func leaveOut(_ error: FedMedError, _ messages: Messages) throws(FedMedError) {
    guard signatures.allowedSigners != nil else { throw error }
    messages.leaveOut(error)
  }
}
