/// A score of all classes together, by the name it has in tables and in `--require`.
public enum Score: String, CaseIterable, Sendable {
  case accuracy
  case balancedAccuracy = "balanced_accuracy"
  case macroF1 = "macro_f1"
  case macroPrecision = "macro_precision"
  case macroRecall = "macro_recall"
  case macroSpecificity = "macro_specificity"
  case macroAUC = "macro_auc"
  case macroAveragePrecision = "macro_average_precision"
  case logLoss = "log_loss"
  case brier
  case calibrationError = "ece"
  case cohenKappa = "cohen_kappa"
  case matthews

  /// What it can be.
  public var range: ClosedRange<Double> {
    switch self {
    case .logLoss: 0...100
    case .brier: 0...2
    case .cohenKappa, .matthews: -1...1
    default: 0...1
    }
  }

  /// Whether it is read in percent.
  public var isShare: Bool {
    switch self {
    case .logLoss, .brier, .cohenKappa, .matthews: false
    default: true
    }
  }

  /// Whether it is made of the classes' own scores or counts, and so lacks those that a report hides.
  public var isMeanOverClasses: Bool {
    switch self {
    case .accuracy, .logLoss, .brier, .calibrationError: false
    default: true
    }
  }

  /// Its key in metrics.json.
  package var key: String { "\(self)" }
}
