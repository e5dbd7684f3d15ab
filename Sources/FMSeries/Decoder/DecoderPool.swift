import FMArchive
import FMBase
import FMEncoder
import Glibc
import Synchronization

/// Decoders in processes of their own, one for each thread that needs one.
public final class DecoderPool: Sendable {
  private let program: String
  private let spool: StagingFile?
  private let idle = Mutex<[DecoderProcess]>([])

  /// Creates a pool.
  /// - Parameters:
  ///   - program: the path of a program that calls ``DecoderService/serve()`` under the name of the
  ///     service.
  ///   - spool: the members of a tar archive, if the files are in one.
  package init(program: String = "/proc/self/exe", spool: StagingFile? = nil) {
    (self.program, self.spool) = (program, spool)
  }

  /// The first bytes of a file; none for a folder, pipe or device.
  /// - Throws: `noInput` or `ioError` if it cannot be read, without its name.
  func start(of place: FilePlace, count: Int) throws(FedMedError) -> [UInt8] {
    switch place {
    case .spooled(let start, let size):
      return try spool?.bytes(min(size, count), from: start) ?? []
    case .path(let path):
      guard ByteSource.isRegularFile(path) || !ByteSource.exists(path) else { return [] }
      do throws(FedMedError) {
        return try ByteSource(path: path).read(upTo: count)
      } catch {
        throw FedMedError(error.code, error.reason)
      }
    }
  }

  /// The size of a file in bytes; 0 if it is missing.
  func size(of place: FilePlace) -> Int {
    switch place {
    case .spooled(_, let size): return size
    case .path(let path):
      var status = stat()
      return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
  }

  /// A file's elements, and a frame of it.
  package struct Frame {
    let elements: DICOMElements
    let samples: DecodedSamples
    let pixels: [UInt8]
  }

  /// Reads a header.
  /// - Throws: `badData` or `noInput` if the file cannot be read, `ioError` if no decoder can be
  ///   started; without the file's name.
  package func header(_ place: FilePlace) throws(FedMedError) -> DICOMElements {
    try DICOMElements(records: ask(DecoderRequest(place, frame: nil)).header)
  }

  /// Decodes a frame.
  /// - Throws: as ``header(_:)``.
  package func frame(_ index: Int, of place: FilePlace) throws(FedMedError) -> Frame {
    let answer = try ask(DecoderRequest(place, frame: index))
    return Frame(
      elements: try DICOMElements(records: answer.header), samples: answer.samples,
      pixels: answer.pixels)
  }

  private func ask(_ request: DecoderRequest) throws(FedMedError) -> DecoderAnswer {
    let decoder: DecoderProcess
    if let waiting = idle.withLock({ $0.popLast() }) {
      decoder = waiting
    } else {
      decoder = try DecoderProcess(program: program, spool: spool?.descriptor)
    }
    // One that crashed is not used again.
    let answer = try decoder.ask(request)
    idle.withLock { $0.append(decoder) }
    guard !answer.isFailure else {
      let reason = printable(String(decoding: answer.header, as: UTF8.self))
      throw FedMedError(.badData, reason.isEmpty ? "cannot be decoded" : reason)
    }
    return answer
  }
}

/// A decoder in another process.
final class DecoderProcess: Sendable {
  private let socket: Int32
  private let process: pid_t

  /// The largest header and frame that are accepted, in bytes.
  private static let largest = (header: 1 << 28, pixels: ImageDecoder.largestBytes)

  /// This process's environment variables, with a single thread for OpenBLAS.
  private static let environment: [String] = {
    var (variables, place) = (["OPENBLAS_NUM_THREADS=1"], environ)
    while let variable = place.pointee {
      let text = String(cString: variable)
      if !text.hasPrefix("OPENBLAS_NUM_THREADS=") { variables.append(text) }
      place += 1
    }
    return variables
  }()

  /// Starts the process.
  /// - Throws: `ioError` if it cannot be started.
  init(program: String, spool: Int32?) throws(FedMedError) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw FedMedError(.ioError, errno: errno, "start", file: DecoderService.name)
    }
    defer { close(ends[1]) }
    socket = ends[0]
    var actions = posix_spawn_file_actions_t()
    guard posix_spawn_file_actions_init(&actions) == 0 else {
      close(ends[0])
      throw FedMedError(.ioError, "out of memory", file: DecoderService.name)
    }
    defer { posix_spawn_file_actions_destroy(&actions) }
    // The libraries print warnings.
    let isReady =
      posix_spawn_file_actions_adddup2(&actions, ends[1], DecoderService.socket) == 0
      && posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0
      && posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) == 0
      && (spool.map {
        posix_spawn_file_actions_adddup2(&actions, $0, DecoderService.spool) == 0
      } ?? true)
    var words: [UnsafeMutablePointer<CChar>?] = [strdup(DecoderService.name), nil]
    // Threads of OpenBLAS would take memory that is meant for files.
    var variables = Self.environment.map { strdup($0) } + [nil]
    defer {
      free(words[0])
      for variable in variables { free(variable) }
    }
    var process: pid_t = 0
    let failure =
      isReady ? posix_spawn(&process, program, &actions, nil, &words, &variables) : ENOMEM
    guard failure == 0 else {
      close(ends[0])
      throw FedMedError(.ioError, errno: failure, "start", file: DecoderService.name)
    }
    self.process = process
  }

  deinit {
    close(socket)
    // It keeps nothing that would have to be saved.
    kill(process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
  }

  /// Asks for a header or a frame.
  /// - Throws: `badData` if the process does not survive it.
  func ask(_ request: DecoderRequest) throws(FedMedError) -> DecoderAnswer {
    if Socket.write(request.bytes, to: socket),
      let answer = DecoderAnswer(most: Self.largest, { Socket.read($0, from: socket) })
    {
      return answer
    }
    kill(process, SIGKILL)
    throw FedMedError(.badData, "the decoder crashed, ran out of memory or took too long")
  }
}
