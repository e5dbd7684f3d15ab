/// A score over all classes. Raw values are the names in tables and in `--require`.
public enum Score: String, CaseIterable, Sendable {
  /// The share of correct predictions.
  case accuracy
  /// The mean recall over the classes that occur as truth.
  case balancedAccuracy = "balanced_accuracy"
  /// The mean F1 score over the classes.
  case macroF1 = "macro_f1"
  /// The mean precision over the classes.
  case macroPrecision = "macro_precision"
  /// The mean recall over the classes.
  case macroRecall = "macro_recall"
  /// The mean specificity over the classes.
  case macroSpecificity = "macro_specificity"
  /// The mean area under the ROC curve of each class against the rest.
  case macroAUC = "macro_auc"
  /// The mean average precision over the classes.
  case macroAveragePrecision = "macro_average_precision"
  /// The mean negative log probability of the true class.
  case logLoss = "log_loss"
  /// The Brier score.
  case brier
  /// The expected calibration error.
  case calibrationError = "ece"
  /// Cohen's κ.
  case cohenKappa = "cohen_kappa"
  /// Matthews' correlation coefficient.
  case matthews

  /// The range of its values.
  public var range: ClosedRange<Double> {
    switch self {
    case .logLoss: 0...100
    case .brier: 0...2
    case .cohenKappa, .matthews: -1...1
    default: 0...1
    }
  }

  /// Whether it is a share, which tables show in percent.
  public var isShare: Bool {
    switch self {
    case .logLoss, .brier, .cohenKappa, .matthews: false
    default: true
    }
  }

  /// Whether it is an average of class scores, and therefore omits the classes that a report hides.
  public var isMeanOverClasses: Bool {
    switch self {
    case .accuracy, .logLoss, .brier, .calibrationError: false
    default: true
    }
  }

  /// Its key in `metrics.json`.
  package var key: String { "\(self)" }
}
