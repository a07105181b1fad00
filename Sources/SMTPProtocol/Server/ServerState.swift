import MailModel

/// Where a server session stands, and what may come next.
enum ServerState: Sendable {
    /// The greeting has not been said. → command
    case connected
    /// A command line is awaited. → command, authenticating, asking, startingTLS, over
    case command(Stage)
    /// A line of a SASL exchange is awaited. → authenticating, asking, command
    case authenticating(Exchange)
    /// The owner has a question to answer; input waits. → command, receiving, authenticating, over
    case asking(Question)
    /// Message content is arriving. → asking, command, over
    case receiving(Content)
    /// The octets of a BDAT are arriving. → command, asking, over
    case receivingChunk(Chunk)
    /// The handshake is the owner's. → command, over
    case startingTLS
    /// Nothing is heard or said any more.
    case over

    /// How far the dialogue has come, between commands.
    enum Stage: Sendable {
        /// Neither EHLO nor HELO has been said, or not since TLS began.
        case greeted
        case ready
        /// MAIL was accepted.
        case transaction(Transaction)
        /// Chunks have been accepted, the last one has not come.
        case chunks(ChunkedContent)
    }

    /// One mail transaction (RFC 5321 §3.3); its recipients are kept beside the state, so that a thousand are not copied a
    /// thousand times.
    struct Transaction: Sendable {
        var sender: Address?
        var parameters: MailParameters
    }

    /// What the client's next SASL line means (RFC 4954 §4).
    enum Exchange: Sendable {
        case plain
        case loginUser
        case loginPassword(user: String)
        case xoauth2
        /// The challenge that explains a refused XOAUTH2 is out; whatever comes back, this is the answer.
        case refused(Reply)
    }

    enum Question: Sendable {
        case credentials(Credentials)
        case sender(Transaction)
        case recipient(Address, Transaction)
        /// - Parameter chunk: the one that waits for the answer; `nil` with DATA.
        case place(chunk: Chunk?)
        case verdict
    }

    /// A message on its way in.
    struct Content: Sendable {
        var decoder = DataDecoder()
        /// Too large: the rest is read and dropped.
        var isDiscarding = false
    }

    /// A message on its way in by BDAT.
    struct ChunkedContent: Sendable {
        var lines = DataEncoder(stuffsDots: false)
        /// With the line ends made CRLF.
        var octets = 0
    }

    /// One BDAT.
    struct Chunk: Sendable {
        enum Use: Sendable {
            case content(ChunkedContent)
            /// Read and dropped (RFC 3030 §2), then answered with this refusal.
            case dropped(Reply, then: Stage)
        }

        /// Octets to come.
        var remaining: Int
        let isLast: Bool
        var use: Use
    }
}
