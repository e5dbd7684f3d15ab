import ArgumentParser
import FedMed

/// The options for the hyper-parameters of a run: one for each that a method declares.
///
/// The argument parser finds options by reflection. The options of this type are not properties;
/// its custom mirror lists them.
struct RunOptions: ParsableArguments, CustomReflectable {
  /// The values that were given, by key.
  private(set) var given: [String: HyperParameterScalar] = [:]

  private var texts: [String: String] = [:]

  init() {}

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    for declaration in Self.declarations {
      let key = Key(stringValue: declaration.key)
      texts[declaration.key] = try container.decode(Option<String?>.self, forKey: key).wrappedValue
    }
  }

  mutating func validate() throws {
    for declaration in Self.declarations {
      guard let text = texts[declaration.key] else { continue }
      guard let scalar = declaration.domain.scalar(text), declaration.domain.contains(scalar) else {
        throw ValidationError("--\(declaration.option) must be \(declaration.domain.text)")
      }
      given[declaration.key] = scalar
    }
  }

  /// The hyper-parameters of a run with `method`.
  /// - Throws: `usage` if an option has no effect with the method.
  func values(of method: MethodDefinition) throws(FedMedError) -> HyperParameters {
    do throws(FedMedError) {
      let base = given[Methods.base.key].flatMap { String($0) }
      let own = try method.parameters(base: base)
      let odd = Self.declarations.first { declaration in
        given[declaration.key] != nil && !own.contains { $0.key == declaration.key }
      }
      guard odd == nil else {
        let full = [
          method.name, method.isWrapper ? "--base \(base ?? Methods.base.defaultValue)" : "",
        ]
        throw FedMedError(
          .usage,
          "--\(odd?.option ?? "") has no effect with --method "
            + full.filter { !$0.isEmpty }.joined(separator: " "))
      }
      let values = try method.values(given: given)
      // Some values cannot be combined, whatever the sizes.
      _ = try method.make(MethodSetting(dimension: 2, classes: 2), values)
      return values
    } catch {
      throw FedMedError(.usage, error.description, hint: error.hint)
    }
  }

  /// Whether all given options are for hyper-parameters that only the server uses.
  var isServers: Bool {
    Self.declarations.allSatisfy { $0.isServers || given[$0.key] == nil }
  }

  /// The list of those options in messages.
  static var serverOptions: String {
    declarations.filter(\.isServers).map { "--\($0.option)" }.joined(separator: " and ")
  }

  var customMirror: Mirror {
    Mirror(
      self,
      children: Self.declarations.map { declaration in
        var completion: CompletionKind?
        if case .names(let names) = declaration.domain { completion = .list(names) }
        return (
          label: "_\(declaration.key)",
          value: Option<String?>(
            name: .customLong(declaration.option),
            help: ArgumentHelp("\(Self.help(declaration))", valueName: Self.valueName(declaration)),
            completion: completion)
        )
      })
  }

  /// The hyper-parameters of all methods, each listed once.
  static let declarations: [any HyperParameterDeclaration] = {
    var result: [any HyperParameterDeclaration] = []
    for declaration in Methods.all.flatMap(\.ownParameters)
    where !result.contains(where: { $0.key == declaration.key }) {
      result.append(declaration)
    }
    return result
  }()

  /// The help of an option: its methods, unless all gradient methods have it, its description and
  /// its default.
  private static func help(_ declaration: any HyperParameterDeclaration) -> String {
    let owners = owners(declaration).map(\.name)
    let isCommon = Methods.gradient.allSatisfy { owners.contains($0.name) }
    return (isCommon ? "" : "With \(owners.joined(separator: ", ")): ")
      + (isCommon ? declaration.help : declaration.help.lowercasedFirst)
      .dropLast() + " (\(declaration.defaultScalar.text))."
  }

  /// The methods that have the hyper-parameter.
  static func owners(_ declaration: any HyperParameterDeclaration) -> [MethodDefinition] {
    Methods.all.filter { method in
      method.ownParameters.contains { $0.key == declaration.key }
    }
  }

  private static func valueName(_ declaration: any HyperParameterDeclaration) -> String {
    if case .names(let names) = declaration.domain { return names.joined(separator: "|") }
    return "number"
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
