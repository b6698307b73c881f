import CKernels
import VAEZipModel
import VAEZipSupport

/// Pixels in memory, each with some channels: a feature map, some channels of one, or every second pixel of a
/// row. A view does not keep its memory alive.
package struct View: @unchecked Sendable {
  /// The first channel of pixel (0, 0).
  package var pointer: UnsafeMutablePointer<Int16>
  /// Elements from a pixel to its right neighbor.
  package var pixelStride: Int
  /// Elements from a pixel to the one below it.
  package var rowStride: Int

  package init(pointer: UnsafeMutablePointer<Int16>, pixelStride: Int, rowStride: Int) {
    self.pointer = pointer
    self.pixelStride = pixelStride
    self.rowStride = rowStride
  }

  /// The pixels of a map, from one of their channels on.
  package init(_ map: FeatureMap, channel: Int = 0) {
    self.init(
      pointer: map.pixel(0, 0) + channel, pixelStride: map.channels,
      rowStride: map.rowStride)
  }

  /// One row of pixels in a thread's memory.
  package init(row pointer: UnsafeMutablePointer<Int16>, channels: Int) {
    self.init(pointer: pointer, pixelStride: channels, rowStride: 0)
  }

  /// The same pixels, counted from (x, y) on.
  @inline(__always)
  package func at(_ x: Int, _ y: Int) -> View {
    let row: Int = y * rowStride
    return View(
      pointer: pointer + row + x * pixelStride, pixelStride: pixelStride, rowStride: rowStride)
  }

  /// The same pixels from another channel on.
  @inline(__always)
  package func channel(_ channel: Int) -> View {
    View(pointer: pointer + channel, pixelStride: pixelStride, rowStride: rowStride)
  }

  /// Every second pixel of each row.
  @inline(__always)
  package var everySecond: View {
    View(pointer: pointer, pixelStride: 2 * pixelStride, rowStride: rowStride)
  }

  /// Copies pixels of a row.
  package func copy(_ other: View, width: Int, channels: Int) {
    if pixelStride == channels, other.pixelStride == channels {
      pointer.update(from: other.pointer, count: width * channels)
    } else {
      for x in 0..<width {
        at(x, 0).pointer.update(from: other.at(x, 0).pointer, count: channels)
      }
    }
  }

  /// Multiplies each channel of a row of pixels with its gain.
  ///
  /// - Parameter output: where the products go; may be the same row.
  package func scale(by gains: Gains, to output: View, channels: Int, width: Int, _ kernels: Kernels) {
    check(
      vzk_gain(
        kernels.isa, source, gains.mantissas, gains.shifts, output.sink, Int32(channels), Int32(width)))
  }

  package var source: vzk_source { vzk_source(values: pointer, pixelStride: pixelStride) }
  package var sink: vzk_sink { vzk_sink(values: pointer, pixelStride: pixelStride) }
}
