/// The command line of sendmail(8), as its callers have written it for forty years: single letters that may stand together
/// (`-ti`), with their value attached (`-fann@contoso.com`) or as the next word (`-f ann@contoso.com`), before or behind the
/// recipients.
///
/// What asks for more than Postern does, but costs nobody mail where it is left out (delivery notifications, body types,
/// logging, other sendmails' options), is read and has no effect, as with other sendmails. What would be a false promise is
/// refused.
struct SendmailArguments: Hashable {
    enum Mode: Hashable {
        case deliver
        /// `-bs`: SMTP on standard input and output.
        case smtp
        /// `-bp`
        case listQueue
        /// `-q`, `-qIID`: everything, or one message.
        case flush(String?)
        /// `-bi` and the like: there is nothing to be done.
        case nothing
        case help
    }

    struct Misuse: Error, Hashable, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    var mode = Mode.deliver
    /// `--config FILE`, `-C FILE`
    var config: String?
    /// `-t`: those in To, Cc and Bcc are recipients, too.
    var readsRecipients = false
    /// `-i`, `-oi`: a line with a single dot is text.
    var ignoresDots = false
    /// `-f`, `-r`; empty or `<>` is the null sender.
    var sender: String?
    /// `-F`
    var fullName: String?
    var isVerbose = false
    /// As written: lists of addresses, or names of this machine.
    var recipients: [String] = []

    init(parsing words: [String]) throws(Misuse) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                recipients += rest
                return
            }
            if word.hasPrefix("--") {
                try take(long: word.dropFirst(2), &rest)
            } else if word.hasPrefix("-"), word != "-" {
                try take(letters: word.dropFirst(), &rest)
            } else {
                recipients.append(word)
            }
        }
    }

    private mutating func take(long word: Substring, _ rest: inout ArraySlice<String>) throws(Misuse) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch parts[0] {
        case "config":
            guard let file = parts.count > 1 ? parts[1] : rest.popFirst() else { throw Misuse("--config needs a file") }
            config = file
        case "help": mode = .help
        default: throw Misuse("unknown option --\(parts[0])")
        }
    }

    private mutating func take(letters: Substring, _ rest: inout ArraySlice<String>) throws(Misuse) {
        var letters = letters
        while let letter = letters.popFirst() {
            if take(flag: letter) { continue }
            if letter == "q" { return try flush(String(letters)) }
            guard Self.lettersWithValue.contains(letter) else { throw Misuse("unknown option -\(letter)") }
            guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
                throw Misuse("-\(letter) needs a value")
            }
            return try take(letter, value)
        }
    }

    private mutating func take(flag letter: Character) -> Bool {
        switch letter {
        case "t": readsRecipients = true
        case "i": ignoresDots = true
        case "v": isVerbose = true
        case "I": mode = .nothing
        // Gateway, initial submission, "me too", no aliases, and options of the 1980s.
        case "G", "U", "m", "n", "c", "s", "x": break
        default: return false
        }
        return true
    }

    private static let lettersWithValue = Set("ABCFLNORVXbefhopr")

    private mutating func take(_ letter: Character, _ value: String) throws(Misuse) {
        switch letter {
        case "f", "r": sender = value
        case "F": fullName = value
        case "C": config = value
        case "b": try choose(value)
        case "o" where value == "i": ignoresDots = true
        case "B":
            guard ["7bit", "8bitmime"].contains(value.lowercased()) else {
                throw Misuse("-B \(value): a body is 7BIT or 8BITMIME")
            }
        // Other options; labels, log files and hop counts; delivery notifications.
        default: break
        }
    }

    private mutating func choose(_ value: String) throws(Misuse) {
        switch value {
        case "m": mode = .deliver
        case "s": mode = .smtp
        case "p": mode = .listQueue
        case "i", "h", "H": mode = .nothing
        case "d", "D", "l": throw Misuse("-b\(value): the service is started with `postern serve`")
        case "v":
            throw Misuse("-bv: addresses are not verified here; Microsoft answers for them when a message is sent")
        default: throw Misuse("unknown mode -b\(value)")
        }
    }

    private mutating func flush(_ what: String) throws(Misuse) {
        switch what.first {
        case nil: mode = .flush(nil)
        case "I": mode = .flush(String(what.dropFirst()))
        // An interval: the service looks after its queue all the time.
        case let digit? where digit.isNumber: mode = .nothing
        default: throw Misuse("-q\(what): the queue is flushed as a whole (-q), or one message of it (-qIID)")
        }
    }
}
