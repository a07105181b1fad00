import Foundation

/// The media type that a file's name promises; what is not listed goes as octets.
enum MediaTypes {
    private static let byExtension = [
        "csv": "text/csv", "doc": "application/msword", "gif": "image/gif", "htm": "text/html", "html": "text/html",
        "ics": "text/calendar", "jpeg": "image/jpeg", "jpg": "image/jpeg", "json": "application/json",
        "pdf": "application/pdf",
        "png": "image/png", "txt": "text/plain", "xml": "application/xml", "zip": "application/zip",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]

    static func type(ofFile path: String) -> String {
        byExtension[URL(filePath: path).pathExtension.lowercased()] ?? "application/octet-stream"
    }
}
