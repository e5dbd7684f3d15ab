import FMBase
import FMMethods
import FMReports

/// All settings of the run: those of fm-federate and the hyper-parameters.
struct SettingsSection {
  let run: RunReport

  var html: String { HTML.section("settings", "Settings", settings + parameters) }

  private var settings: String {
    let rows = run.settings.map { [HTML.Cell($0.name), HTML.Cell($0.value, isText: true)] }
    return rows.isEmpty
      ? "" : HTML.table("Settings of fm-federate", ["setting", "value"], rows)
  }

  private var parameters: String {
    let values = run.model.run.parameters
    let base = run.definition?.isWrapper == true ? values[Methods.base] : nil
    let declarations = (try? run.definition?.parameters(base: base)) ?? []
    guard case .object(let members) = values.json else { return "" }
    let rows = members.map { member -> [HTML.Cell] in
      let help = declarations.first { $0.key == member.key }?.help ?? ""
      return [
        HTML.Cell(member.key), HTML.Cell(member.value.line, isText: true),
        HTML.Cell(help, isText: true),
      ]
    }
    return rows.isEmpty
      ? ""
      : HTML.table(
        "Hyper-parameters of \(run.model.run.method)", ["name", "value", "meaning"], rows)
  }
}
