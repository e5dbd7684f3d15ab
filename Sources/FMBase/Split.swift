/// The part of a site's data that a sample belongs to.
public enum Split: String, CaseIterable, Codable, Sendable {
  /// `train` to fit, `validation` to choose and calibrate, `test` to evaluate.
  case train, validation, test
}
