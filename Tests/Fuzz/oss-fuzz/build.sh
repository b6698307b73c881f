#!/bin/bash -eu
# Builds the fuzzer for OSS-Fuzz: a program, its options and its first inputs for each target, in $OUT.
# Programs run where libpng and the others are not installed, so all libraries are linked into them.
#   SRC OUT WORK SANITIZER     of OSS-Fuzz; SANITIZER is address
cd "$SRC/vaezip"
if command -v precompile_swift >/dev/null; then
  # Puts a symbolizer into $OUT that knows Swift's names.
  . precompile_swift
fi

# CFLAGS of the builder choose a clang and a C++ library of its own; these belong to Swift's.
export C_FLAGS="-O1 -g -fsanitize=fuzzer-no-link,$SANITIZER,undefined -fno-sanitize-recover=undefined"
export SWIFT_FLAGS="-sanitize=fuzzer,$SANITIZER -static-stdlib"
export LIBRARIES="-l:libpng.a -l:libjpeg.a -l:libz.a -l:libzstd.a -l:libxxhash.a"
Tests/Fuzz/build "$WORK/fuzzer" "$WORK/parts"

for target in png image container model symbols exact decompress roundtrip; do
  # The name tells the program its target.
  name=vaezip_$target
  cp "$WORK/fuzzer" "$OUT/$name"
  corpus=Tests/Fuzz/Corpus/$target
  [ "$target" != roundtrip ] || corpus=Tests/Fuzz/Corpus/png
  (cd "$corpus" && zip -q -r "$OUT/${name}_seed_corpus.zip" .)
  case $target in
    symbols) longest=600 ;;
    model) longest=16384 ;;
    *) longest=4096 ;;
  esac
  # Swift's own allocations at start are no leaks.
  printf '[libfuzzer]\nmax_len = %s\ntimeout = 10\nrss_limit_mb = 1024\n\n[asan]\ndetect_leaks = 0\n' \
    "$longest" > "$OUT/$name.options"
done
