import Foundation
import Testing

/// Installation and removal of the files by `install`.
struct InstallTests {
  let shell: Shell
  let install =
    "FEDMED_TOOLS='\(Bundle.main.bundleURL.path)' '\(Shell.root.path)/Sources/Development/install'"

  init() throws { shell = try Shell() }

  @Test func installsAndUninstalls() throws {
    try shell.succeed("mkdir -p root/usr/local/bin; echo mine > root/usr/local/bin/other")
    try shell.succeed("DESTDIR=$PWD/root \(install)")
    // The installed files are those of the list.
    #expect(
      try shell.succeed("cd root; find . -type f ! -name other | sed 's/^.//' | sort")
        == (try shell.succeed("\(install) --list | sort")))
    try shell.succeed(
      """
      set -e
      PATH=$PWD/root/usr/local/bin:/usr/bin:/bin
      for tool in root/usr/local/bin/fm-*; do
        case $tool in */fm-federate | */fm-site | */fm-poll | */fm-slurm) "$tool" --help ;; *) "$tool" --version ;; esac
      done > /dev/null
      MANPATH=$PWD/root/usr/local/share/man man -w fm-train-local fm-poll fm-archive fedmedclip | grep -c . | grep -q 4
      MANPATH=$PWD/root/usr/local/share/man man fm-train-local | grep -q 'EXIT STATUS'
      """)
    // A running script is not affected when it is replaced, because it is a new file.
    try shell.succeed(
      """
      ls -i root/usr/local/bin/fm-federate > before
      DESTDIR=$PWD/root \(install)
      ls -i root/usr/local/bin/fm-federate > after; ! cmp -s before after
      """)
    try shell.succeed("DESTDIR=$PWD/root \(install) --uninstall")
    #expect(try shell.succeed("find root | tail -n 1") == "root/usr/local/bin/other\n")
    #expect(try shell.succeed("find root | wc -l") == "5\n")
  }

  @Test func acceptsAPrefixAndRefusesInvalidCalls() throws {
    try shell.succeed("\(install) --prefix \"$PWD/my home\" && 'my home/bin/fm-eval' --version")
    #expect(try shell.run("\(install) --prefix here").status == 64)
    #expect(try shell.run("\(install) --frob").status == 64)
    try shell.succeed("touch file")
    let outcome = try shell.run("\(install) --prefix \"$PWD/file\"")
    #expect(outcome.status == 73)
    #expect(outcome.errors.contains("cannot install"))
  }

  /// The changelog is the package's, and its first entry is the version of the tools.
  @Test func changelogStartsWithTheVersion() throws {
    let changelog = Shell.root.appendingPathComponent("Sources/Packaging/changelog").path
    let version = try shell.succeed("fm-eval --version | cut -d ' ' -f 2")
    #expect(
      try shell.succeed("dpkg-parsechangelog -l '\(changelog)' -S Version") == version)
    #expect(
      try shell.succeed("dpkg-parsechangelog -l '\(changelog)' -S Source") == "fedmedclip\n")
  }
}
