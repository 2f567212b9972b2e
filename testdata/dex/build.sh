#!/bin/sh
# Assembles scenes.dex out of scenes/*.smali, and lists its strings with an independent parser.
# Needs smali and baksmali 2.5 (Debian: libsmali-java).
set -eu
cd "$(dirname "$0")"
smali assemble --api 28 --output scenes.dex scenes
baksmali list strings scenes.dex > scenes.strings
