#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Owner, mode and times that an output inherits from its input, as with zstd.
struct FileAttributes: Equatable, Sendable {
  let mode: mode_t
  let accessed: timespec
  let modified: timespec
  private let owner: uid_t
  private let group: gid_t
  /// What tells a file from all others.
  let identity: Identity
  /// Bytes of a regular file.
  let size: Int

  struct Identity: Hashable, Sendable {
    let device: dev_t
    let node: ino_t
  }

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
    identity = Identity(device: status.st_dev, node: status.st_ino)
    size = Int(status.st_size)
  }

  /// Whether both belong to the same file.
  static func == (a: FileAttributes, b: FileAttributes) -> Bool {
    a.identity == b.identity
  }

  /// Whether a file has not been written to between two looks at it.
  func isUnchanged(since before: FileAttributes) -> Bool {
    self == before && size == before.size && hasTime(of: before)
  }

  /// Whether both were modified at the same moment: an output inherits its input's times.
  func hasTime(of other: FileAttributes) -> Bool {
    modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec
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
