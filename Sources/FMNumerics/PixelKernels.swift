import CProducts

/// For each position of a resized image: the first source position, the number of source positions, and
/// their weights in fixed-point arithmetic.
package struct ResizingTaps {
  /// The number of bits behind the point.
  package static let bits: Int32 = 22

  package var starts: [Int] = []
  package var counts: [Int] = []
  /// `stride` weights for each position, as many as the widest filter needs.
  package var weights: [Int32] = []
  package var stride = 0

  /// Creates taps for no position.
  package init() {}

  /// Whether all source positions are below `size`.
  fileprivate func isInside(_ size: Int) -> Bool {
    starts.count == counts.count && weights.count == starts.count * stride
      && zip(starts, counts).allSatisfy { $0 >= 0 && $1 >= 0 && $1 <= stride && $0 + $1 <= size }
  }
}

/// The passes of resizing an image of 8-bit red, green and blue, each rounded to 8 bits.
package enum PixelKernels {
  /// Resizes rows of `width` pixels to `newWidth`.
  package static func resizeAcross(
    _ source: [UInt8], rows: Int, width: Int, into target: inout [UInt8], newWidth: Int,
    taps: ResizingTaps
  ) {
    precondition(source.count == 3 * rows * width && target.count == 3 * rows * newWidth)
    precondition(taps.starts.count == newWidth && taps.isInside(width))
    rows_resize_across(
      source, &target, rows, width, newWidth, taps.starts, taps.counts, taps.weights, taps.stride,
      ResizingTaps.bits)
  }

  /// Resizes columns of `rowBytes` bytes each to `newHeight` rows.
  package static func resizeDown(
    _ source: [UInt8], rowBytes: Int, into target: inout [UInt8], newHeight: Int,
    taps: ResizingTaps
  ) {
    precondition(source.count % rowBytes == 0 && target.count == rowBytes * newHeight)
    precondition(
      taps.starts.count == newHeight && taps.isInside(source.count / rowBytes))
    rows_resize_down(
      source, &target, rowBytes, newHeight, taps.starts, taps.counts, taps.weights, taps.stride,
      ResizingTaps.bits)
  }
}
