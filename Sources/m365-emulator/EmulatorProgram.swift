import ArgumentParser

/// The process; everything it does is in `EmulatorCommand` and in the target M365Emulator.
@main
enum EmulatorProgram {
    static func main() async { await EmulatorCommand.main() }
}
