#include "ovaport/ovf/start_sequence.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "ovaport/base/text.h"

namespace ovaport::ovf {

namespace {

constexpr int kLast = std::numeric_limits<int>::max();

using Steps = std::vector<StartStep>;
using Items = std::map<std::string_view, const StartupItem*>;

int stages_of(const Steps& steps) {
  int last = 0;
  for (const StartStep& step : steps)
    last = std::max(last, step.stage);
  return last;
}

class Sequencer {
 public:
  explicit Sequencer(Concerns& concerns) : concerns_(concerns) {}

  Steps steps_of(const Content& content) {
    if (content.kind == ContentKind::virtual_system) return {step_of(content)};
    const Items items = items_of(content);
    std::map<int, std::vector<const Content*>> by_order;
    for (const Content& child : content.children) {
      const auto item = items.find(child.id);
      by_order[item == items.end() ? kLast : item->second->order].push_back(&child);
    }
    Steps all;
    for (const auto& [order, members] : by_order)
      append_group(items, members, all);
    return all;
  }

  [[nodiscard]] bool ordered() const { return ordered_; }

 private:
  StartStep step_of(const Content& system) {
    StartStep step;
    step.system = &system;
    step.install_boot = system.install_boot_stop_delay;
    ordered_ = ordered_ || step.install_boot.has_value();
    return step;
  }

  void warn(std::string_view code, std::string message, const Content& content,
            std::string advice = {}) {
    concerns_.push_back({std::string(code), Severity::warning, std::move(message),
                         std::move(advice), "", content.id, content.line});
  }

  // The items of a collection by member; what names no member, or names it again, is
  // reported.
  Items items_of(const Content& collection) {
    ordered_ = ordered_ || !collection.startup.empty();
    std::set<std::string_view> members;
    for (const Content& child : collection.children)
      members.insert(child.id);
    Items items;
    for (const StartupItem& item : collection.startup) {
      if (members.count(item.id) == 0)
        warn("ovf.startup-unknown",
             "the StartupSection names " + quote(item.id) +
                 ", which is no member of the collection; ignored",
             collection);
      else if (!items.emplace(item.id, &item).second)
        warn("ovf.startup-twice",
             "the StartupSection names " + quote(item.id) + " more than once; the first counts",
             collection);
    }
    return items;
  }

  void append_group(const Items& items, const std::vector<const Content*>& members, Steps& all) {
    const int before = stages_of(all);
    for (const Content* member : members) {
      Steps steps = steps_of(*member);
      if (const auto item = items.find(member->id); item != items.end())
        apply(*item->second, *member, steps);
      for (StartStep& step : steps) {
        step.stage += before;
        all.push_back(step);
      }
    }
  }

  // What an item says of a collection holds for the collection as a whole: nothing of
  // it starts, and the delay comes after its last stage.
  void apply(const StartupItem& item, const Content& member, Steps& steps) {
    const bool start = !equal_ignoring_case(item.start_action, "none");
    if (start && !equal_ignoring_case(item.start_action, "powerOn"))
      warn("ovf.startup-action",
           "the start action " + quote(item.start_action) + " is unknown; powerOn is meant",
           member);
    const StopAction stop = stop_action_of(item, member);
    const int last = stages_of(steps);
    for (StartStep& step : steps) {
      step.start = step.start && start;
      if (step.stage == last) {
        step.start_delay = std::max(step.start_delay, item.start_delay);
        step.wait_for_guest = step.wait_for_guest || item.waiting_for_guest;
      }
      if (step.stage == 1) step.stop_delay = std::max(step.stop_delay, item.stop_delay);
      if (member.kind == ContentKind::virtual_system || stop == StopAction::none)
        step.stop_action = stop;
    }
  }

  StopAction stop_action_of(const StartupItem& item, const Content& member) {
    if (equal_ignoring_case(item.stop_action, "guestShutdown")) return StopAction::guest_shutdown;
    if (equal_ignoring_case(item.stop_action, "none")) {
      warn("ovf.startup-never-stopped",
           "the stop action of " + quote(member.id) +
               " is none: it is left running when the appliance is stopped",
           member, "Stop it by hand when it is not needed");
      return StopAction::none;
    }
    if (!equal_ignoring_case(item.stop_action, "powerOff"))
      warn("ovf.startup-action",
           "the stop action " + quote(item.stop_action) + " is unknown; powerOff is meant", member);
    return StopAction::power_off;
  }

  Concerns& concerns_;
  bool ordered_ = false;
};

}  // namespace

std::string_view to_string(StopAction action) {
  switch (action) {
    case StopAction::power_off:
      return "powerOff";
    case StopAction::guest_shutdown:
      return "guestShutdown";
    case StopAction::none:
      return "none";
  }
  return "powerOff";
}

StartSequence start_sequence(const Envelope& envelope, Concerns& concerns) {
  Sequencer sequencer(concerns);
  StartSequence sequence;
  sequence.steps = sequencer.steps_of(envelope.content);
  sequence.ordered = sequencer.ordered();
  std::stable_sort(sequence.steps.begin(), sequence.steps.end(),
                   [](const StartStep& a, const StartStep& b) { return a.stage < b.stage; });
  return sequence;
}

}  // namespace ovaport::ovf
