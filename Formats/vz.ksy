meta:
  id: vz
  title: vaezip image
  file-extension: vz
  license: Apache-2.0
  ks-version: '0.10'
  endian: le
doc: |
  A picture compressed by a learned transform and zstd. VZ.md beside this file specifies the format;
  what is in the symbol streams is in VZ-symbols.md. Versions 1 and 2. Checksums, which are the low 32 bits of XXH64, are
  read here, but cannot be compared.
doc-ref: VZ.md
seq:
  - id: header
    type: header
  - id: chunks
    type: chunk
    repeat: until
    repeat-until: _.is_end
    if: header.chunks_follow
  - id: index_entries
    type: index_entry
    repeat: expr
    repeat-expr: header.tile_columns * header.tile_rows
  - id: index_checksum
    type: u4
  - id: tiles
    type: tile(_index)
    repeat: expr
    repeat-expr: header.tile_columns * header.tile_rows
  - id: checksum
    type: u4
    doc: version 1, of the decoded color; version 2, of the hashes of all that the tiles decode to
  - id: alpha_checksum
    type: u4
    if: header.version == 1 and header.has_alpha
instances:
  is_whole:
    value: _io.eof
    doc: bytes behind the checksums make a file invalid
types:
  header:
    seq:
      - id: signature
        contents: [0xd6, VZ, 0x0d, 0x0a, 0x1a, 0x0a]
      - id: version
        type: u1
        valid:
          any-of: [1, 2]
      - id: width
        type: u4
        valid:
          min: 1
          max: 0x40000000
      - id: height
        type: u4
        valid:
          min: 1
          max: 0x40000000
      - id: model_id
        type: u8
        doc: XXH64 of the whole model file; from version 2 on, 0 for an image that needs none
      - id: quality
        type: u2
        doc: position between the model's quality levels, in 1/256 level
      - id: format
        type: u1
        valid:
          any-of: [0x71, 0x72, 0x73, 0x74, 0xf1, 0xf2, 0xf3, 0xf4]
      - id: tiling
        type: u1
        valid:
          expr: (_ & 0x60) != 0x20 and ((_ & 0x60) == 0 or version > 1) and (_ & 0x1f) >= 6 and (_ & 0x1f) <= 14
      - id: header_checksum
        type: u4
    instances:
      channels:
        value: format & 0x0f
        doc: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha
      has_alpha:
        value: (format & 1) == 0
      bit_depth:
        value: (format >> 4) + 1
      tile_size:
        value: 1 << (tiling & 0x1f)
        doc: in pixels, each way
      has_exact:
        value: (tiling & 0x40) != 0
        doc: tiles may have exact pixels
      exact_bytes:
        value: ((tiling & 0x20) >> 5) + 1
        doc: of a sample of exact pixels
      chunks_follow:
        value: (tiling & 0x80) != 0
      tile_columns:
        value: (width + tile_size - 1) / tile_size
      tile_rows:
        value: (height + tile_size - 1) / tile_size
  chunk:
    doc: Four letters, or a single byte 0 that ends the list.
    seq:
      - id: first
        type: u1
      - id: rest
        size: 3
        if: not is_end
      - id: len_data
        type: u4
        valid:
          max: 0x7fffffff
        if: not is_end
      - id: data
        size: len_data
        if: not is_end
      - id: chunk_checksum
        type: u4
        if: not is_end
    instances:
      is_end:
        value: first == 0
      is_critical:
        value: (first & 0x20) == 0
        doc: a reader that does not know it must not decode the file
  varint:
    doc: Unsigned LEB128 of at most 5 bytes.
    seq:
      - id: groups
        type: u1
        repeat: until
        repeat-until: (_ & 0x80) == 0
    instances:
      last:
        value: groups.size - 1
      value:
        value: >-
          (groups[0] & 0x7f)
          + (last >= 1 ? (groups[1] & 0x7f) << 7 : 0)
          + (last >= 2 ? (groups[2] & 0x7f) << 14 : 0)
          + (last >= 3 ? (groups[3] & 0x7f) << 21 : 0)
          + (last >= 4 ? (groups[4] & 0x0f) << 28 : 0)
  index_entry:
    seq:
      - id: len_hyper
        type: varint
      - id: len_pass1
        type: varint
      - id: len_pass2
        type: varint
      - id: len_exact
        type: varint
        if: _root.header.has_exact
      - id: len_alpha
        type: varint
        if: _root.header.has_alpha
      - id: tile_checksum
        type: u4
        doc: of the tile's bytes, all streams together
  tile:
    params:
      - id: number
        type: s4
        doc: in raster order
    seq:
      - id: hyper
        size: _root.index_entries[number].len_hyper.value
      - id: pass1
        size: _root.index_entries[number].len_pass1.value
      - id: pass2
        size: _root.index_entries[number].len_pass2.value
      - id: exact
        type: exact_pixels
        size: _root.index_entries[number].len_exact.value
        if: _root.header.has_exact and _root.index_entries[number].len_exact.value > 0
      - id: alpha
        size: _root.index_entries[number].len_alpha.value
        if: _root.header.has_alpha
        doc: the sample that all pixels have, or a zstd frame of rows that are filtered as PNG does
  exact_pixels:
    seq:
      - id: mode
        type: u1
        doc: after it the size of a mask and the mask, a zstd frame, if is_partial, then detail, the number of colors less 1, and a color or a zstd frame
      - id: rest
        size-eos: true
    instances:
      model:
        value: mode & 3
        doc: 0 palette, 1 palette with escapes, 2 samples, 3 samples less green
      strip_height:
        value: 1 << ((mode >> 2) & 7)
      is_planar:
        value: (mode & 0x20) != 0
      is_partial:
        value: (mode & 0x40) != 0
      has_latents:
        value: (mode & 0x80) == 0
