import ArgumentParser
import Testing

@testable import PosternCommands

@Suite struct SendmailArgumentsTests {
    /// A command line, and what it changes in an empty one.
    struct Call: Sendable, CustomStringConvertible {
        let words: [String]
        let change: @Sendable (inout SendmailArguments) -> Void

        init(_ line: String, _ change: @escaping @Sendable (inout SendmailArguments) -> Void) {
            self.init(line.split(separator: " ").map(String.init), change)
        }

        init(_ words: [String], _ change: @escaping @Sendable (inout SendmailArguments) -> Void) {
            self.words = words
            self.change = change
        }

        var description: String { words.joined(separator: " ") }
    }

    static let options: [Call] = [
        Call([]) { _ in },
        Call("a@b.c d@e.f") { $0.recipients = ["a@b.c", "d@e.f"] },
        Call("-t") { $0.readsRecipients = true },
        Call("-i") { $0.ignoresDots = true },
        Call("-oi") { $0.ignoresDots = true },
        Call("-o i") { $0.ignoresDots = true },
        Call("-ti") { ($0.readsRecipients, $0.ignoresDots) = (true, true) },
        Call("-f a@b.c") { $0.sender = "a@b.c" },
        Call("-fa@b.c") { $0.sender = "a@b.c" },
        Call("-r a@b.c") { $0.sender = "a@b.c" },
        Call(["-f", "", "x"]) { ($0.sender, $0.recipients) = ("", ["x"]) },
        Call("-f <> x") { ($0.sender, $0.recipients) = ("<>", ["x"]) },
        Call("-tifa@b.c") { ($0.readsRecipients, $0.ignoresDots, $0.sender) = (true, true, "a@b.c") },
        Call(["-F", "Ann Lee", "x"]) { ($0.fullName, $0.recipients) = ("Ann Lee", ["x"]) },
        Call("-v") { $0.isVerbose = true },
        Call("-C /etc/p.yaml") { $0.config = "/etc/p.yaml" },
        Call("--config /etc/p.yaml -t") { ($0.config, $0.readsRecipients) = ("/etc/p.yaml", true) },
        Call("--config=/etc/p.yaml") { $0.config = "/etc/p.yaml" },
        Call("--help") { $0.mode = .help },
        Call("x -f a@b.c y") { ($0.sender, $0.recipients) = ("a@b.c", ["x", "y"]) },
        Call("-t -- -f a@b.c -- -") {
            ($0.readsRecipients, $0.recipients) = (true, ["-f", "a@b.c", "--", "-"])
        },
        Call("-") { $0.recipients = ["-"] },
    ]

    static let modes: [Call] = [
        Call("-bm") { _ in }, Call("-bs") { $0.mode = .smtp }, Call("-b s") { $0.mode = .smtp },
        Call("-bp") { $0.mode = .listQueue }, Call("-bp -Ac -v") { ($0.mode, $0.isVerbose) = (.listQueue, true) },
        Call("-bi") { $0.mode = .nothing }, Call("-I") { $0.mode = .nothing }, Call("-bh") { $0.mode = .nothing },
        Call("-bH") { $0.mode = .nothing }, Call("-q") { $0.mode = .flush(nil) },
        Call("-q -v") { ($0.mode, $0.isVerbose) = (.flush(nil), true) },
        Call("-qI1m7z2y1yh0jn12") { $0.mode = .flush("1m7z2y1yh0jn12") }, Call("-q30m") { $0.mode = .nothing },
    ]

    /// As programs call it.
    static let callers: [Call] = [
        // Debian's cron, cronie, PHP's mail(), git send-email, mutt, s-nail, at, smartd.
        Call("-i -FCronDaemon -B8BITMIME -oem root") {
            ($0.ignoresDots, $0.fullName, $0.recipients) = (true, "CronDaemon", ["root"])
        },
        Call("-FCronDaemon -i -odi -oem -oi -t -f root") {
            ($0.fullName, $0.ignoresDots, $0.readsRecipients, $0.sender) = ("CronDaemon", true, true, "root")
        },
        Call("-t -i -fann@contoso.com") {
            ($0.readsRecipients, $0.ignoresDots, $0.sender) = (true, true, "ann@contoso.com")
        },
        Call("-f ann@contoso.com -i bob@example.org") {
            ($0.sender, $0.ignoresDots, $0.recipients) = ("ann@contoso.com", true, ["bob@example.org"])
        },
        Call("-oem -oi -f ann@contoso.com -N failure,delay -R hdrs -B8BITMIME -- bob@example.org") {
            ($0.ignoresDots, $0.sender, $0.recipients) = (true, "ann@contoso.com", ["bob@example.org"])
        },
        Call("-i -m -r ann@contoso.com -- bob@example.org") {
            ($0.ignoresDots, $0.sender, $0.recipients) = (true, "ann@contoso.com", ["bob@example.org"])
        },
        Call("-G -U -n -V env1 -X /tmp/log -O Timeout=1 -o Q/var/q -p ESMTP -h 20 -L tag -e m x") {
            $0.recipients = ["x"]
        },
    ]

    @Test(arguments: options + modes + callers) func reads(_ call: Call) throws {
        var expected = try SendmailArguments(parsing: [])
        call.change(&expected)
        #expect(try SendmailArguments(parsing: call.words) == expected)
    }

    @Test(arguments: [
        (["-f"], "-f needs a value"), (["-tf"], "-f needs a value"), (["-Z"], "unknown option -Z"),
        (["-tZ"], "unknown option -Z"), (["--verbose"], "unknown option --verbose"),
        (["--config"], "--config needs a file"),
        (["-bd"], "-bd: the service is started with `postern serve`"), (["-bz"], "unknown mode -bz"),
        (["-B", "binary"], "-B binary: a body is 7BIT or 8BITMIME"), (["-o"], "-o needs a value"),
    ])
    func refuses(_ words: [String], _ reason: String) {
        #expect(throws: SendmailArguments.Misuse(reason)) { try SendmailArguments(parsing: words) }
    }

    @Test(arguments: [["-bv", "a@b.c"], ["-bt"], ["-qRexample.org"], ["-qSann"]])
    func refusesWhatWouldBeAFalsePromise(_ words: [String]) {
        #expect(throws: SendmailArguments.Misuse.self) { try SendmailArguments(parsing: words) }
    }

    // MARK: The program's names

    @Test(arguments: [
        (["postern", "log"], ["log"]), (["/usr/sbin/sendmail", "-t"], ["sendmail", "-t"]),
        (["sendmail"], ["sendmail"]), (["/usr/bin/mailq", "-v"], ["sendmail", "-bp", "-v"]),
        (["newaliases"], ["sendmail", "-bi"]), (["/opt/sendmail/postern", "queue"], ["queue"]), ([], []),
    ])
    func isWhatItIsCalled(_ call: [String], _ arguments: [String]) {
        #expect(PosternCommand.arguments(of: call) == arguments)
    }

    /// The parser of all other commands hands everything on as it came.
    @Test(arguments: [
        ["-t", "-i", "-fann@contoso.com"], ["-h", "20", "x"], ["--help"], ["-v", "-bp"], ["-f", "", "--", "-x", "log"],
        ["--config", "/etc/p.yaml", "-oi"], ["queue", "list"], ["--version"], ["-FAnn=Lee", "--config=x"], [],
    ])
    func everyWordIsPassedOn(_ words: [String]) throws {
        let command = try PosternCommand.parseAsRoot(["sendmail"] + words)
        #expect(try #require(command as? SendmailCommand).words == words)
    }
}
