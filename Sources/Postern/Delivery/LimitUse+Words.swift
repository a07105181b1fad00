package import DeliveryPolicy

extension LimitUse {
    /// As people read it: "5000 of 5000/d `external_recipients` used".
    package var words: String {
        let isOctets = name == .upload
        let amount = isOctets ? Quantity.text(octets: used - used % (used < 10_000_000 ? 1000 : 1_000_000)) : "\(used)"
        return "\(amount) of \(Quantity.text(rate, octets: isOctets)) `\(name.rawValue)` used"
    }
}
