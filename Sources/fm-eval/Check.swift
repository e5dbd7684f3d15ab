import ArgumentParser
import FMCommand
import FedMed

/// Verifies archives and runs.
struct CheckVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Verify archives of any kind, or whole runs, and list their contents.",
    usage: "fm-eval check [options] ARCHIVE | RUN ...")

  @OptionGroup var signer: SignerOptions

  @OptionGroup var text: TextOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "Archives, or the folders of runs; - is standard input.", completion: .file())
  var archives: [String] = []

  func execute() throws(FedMedError) {
    guard !archives.isEmpty else { throw FedMedError(.usage, "no archives given") }
    var records = Records(
      "archives", columns: ["file", "kind", "round", "site", "samples", "identity"])
    var failure: FedMedError?
    let signers = try signer.signatures.allowed()
    guard signers == nil || !archives.contains("-") else {
      throw FedMedError(.usage, "--allowed-signers requires files, not standard input")
    }
    func add(_ file: String, _ manifest: Manifest, _ identity: String) {
      records.add([
        .string(file), .string(manifest.kind.rawValue),
        manifest.round.map { .integer($0) } ?? .null, manifest.site.map { .string($0) } ?? .null,
        manifest.samples.map { .integer($0) } ?? .null, .string(identity),
      ])
    }
    for path in archives {
      if Folder.isFolder(path) {
        let bar = progress("verifying rounds", total: nil)
        let run = try RunCheck(path: path) { bar.update($0) }
        bar.finish()
        for entry in run.entries { add("\(path)/\(entry.file)", entry.manifest, entry.identity) }
        for error in run.failures {
          if failure == nil { failure = error } else { messages.report(error) }
        }
        continue
      }
      do throws(FedMedError) {
        _ = try signers?.check(path: path, signer: signer.name)
        let (manifest, identity) = try ArchiveCheck.check(path: path)
        add(path, manifest, identity)
      } catch {
        // All archives are checked; the first failure is reported last, with the exit code.
        if failure == nil { failure = error } else { messages.report(error) }
      }
    }
    try write(records, text, inputs: archives)
    if let failure { throw failure }
  }
}
