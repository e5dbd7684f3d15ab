import FMCommand
import FedMed

extension TrainLocal {
  /// The table of losses and validation accuracy of a round.
  func records(_ round: SiteRound) -> Records {
    var records = Records(
      "epochs",
      columns: ["site", "round", "epoch", "steps", "loss"]
        + (round.epochs.first?.losses.terms.map(\.name) ?? [])
        + ["validation_correct", "validation_total"])
    func counts(_ validation: (correct: Int, total: Int)?) -> [JSON] {
      [
        validation.map { .integer($0.correct) } ?? .null,
        validation.map { .integer($0.total) } ?? .null,
      ]
    }
    let name: [JSON] = [.string(round.site), .integer(round.round)]
    // A method without epochs has a single row, with its validation accuracy.
    if round.epochs.isEmpty {
      records.add(name + [.null, .null, .null] + counts(round.validation))
    }
    for (index, epoch) in round.epochs.enumerated() {
      // Validation follows the last epoch.
      let isLast = index == round.epochs.count - 1
      let losses: [JSON] = [
        .integer(index + 1), .integer(epoch.steps), .number(epoch.losses.total),
      ]
      records.add(
        name + losses + epoch.losses.terms.map { .number($0.value) }
          + counts(isLast ? round.validation : nil))
    }
    return records
  }
}
