#!/bin/sh
# A process that resists being ended: `shape.sh TOKEN READY KIND CLOSE [PARENT]`, started by shapes.cjs. Each process
# that it starts has the token, a number, in its command line. It creates the file READY once it has its shape. One that
# hops or leaps does so repeatedly.
trap '' HUP INT TERM
token=$1 ready=$2 kind=$3 close=$4 parent=$5
if [ "$close" = close ]; then
  exec 0<&- 1>&- 2>&-
fi
if [ -n "$parent" ]; then
  while kill -0 "$parent"; do sleep 0.01; done
fi
: >"$ready"
case $kind in
stay) while :; do sleep "1000.$token"; done ;;
forks) while :; do
  sleep "1000.$token" &
  sleep 0.01
done ;;
hops)
  /bin/sh "$0" "$token" "$ready" hops "$close" &
  exit
  ;;
leaps)
  setsid /bin/sh "$0" "$token" "$ready" leaps "$close" &
  exit
  ;;
esac
