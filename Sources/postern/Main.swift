import ArgumentParser
import PosternCommands

@main
enum Main {
    static func main() async {
        PosternCommand.prepareProcess()
        await PosternCommand.main(PosternCommand.arguments(of: CommandLine.arguments))
    }
}
