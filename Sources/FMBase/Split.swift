/// The part of a site's data that a sample is for.
public enum Split: String, CaseIterable, Codable, Sendable {
  case train, validation, test
}
