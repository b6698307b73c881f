import Foundation

/// A table in CSV (RFC 4180): fields in quotes may have commas, line ends and doubled quotes.
struct CSVTable {
  /// Names of the columns.
  let columns: [String]
  /// The other lines, with their numbers in the file. Empty lines and those that begin with # are left out.
  let rows: [(line: Int, fields: [String])]

  init(_ text: String) {
    var records: [(line: Int, fields: [String])] = []
    var (fields, field) = ([String](), String.UnicodeScalarView())
    var (isQuoted, lastWasQuote, line, start) = (false, false, 1, 1)
    func isComment(_ fields: [String]) -> Bool {
      fields == [""] || fields.first?.hasPrefix("#") == true
    }
    func endRecord() {
      fields.append(String(field))
      field = String.UnicodeScalarView()
      if !isComment(fields) { records.append((start, fields)) }
      fields = []
    }
    for scalar in text.unicodeScalars where scalar != "\r" {
      if scalar == "\n" { line += 1 }
      switch scalar {
      case "\"":
        // A quote after the end of a quoted part stands for itself, and the part goes on.
        if !isQuoted, lastWasQuote { field.append(scalar) }
        isQuoted.toggle()
      case "," where !isQuoted:
        fields.append(String(field))
        field = String.UnicodeScalarView()
      case "\n" where !isQuoted:
        endRecord()
        start = line
      default: field.append(scalar)
      }
      lastWasQuote = scalar == "\""
    }
    if !field.isEmpty || !fields.isEmpty { endRecord() }
    columns = records.first?.fields ?? []
    rows = Array(records.dropFirst())
  }
}
