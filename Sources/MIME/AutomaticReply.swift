// What a program wrote in answer to another message, so that no program answers it in turn (RFC 3834 §2 and §5, RFC 6522).

extension HeaderBlock {
    /// A report or an automatic reply, whatever its envelope says. Mail that a program wrote by itself
    /// (`Auto-Submitted: auto-generated`) is none: a person owns it.
    package var isAutomaticReply: Bool {
        ContentType(of: self).name == "multipart/report"
            || all(named: "Auto-Submitted").contains {
                HeaderParameters(parsing: $0.unfolded).value == "auto-replied"
            }
    }
}
