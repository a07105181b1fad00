import Foundation

/// Where the programs are: ours beside the test bundle, the others on the path.
enum Executables {
    static let postern = built("postern")
    static let emulator = built("m365-emulator")

    private static func built(_ name: String) -> String {
        let places = [ProcessInfo.processInfo.arguments.first, Bundle.main.executablePath].compactMap(\.self).map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent(name).path
        }
        return places.first(where: FileManager.default.isExecutableFile) ?? places.first ?? name
    }

    /// A system program's full path; `nil` where it is not installed.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let places = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin", "/sbin"]
        return places.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
    }
}
