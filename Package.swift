// swift-tools-version: 6.2
import PackageDescription

// The rooms and who may enter which: docs/ARCHITECTURE.md. scripts/check-imports holds what SwiftPM does not.

let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: house)
}

let package = Package(
    name: "postern",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "postern", targets: ["postern"]),
        .executable(name: "m365-emulator", targets: ["m365-emulator"]),
        .library(name: "Postern", targets: ["Postern"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    ],
    targets: [
        // Pure: values in, values out.
        room("MailModel"),
        room("MIME", ["MailModel"]),
        room("SMTPProtocol", ["MailModel"]),
        room("GraphProtocol", ["MailModel", "MIME"]),
        room("DeliveryPolicy", ["MailModel", collections]),

        // One owner for each thing that blocks.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
        .systemLibrary(name: "CMalloc"),
        .systemLibrary(name: "CSync"),
        room("EmailLog", ["MailModel", grdb, sqlite, nioLocks]),
        room("HTTPTransport", ["CCurl", nioLocks]),
        room("TLS", ["COpenSSL", nioCore, nioLocks]),
        room("SMTPTransport", ["MailModel", "SMTPProtocol", "TLS", nioCore, nioPosix, nioLocks]),

        // The composition.
        room(
            "Postern",
            [
                "MailModel", "MIME", "SMTPProtocol", "GraphProtocol", "DeliveryPolicy",
                "EmailLog", "HTTPTransport", "TLS", "SMTPTransport", "CMalloc", "CSync",
                lifecycle, unixSignals, logging, nioCore, nioPosix, nioLocks, .product(name: "Yams", package: "Yams"),
            ]),
        room(
            "PosternCommands",
            [
                "Postern", "M365Emulator", "EmailLog", "MailModel", "MIME", "GraphProtocol", "SMTPProtocol",
                "SMTPTransport", "DeliveryPolicy",
                arguments, lifecycle, logging, nioPosix, nioLocks,
            ]),
        program("postern", ["PosternCommands", arguments]),

        // Delivery under a simulated clock, store and Microsoft.
        room(
            "Simulation",
            [
                "Postern", "EmailLog", "MailModel", "DeliveryPolicy", "SMTPProtocol", collections, logging, nioCore,
                nioLocks,
            ]),
        program("postern-simulation", ["Simulation", arguments, nioCore, nioLocks]),

        // Microsoft's side, for demos and tests.
        room(
            "M365Emulator",
            ["MailModel", "MIME", "SMTPProtocol", "SMTPTransport", "TLS", hummingbird, logging, nioCore, nioLocks]),
        program("m365-emulator", ["M365Emulator", arguments, logging]),

        tests(of: "MailModel"),
        tests(of: "MIME", ["MailModel"]),
        tests(of: "SMTPProtocol", ["MailModel"]),
        tests(of: "GraphProtocol", ["MailModel", "MIME"]),
        tests(of: "DeliveryPolicy", ["MailModel"]),
        tests(of: "EmailLog", ["MailModel", grdb]),
        tests(of: "HTTPTransport", [nioCore, nioPosix]),
        tests(of: "TLS", [nioCore, nioPosix, nioEmbedded]),
        tests(of: "SMTPTransport", ["MailModel", "SMTPProtocol", "TLS", nioCore, nioPosix, nioEmbedded, nioLocks]),
        tests(of: "M365Emulator", ["MailModel", "MIME", "SMTPProtocol", "SMTPTransport", "TLS", nioCore, nioPosix]),
        tests(
            of: "Postern",
            [
                "MailModel", "MIME", "SMTPProtocol", "GraphProtocol", "DeliveryPolicy", "EmailLog", "HTTPTransport",
                "TLS",
                "SMTPTransport", grdb, lifecycle, logging, nioCore, nioPosix, nioEmbedded, nioLocks,
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        tests(
            of: "PosternCommands",
            ["Postern", "MailModel", "EmailLog", "GraphProtocol", "SMTPProtocol", "DeliveryPolicy", arguments]),
        tests(of: "Simulation", ["Postern", "EmailLog", "MailModel", "DeliveryPolicy"]),
        .testTarget(
            name: "IntegrationTests", dependencies: ["EmailLog"], path: "Tests/Integration",
            exclude: ["Clients", "Clock", "Disk"],
            swiftSettings: house),
    ]
)
