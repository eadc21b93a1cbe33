#include "start_script.h"

#include <algorithm>

#include "ovaport/ovf/start_sequence.h"

namespace ovaport::imports {

namespace {

constexpr std::string_view kHead = R"sh(#!/bin/sh
# Starts the machines of this appliance in the order that its vendor gave, or stops them
# in reverse:  ./start.sh [start|stop]
# Apply manifests.yaml and upload the disks first. KUBECTL and VIRTCTL name other programs.
set -eu
kubectl=${KUBECTL:-kubectl}
virtctl=${VIRTCTL:-virtctl}

now() { date +%s; }

# elapsed SECONDS: whether the stage began so long ago.
elapsed() { [ $(($(now) - begin)) -ge "$1" ]; }

start() {
  echo "starting $1"
  "$virtctl" --namespace "$namespace" start "$1"
}

wait_seconds() {
  until elapsed "$1"; do sleep 1; done
}

vmi() { "$kubectl" --namespace "$namespace" get vmi "$1" --ignore-not-found --output "$2"; }

# wait_for_guest NAME SECONDS: until the guest's agent answers, at most so long.
wait_for_guest() {
  echo "waiting for the guest of $1, at most $2 s"
  agent='jsonpath={.status.conditions[?(@.type=="AgentConnected")].status}'
  until [ "$(vmi "$1" "$agent")" = True ]; do
    if elapsed "$2"; then
      echo "the agent of $1 has not answered; going on" >&2
      return 0
    fi
    sleep 2
  done
}

# wait_for_install NAME SECONDS: the first boot ends by itself and another one follows;
# 0 seconds means as long as it takes.
wait_for_install() {
  if "$kubectl" --namespace "$namespace" get vm "$1" --output yaml |
    grep -q 'ovaport.io/installed:'; then
    return 0
  fi
  echo "waiting for the first boot of $1 to end"
  first=
  while :; do
    uid=$(vmi "$1" 'jsonpath={.metadata.uid}')
    [ -n "$first" ] || first=$uid
    if [ -n "$uid" ] && [ "$uid" != "$first" ]; then break; fi
    if [ "$2" -gt 0 ] && elapsed "$2"; then
      echo "the first boot of $1 goes on; not waiting any longer" >&2
      break
    fi
    sleep 2
  done
  "$kubectl" --namespace "$namespace" annotate vm "$1" --overwrite ovaport.io/installed=true
}

# The guest is asked to shut down, whatever the vendor wants: nothing is lost by it.
stop() {
  echo "stopping $1"
  "$virtctl" --namespace "$namespace" stop "$1"
}

wait_for_stop() {
  until [ -z "$(vmi "$1" name)" ]; do sleep 2; done
}

)sh";

std::string call(std::string_view function, const StartEntry& entry, int seconds = -1) {
  std::string line = "  " + std::string(function) + " " + entry.machine;
  if (seconds >= 0) line += " " + std::to_string(seconds);
  return line + "\n";
}

using Stage = std::vector<const StartEntry*>;

std::vector<Stage> stages_of(const std::vector<StartEntry>& sequence) {
  std::vector<Stage> stages;
  int last = 0;
  for (const StartEntry& entry : sequence) {
    if (stages.empty() || entry.stage != last) stages.emplace_back();
    last = entry.stage;
    stages.back().push_back(&entry);
  }
  return stages;
}

std::string start_stage(const Stage& stage) {
  std::string text = "  begin=$(now)\n";
  for (const StartEntry* entry : stage)
    text += entry->start ? call("start", *entry)
                         : "  echo '" + entry->machine + " is to be started by hand'\n";
  int delay = 0;
  for (const StartEntry* entry : stage) {
    if (!entry->start) continue;
    if (entry->install_boot) text += call("wait_for_install", *entry, *entry->install_boot);
    if (entry->wait_for_guest)
      text += call("wait_for_guest", *entry,
                   entry->start_delay > 0 ? entry->start_delay : ovf::kGuestWaitLimit);
    else
      delay = std::max(delay, entry->start_delay);
  }
  if (delay > 0) text += "  wait_seconds " + std::to_string(delay) + "\n";
  return text;
}

std::string stop_stage(const Stage& stage) {
  std::string text;
  std::string waits;
  int delay = 0;
  for (const StartEntry* entry : stage) {
    if (entry->stop_action == "none") {
      text += "  echo '" + entry->machine + " is left as it is'\n";
      continue;
    }
    text += call("stop", *entry);
    waits += call("wait_for_stop", *entry);
    delay = std::max(delay, entry->stop_delay);
  }
  if (delay > 0) waits += "  begin=$(now)\n  wait_seconds " + std::to_string(delay) + "\n";
  return text + waits;
}

}  // namespace

// The names are DNS-1123 labels: nothing in them needs quoting.
std::string start_script(const std::vector<StartEntry>& sequence, std::string_view name_space) {
  const std::vector<Stage> stages = stages_of(sequence);
  std::string text(kHead);
  text += "namespace=" + std::string(name_space) + "\n\nstart_all() {\n  :\n";
  for (const Stage& stage : stages)
    text += start_stage(stage);
  text += "}\n\nstop_all() {\n  :\n";
  for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage)
    text += stop_stage(*stage);
  return text + R"(}

case ${1:-start} in
  start) start_all ;;
  stop) stop_all ;;
  *) echo "usage: $0 [start|stop]" >&2; exit 2 ;;
esac
)";
}

}  // namespace ovaport::imports
