import NIOCore

/// Runs a connection's task on the thread of its event loop, where its bytes come and go anyway: without it, each read and
/// each write would cross over to the pool for tasks and back.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
