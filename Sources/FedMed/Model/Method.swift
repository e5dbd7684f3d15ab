/// A federated method, by the name that archives give it, and what its archives hold.
public enum Method: String, Sendable {
  case fedmedclip

  /// An array's name, without `.npy`, and its shape.
  public typealias Layout = [(name: String, shape: [Int])]

  /// - Throws: `badData` where no method has that name.
  public init(named name: String) throws(FedMedError) {
    guard let method = Method(rawValue: name) else {
      throw FedMedError(.badData, "unknown method '\(printable(name))'")
    }
    self = method
  }

  /// What a model and an update hold: the arrays that leave a site, and nothing else.
  public func shared(dimension: Int) -> Layout {
    FeatureAdaptation.layout(dimension: dimension)
  }

  /// What a state holds, once for each classifier in it.
  public func local(dimension: Int, hidden: Int, classes: Int) -> Layout {
    LocalClassifier.layout(dimension: dimension, hidden: hidden, classes: classes)
  }
}

extension MaskedLinear {
  static func layout(name: String, inputs: Int, outputs: Int) -> Method.Layout {
    [
      ("\(name).weight", [outputs, inputs]), ("\(name).bias", [outputs]),
      ("\(name).threshold", [outputs]),
    ]
  }
}

extension BatchNorm {
  static func layout(name: String, channels: Int) -> Method.Layout {
    ["weight", "bias", "mean", "variance"].map { ("\(name).\($0)", [channels]) }
  }
}

extension FeatureAdaptation {
  static func layout(dimension: Int) -> Method.Layout {
    (1...2).flatMap {
      MaskedLinear.layout(name: "fam/layer\($0)", inputs: dimension, outputs: dimension)
    }
  }
}

extension LocalClassifier {
  static func layout(dimension: Int, hidden: Int, classes: Int) -> Method.Layout {
    let widths = [dimension, hidden, hidden, hidden, classes]
    var layout: Method.Layout = []
    for i in 1...4 {
      layout += MaskedLinear.layout(
        name: "mlp/layer\(i)", inputs: widths[i - 1], outputs: widths[i])
      if i < 4 { layout += BatchNorm.layout(name: "mlp/norm\(i)", channels: hidden) }
    }
    return layout
  }
}
