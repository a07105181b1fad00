import MIME
import MailModel

/// The test's side door, under `/_emulator/`: faults, switches, and what was seen. No authentication; loopback only.
extension EmulatorState {
    mutating func control(_ path: [String], _ head: HTTPHead, _ body: [UInt8], at moment: Moment) -> HTTPAnswer {
        do {
            let json = body.isEmpty ? .object([:]) : try JSONValue(parsing: body)
            return try control(path, head, json, at: moment)
        } catch {
            return HTTPAnswer(400, json: ["error": .string(SettingsError.describe(error))])
        }
    }

    private mutating func control(
        _ path: [String], _ head: HTTPHead, _ body: JSONValue, at moment: Moment
    ) throws -> HTTPAnswer {
        switch (head.method, path.first ?? "", path.count) {
        case ("GET", "", 0): return HTTPAnswer(200, json: ["service": "m365-emulator"])
        case ("POST", "faults", 1): return try addFaults(body)
        case ("GET", "faults", 1): return HTTPAnswer(200, json: .array(faults.entries.map(\.json)))
        case ("DELETE", "faults", 1):
            faults.removeAll()
            return HTTPAnswer(204)
        case ("DELETE", "faults", 2): return HTTPAnswer(faults.remove(Int(path[1]) ?? 0) ? 204 : 404)
        case ("POST", "revoke-tokens", 1):
            tokens.revokeAll()
            return HTTPAnswer(204)
        case ("POST", "reset", 1):
            reset()
            return HTTPAnswer(204)
        case ("PATCH", _, _): return try change(path, body)
        case ("GET", _, _): return show(path, head, at: moment)
        default: return HTTPAnswer(404, json: ["error": "no such control"])
        }
    }

    private mutating func addFaults(_ body: JSONValue) throws -> HTTPAnswer {
        let rules = try (body.array ?? [body]).map { try FaultRule(json: $0) }
        let numbers = rules.map { faults.add($0) }
        return HTTPAnswer(201, json: ["faults": .array(numbers.map { .number($0) })])
    }

    private mutating func change(_ path: [String], _ changes: JSONValue) throws -> HTTPAnswer {
        switch (path.first, path.count) {
        case ("settings", 1):
            settings = try settings.changed(by: changes)
            if changes["tenants"].array != nil { directory = Directory(tenants: settings.tenants) }
            return HTTPAnswer(200, json: try JSONValue(encoding: settings))
        case ("mailbox", 2): return try changed(directory.changeMailbox(path[1], by: changes))
        case ("app", 2): return try changed(directory.changeApp(path[1], by: changes))
        case ("tenant", 2): return try changed(directory.changeTenant(path[1], by: changes))
        default: return HTTPAnswer(404, json: ["error": "no such control"])
        }
    }

    private func changed(_ value: (some Settings)?) throws -> HTTPAnswer {
        guard let value else { return HTTPAnswer(404, json: ["error": "not in the directory"]) }
        return HTTPAnswer(200, json: try JSONValue(encoding: value))
    }

    private func show(_ path: [String], _ head: HTTPHead, at moment: Moment) -> HTTPAnswer {
        switch (path.first ?? "", path.count) {
        case ("counters", 1): return HTTPAnswer(200, json: countersJSON(at: moment))
        case ("requests", 1):
            let after = head.query["after"].flatMap(Int.init) ?? 0
            return HTTPAnswer(200, json: .array(log.records.filter { $0.number > after }.map(\.json)))
        case ("messages", 1):
            let after = head.query["after"].flatMap(Int.init) ?? 0
            let wantsMIME = head.query["mime"] != "false"
            return HTTPAnswer(
                200, json: .array(store.captured.filter { $0.number > after }.map { $0.json(withMIME: wantsMIME) }))
        case ("messages", 2), ("messages", 3): return showMessage(path)
        case ("settings", 1): return HTTPAnswer(200, json: (try? JSONValue(encoding: settings)) ?? .null)
        default: return HTTPAnswer(404, json: ["error": "no such control"])
        }
    }

    private func showMessage(_ path: [String]) -> HTTPAnswer {
        guard let number = Int(path[1]), store.captured.indices.contains(number - 1) else {
            return HTTPAnswer(404, json: ["error": "no such message"])
        }
        let message = store.captured[number - 1]
        if path.count == 2 { return HTTPAnswer(200, json: message.json(withMIME: true)) }
        guard path[2] == "mime" else { return HTTPAnswer(404, json: ["error": "no such control"]) }
        return HTTPAnswer(200, fields: [("Content-Type", "message/rfc822")], body: message.mime)
    }

    func countersJSON(at moment: Moment) -> JSONValue {
        let perLane = throttles.map { lane, throttle -> JSONValue in
            [
                "app": .string(lane.appID), "mailbox": .string(lane.mailbox),
                "max_concurrency": .number(throttle.maximumInFlight), "throttled": .number(throttle.throttled),
                "early_requests": .number(throttle.early),
            ]
        }
        return counters.json.merged(
            with: [
                "tokens_issued": .number(tokens.issued), "messages": .number(store.captured.count),
                "drafts": .number(store.draftCount), "upload_sessions": .number(uploads.count),
                "early_requests": .number(throttles.values.reduce(0) { $0 + $1.early }), "lanes": .array(perLane),
                "now": .number(moment.now.sinceStart.fractionalSeconds),
            ])
    }
}

extension FaultBook.Entry {
    var json: JSONValue {
        let rule = (try? JSONValue(encoding: rule)) ?? .null
        return ["number": .number(number), "seen": .number(seen), "fired": .number(fired), "rule": rule]
    }
}

extension CapturedMessage {
    func json(withMIME: Bool) -> JSONValue {
        let headers = HeaderBlock(parsing: mime).fields.filter { !$0.isOpaque }.map { field -> JSONValue in
            ["name": .string(field.name), "value": .string(field.value)]
        }
        return [
            "number": .number(number), "path": .string(path.rawValue), "mailbox": .string(mailbox),
            "app": .string(appID), "sender": .string(sender), "recipients": .strings(recipients),
            "message_id": .string(messageID), "subject": .string(subject), "size": .number(mime.count),
            "request_id": .string(requestID), "submitted": .number(submitted.now.sinceStart.fractionalSeconds),
            "departed": .number(departs.sinceStart.fractionalSeconds), "time": .string(submitted.wall.graphDate),
            "headers": .array(headers), "mime": withMIME ? .string(Base64.encode(mime)) : .null,
        ]
    }
}
