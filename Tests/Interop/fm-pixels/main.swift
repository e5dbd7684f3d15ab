// Prints the pixels of a frame of a DICOM file, for comparison with other software.
//
// usage: fm-pixels FILE FRAME [RANGE]   the frame from 0; the range header or full
//
// The first line is `gray`, `color` or `none`, height and width, or the reason. Gray is followed by the brightness of
// each pixel, 0 to 1, as 64-bit floats; color by red, green and blue as bytes.
import FMSeries
import FedMed
import Glibc

if CommandLine.arguments.first == DecoderService.name { DecoderService.serve() }
let arguments = CommandLine.arguments
guard arguments.count >= 3, let frame = Int(arguments[2]) else { exit(64) }

func put(_ bytes: [UInt8]) {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    guard count > 0 else { exit(74) }
    rest = rest.dropFirst(count)
  }
}

do throws(FedMedError) {
  let decoded = try DecoderPool().frame(frame, of: .path(arguments[1]))
  let image = try FrameImage(decoded, index: frame)
  if image.isGray {
    let gray = try image.brightness(arguments.count > 3 && arguments[3] == "full" ? .full : .header)
    put(Array("gray \(image.rows) \(image.columns)\n".utf8))
    put(gray.withUnsafeBytes { Array($0) })
  } else {
    let colors = try image.colors()
    put(Array("color \(image.rows) \(image.columns)\n".utf8))
    put(colors)
  }
} catch {
  put(Array("none \(error)\n".utf8))
}
