#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Owner, mode and times that an output inherits from its input, as with zstd.
struct FileAttributes: Equatable {
  let mode: mode_t
  let accessed: timespec
  let modified: timespec
  private let owner: uid_t
  private let group: gid_t
  private let device: dev_t
  private let node: ino_t

  init(_ status: stat) {
    mode = status.st_mode & 0o777
    #if os(macOS)
    accessed = status.st_atimespec
    modified = status.st_mtimespec
    #else
    accessed = status.st_atim
    modified = status.st_mtim
    #endif
    owner = status.st_uid
    group = status.st_gid
    device = status.st_dev
    node = status.st_ino
  }

  /// Whether both belong to the same file.
  static func == (a: FileAttributes, b: FileAttributes) -> Bool {
    a.device == b.device && a.node == b.node
  }
  /// Applies the attributes to an open file. If the file system or the user cannot, the content is kept
  /// all the same. The permissions come after the group and before the owner, so that nobody gets more
  /// than before, as with zstd.
  func apply(to descriptor: Int32) {
    _ = fchown(descriptor, uid_t.max, group)
    _ = fchmod(descriptor, mode)
    _ = fchown(descriptor, owner, gid_t.max)
    _ = futimens(descriptor, [accessed, modified])
  }
}
