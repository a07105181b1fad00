import DeliveryPolicy

/// What the drawings of a page are made of. Colours and fonts are the style sheet's, by class.
enum SVG {
    /// A drawing of so many units, as wide as there is room.
    /// - Parameter label: what it shows, for those who do not see it.
    static func drawing(width: Double, height: Double, label: String, _ content: [HTML]) -> HTML {
        .element(
            "svg",
            ["class": "plot", "viewBox": "0 0 \(number(width)) \(number(height))", "role": "img", "aria-label": label],
            content)
    }

    static func line(_ from: (Double, Double), _ to: (Double, Double), _ style: String) -> HTML {
        .element(
            "line",
            [
                "x1": number(from.0), "y1": number(from.1), "x2": number(to.0), "y2": number(to.1), "class": style,
            ], [])
    }

    static func text(_ text: String, at place: (Double, Double), anchor: String = "middle", _ style: String = "label")
        -> HTML
    {
        .element(
            "text", ["x": number(place.0), "y": number(place.1), "text-anchor": anchor, "class": style], text)
    }

    static func rectangle(_ origin: (Double, Double), width: Double, height: Double, _ style: String) -> HTML {
        .element(
            "rect",
            [
                "x": number(origin.0), "y": number(origin.1), "width": number(width), "height": number(height),
                "class": style,
            ], [])
    }

    static func circle(_ center: (Double, Double), radius: Double, _ style: String) -> HTML {
        .element(
            "circle", ["cx": number(center.0), "cy": number(center.1), "r": number(radius), "class": style], [])
    }

    /// From point to point, along and then up.
    static func steps(_ points: [(Double, Double)], _ style: String) -> HTML {
        guard let first = points.first else { return .element("path", [:], []) }
        var path = "M\(number(first.0)) \(number(first.1))"
        for point in points.dropFirst() { path += "H\(number(point.0))V\(number(point.1))" }
        return .element("path", ["d": path, "class": style], [])
    }

    static func number(_ value: Double) -> String {
        Decimal.fixed(value, 1).replacing("−", with: "-")
    }
}
