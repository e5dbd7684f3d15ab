import ArgumentParser
import FMCommand
import FedMed

/// Prints the status of a run.
struct StatusVerb: Tool {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Print the status of a run of fm-federate.",
    usage: "fm-aggregate status [options] RUN",
    discussion: """
      One row per fact: task, rounds, process or job (if one is running), best, answered, waiting, \
      failed, refused, the epsilon that each site's data set has spent, the bytes of each site, and \
      the time. The command changes nothing, and can be \
      used while the run is in progress.
      """)
  static let name = "fm-aggregate"

  @OptionGroup var table: TableOptions

  @OptionGroup var verbosity: VerbosityOptions

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  func execute() throws(FedMedError) {
    try Self.records(RunStatus(path: run))
      .write(to: nil, table, messages: verbosity.quiet ? nil : messages)
  }

  private static func records(_ status: RunStatus) -> Records {
    var records = Records("status", columns: ["fact", "round", "site", "value", "time"])
    func add(
      _ fact: String, round: Int? = nil, site: String? = nil, _ value: JSON, time: Int? = nil
    ) {
      records.add([
        .string(fact), round.map { .integer($0) } ?? .null, site.map { .string($0) } ?? .null,
        value, time.map { .string(utcTime($0)) } ?? .null,
      ])
    }
    add("task", round: status.round, .string(status.task.rawValue), time: status.updated)
    if let rounds = status.rounds { add("rounds", .integer(rounds)) }
    if let sites = status.minimumSites { add("min_sites", .integer(sites)) }
    if let deadline = status.deadline { add("deadline_seconds", .integer(deadline)) }
    switch status.worker {
    case .process(let id): add("process", .string(id))
    case .job(let id): add("job", .string(id))
    case nil: break
    }
    if let best = status.best {
      add("best", round: best.round, .rounded(best.accuracy, places: 6))
    }
    for answer in status.answers {
      add(
        "answered", round: answer.round, site: answer.site, .string(answer.kind),
        time: answer.time)
    }
    for answer in status.waiting {
      add(
        "waiting", round: answer.round, site: answer.site, .string(answer.kind), time: answer.time)
    }
    for answer in status.missed {
      add("missed", round: answer.round, site: answer.site, .string(answer.kind))
    }
    for (fact, problems) in [("failed", status.failed), ("refused", status.refused)] {
      for problem in problems {
        add(
          fact, round: problem.round, site: problem.site, .string(problem.reason),
          time: problem.time)
      }
    }
    for spent in status.spent {
      add("epsilon", round: spent.round, site: spent.site, .rounded(spent.epsilon, places: 4))
    }
    for site in status.traffic {
      add("bytes_down", site: site.site, .integer(site.down))
      add("bytes_up", site: site.site, .integer(site.up))
    }
    add("bytes_down", .integer(status.traffic.reduce(0) { $0 + $1.down }))
    add("bytes_up", .integer(status.traffic.reduce(0) { $0 + $1.up }))
    if let started = status.started {
      add("started", .null, time: started)
      if let updated = status.updated { add("seconds", .integer(max(updated - started, 0))) }
    }
    return records
  }
}
