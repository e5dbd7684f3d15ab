/// Conversion of a checkpoint's numbers to single precision.
enum HalfPrecision {
  /// Converts all elements in `data` to floats in `target`, which must have as many elements.
  static func expand(
    _ data: UnsafeRawBufferPointer, _ element: SafeTensors.Element,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    switch element {
    case .float32:
      UnsafeMutableRawBufferPointer(target).copyMemory(from: data)
    case .float16:
      for i in 0..<target.count {
        target[i] = Float(data.loadUnaligned(fromByteOffset: 2 * i, as: Float16.self))
      }
    case .bfloat16:
      for i in 0..<target.count {
        let bits = data.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
        target[i] = Float(bitPattern: UInt32(bits) << 16)
      }
    }
  }
}
