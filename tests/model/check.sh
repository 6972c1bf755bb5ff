#!/bin/sh
# check.sh NAME DIRECTORY: does the line NAME of the file `checks` below DIRECTORY, and prints one line.
#   safe     everything was looked at; no assertion fails, and nothing stands still where it must not
#   ends     everything was looked at; nothing goes on for ever
#   part     as safe, but looks at what it can in MODEL_SECONDS, by hashes, no run beyond 300 steps
#   unsafe, stuck, endless: the opposite must be found
set -u
name=$1 directory=$2/$1 models=$(cd "$(dirname "$0")" && pwd)
line=$(sed -n "s/^$name  *//p" "$models/checks")
[ -n "$line" ] || { echo "model: $models/checks has no line $name"; exit 1; }
# shellcheck disable=SC2086
set -- $line
expected=$1 model=$2
shift 2
limit=600 compile= search=-m200000 found=
case $expected in
  safe) ;;
  ends) compile=-DNOSTUTTER search='-m200000 -a' ;;
  part) compile='-DBITSTATE' search='-w29 -m300' limit=${MODEL_SECONDS:-10} ;;
  unsafe) found='assertion violated' ;;
  stuck) found='invalid end state' ;;
  endless) compile=-DNOSTUTTER search='-m200000 -a' found='acceptance cycle' ;;
  *) echo "model: $name: $expected is not known"; exit 1 ;;
esac
[ "$expected" = part ] || compile="$compile -DCOLLAPSE"
rm -rf "$directory" && mkdir -p "$directory" && cd "$directory" || exit 1
fail() { echo "model: $name: $1"; cat spin.log pan.log 2>/dev/null | head -40; exit 1; }
start=$(date +%s)
spin "$@" -a "$models/$model.pml" >spin.log 2>&1 || fail 'spin does not accept it'
# shellcheck disable=SC2086
gcc $([ -n "$found" ] && echo -O0 || echo -O2) -w -DNOREDUCE -DVECTORSZ=256 -DMEMLIM=900 $compile -o pan pan.c >>spin.log 2>&1 ||
  fail 'gcc does not accept it'
# shellcheck disable=SC2086
timeout -s INT "$limit" ./pan -n $search >pan.log 2>&1
errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log)
states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' pan.log)
took="$states states, $(($(date +%s) - start)) s"
[ "$expected" = part ] ||
  ! grep -qE 'max search depth too small|memory limit|out of memory' pan.log ||
  fail 'not everything was looked at'
if [ -n "$found" ]; then
  grep -q "$found" pan.log || fail "not found: $found"
  echo "model: $name: found ($found), as it must be"
elif [ "$errors" != 0 ]; then
  fail "to see the steps: cd $directory && spin $* -t -p -g -k $model.pml.trail $models/$model.pml"
elif grep -q 'Search not completed' pan.log; then
  [ "$expected" = part ] || fail "not done in $limit s"
  echo "model: $name: no error in a part ($took)"
else
  echo "model: $name: $expected ($took)"
fi
