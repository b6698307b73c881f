import Foundation
import VAEZip
import VAEZipEvaluation

/// The rows for people.
struct EvaluationTable {
  private let nameWidth: Int
  private let codecWidth: Int
  private let toStandardError: Bool

  private typealias Column = (title: String, width: Int, text: @Sendable (EvaluationPoint) -> String)

  private static let columns: [Column] = [
    ("q", 4, { point in point.quality.map(QualityList.text) ?? "-" }),
    ("bpp", 8, { fixed($0, .bpp, 4) }),
    ("psnr", 6, { fixed($0, .psnr, 2) }),
    ("msssim", 8, { fixed($0, .msssim, 5) }),
    ("ssimu2", 7, { fixed($0, .ssimulacra2, 2) }),
    ("butter3", 8, { fixed($0, .butteraugliNorm, 3) }),
    ("over_%", 7, { fixed($0, .overheadPercent, 1) }),
    ("objective", 10, { fixed($0, .objective, 2) }),
    ("enc_s", 7, { fixed($0, $0.figures[.encodeSeconds] == nil ? .codecEncodeSeconds : .encodeSeconds, 3) }),
    ("dec_s", 7, { fixed($0, $0.figures[.decodeSeconds] == nil ? .codecDecodeSeconds : .decodeSeconds, 3) }),
  ]

  /// The variational objective: KL in bits per pixel, the evidence lower bound in nats per dimension.
  private static let objectiveColumns: [Column] = [
    ("q", 4, { point in point.quality.map(QualityList.text) ?? "-" }),
    ("kl_bpp", 8, { fixed($0, .modelBPP, 4) }),
    ("d_mse", 9, { fixed($0, .distortion, 3) }),
    ("beta", 9, { fixed($0, .beta, 3) }),
    ("d+beta*kl", 10, { fixed($0, .objective, 3) }),
    ("elbo_nats", 9, { fixed($0, .elbo, 4) }),
    ("psnr", 6, { fixed($0, .psnr, 2) }),
  ]

  /// - Parameter codecs: names of the column that tells codecs apart, which there is for two and more.
  init(names: [String], codecs: [String], toStandardError: Bool) {
    nameWidth = names.map { Messages.printable(Self.short($0)).count }.max() ?? 0
    codecWidth = codecs.count > 1 ? codecs.map(\.count).max() ?? 0 : 0
    self.toStandardError = toStandardError
  }

  func printHeader() throws { try print("file", "codec", Self.columns, Self.columns.map(\.title)) }

  func print(_ row: EvaluationPoint) throws { try print(row, Self.columns) }

  /// A table of the variational objective of all rows that have one.
  func printObjective(_ rows: [EvaluationPoint]) throws {
    let columns = Self.objectiveColumns
    try print("", "", [], [])
    try print("file", "codec", columns, columns.map(\.title))
    for row in rows where row.figures[.objective] != nil { try print(row, columns) }
  }

  private func print(_ row: EvaluationPoint, _ columns: [Column]) throws {
    try print(Self.short(row.file), row.codec, columns, columns.map { $0.text(row) }, note: row.note)
  }

  private func print(
    _ name: String, _ codec: String, _ columns: [Column], _ cells: [String], note: String = ""
  ) throws {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var line = padded(Messages.printable(name), nameWidth)
    if codecWidth > 0 { line += " " + padded(codec, codecWidth) }
    for (cell, column) in zip(cells, columns) {
      line += " " + String(repeating: " ", count: max(0, column.width - cell.count)) + cell
    }
    if !note.isEmpty { line += "  " + note }
    if columns.isEmpty { line = "" }
    if toStandardError {
      Messages.line(line)
    } else {
      try Messages.output(Messages.printable(line) + "\n")
    }
  }

  private static func fixed(_ point: EvaluationPoint, _ figure: Figure, _ digits: Int) -> String {
    guard let value = point.figures[figure] else { return "-" }
    return value.isFinite ? String(format: "%.\(digits)f", value) : value.isNaN ? "-" : "inf"
  }

  /// Without the directories.
  private static func short(_ path: String) -> String { PathText.name(of: path) }
}

/// BD-rates as rows for people: a peer and a kind of pictures each.
enum BDRateTable {
  private static let titles = ["psnr", "psnr_y", "hvs_m", "msssim", "ssimu2", "butter3", "buttermax"]

  /// No line if there are no rates.
  static func lines(_ rates: [PeerBDRate]) -> [String] {
    guard !rates.isEmpty else { return [] }
    let rows = groups(rates).map { group in (name: name(group[0]), cells: group.map(cell)) }
    let head = "BD-rate of vaezip in percent, against"
    let width = max(head.count, rows.map(\.name.count).max() ?? 0)
    func line(_ name: String, _ cells: [String]) -> String {
      let padded = name + String(repeating: " ", count: max(0, width - name.count))
      return padded + cells.map { " " + Report.column($0, 9) }.joined()
    }
    let isPartial = rates.contains { $0.percent != nil && $0.pictures < $0.allPictures }
    return [line(head, titles)] + rows.map { line($0.name, $0.cells) }
      + (isPartial ? ["* not all pictures' curves share an interval"] : [])
      + (rates.contains { $0.percent == nil }
        ? ["- no picture's curves share an interval; name more qualities, as -q 0..100:10"] : [])
  }

  private static func groups(_ rates: [PeerBDRate]) -> [[PeerBDRate]] {
    var groups: [[PeerBDRate]] = []
    for rate in rates {
      if let last = groups.last?.last, last.peer == rate.peer, last.kind == rate.kind {
        groups[groups.count - 1].append(rate)
      } else {
        groups.append([rate])
      }
    }
    return groups
  }

  private static func name(_ rate: PeerBDRate) -> String {
    guard let kind = rate.kind else { return rate.title }
    return "  \(kind.title) (\(rate.allPictures))"
  }

  private static func cell(_ rate: PeerBDRate) -> String {
    guard let value = rate.percent else { return "-" }
    return String(format: "%+.1f", value) + (rate.pictures < rate.allPictures ? "*" : "")
  }
}
