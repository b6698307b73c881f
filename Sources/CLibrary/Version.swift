import CVAEZip

@_cdecl("vaezip_version")
package func doorVersion() -> UInt32 {
  UInt32(VAEZIP_VERSION_MAJOR) << 16 | UInt32(VAEZIP_VERSION_MINOR) << 8 | UInt32(VAEZIP_VERSION_PATCH)
}
