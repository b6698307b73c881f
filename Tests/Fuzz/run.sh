#!/usr/bin/env bash
# Fuzzes the decoder of symbol streams with libFuzzer, which comes with the Swift toolchain.
#   Tests/Fuzz/run.sh [libFuzzer options…]        e.g. -runs=10000000, -max_total_time=1800
#   Tests/Fuzz/run.sh --mutations COUNT           mutates what libFuzzer found, much faster
# VZ_SANITIZE=fuzzer,address (or address, with --mutations) adds the address sanitizer. What is found
# goes to .build/fuzz/corpus; Tests/Fuzz/Corpus is where it begins.
set -e
cd "$(dirname "$0")/../.."
mkdir -p .build/fuzz/corpus
sources=(Sources/VAEZip/Entropy/*.swift Tests/Fuzz/SymbolFuzzer.swift)
options=(-O -parse-as-library -swift-version 6 -package-name vaezip -I Sources/CZstd -lzstd)
if [ "$1" = --mutations ]; then
  swiftc "${options[@]}" -module-name Mutations ${VZ_SANITIZE:+-sanitize="$VZ_SANITIZE"} \
    "${sources[@]}" Tests/Fuzz/Mutations.swift -o .build/fuzz/mutations
  exec .build/fuzz/mutations "$2" .build/fuzz/corpus/* Tests/Fuzz/Corpus/*
fi
swiftc "${options[@]}" -module-name SymbolFuzzer -sanitize="${VZ_SANITIZE:-fuzzer}" \
  "${sources[@]}" -o .build/fuzz/symbols
exec .build/fuzz/symbols -max_len=600 "$@" .build/fuzz/corpus Tests/Fuzz/Corpus
