#!/bin/sh
# run.sh DIRECTORY SECONDS SEED NAME: runs a fuzz target over its seeds; fails if it does. DIRECTORY
# has the program NAME_fuzz and gets what is found. SEED 0: another one every time.
set -eu
directory=$1
seconds=$2
seed=$3
name=$4

# A parser is quadratic or leaks long before an input is this big.
max_length() {
  case $1 in
    version | fmri | target | negotiate) echo 2048 ;;
    *) echo 16384 ;;
  esac
}

found=$directory/found-$name
mkdir -p "$found"
log=$directory/$name.log
if ! "$directory/${name}_fuzz" -seed="$seed" -max_total_time="$seconds" -max_len="$(max_length "$name")" \
    -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=60 -print_final_stats=1 -use_value_profile=1 \
    -artifact_prefix="$directory/crash-$name-" "$found" "tests/fuzz/corpus/$name" \
    > "$log" 2>&1; then
  grep -v '^#' "$log" | tail -40 >&2
  echo "fuzz: $name failed; the input is the file above, the log is $log" >&2
  exit 1
fi
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
echo "fuzz: $name ${executed:-?} inputs in $seconds s, none failed"
