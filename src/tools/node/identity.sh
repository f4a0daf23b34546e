#!/bin/sh
# Which machine this is, and which boot of it.
#
# By hand:  sudo sh identity.sh
# Prints, separated by tabs:
#   boot    <boot id: new with every boot, so the proof of a reset>
#   uid     <who asks: 0 is root>
#   kernel  <kernel release>
#   now     <seconds since 1970, UTC, by this machine's clock>
#   host    <host name>
#   uuid    <SMBIOS product UUID, or - without root or without SMBIOS>
#   end     <number of records before this one>
#
# Source: COMMANDS.md D.2 (mapping a node to its VM), D.3 (verifying a reset).
set -u
LC_ALL=C
export LC_ALL
n=0

record() {
  printf '%s\t%s\n' "$1" "$2"
  n=$((n + 1))
}

# The first line of a file, in $line.
first() {
  line=
  { IFS= read -r line || :; } 2>/dev/null <"$1"
}

first /proc/sys/kernel/random/boot_id
record boot "${line:--}"
record uid "$(id -u)"
record kernel "$(uname -r)"
record now "$(date +%s)"
record host "$(uname -n)"
first /sys/class/dmi/id/product_uuid
record uuid "${line:--}"
printf 'end\t%s\n' "$n"
