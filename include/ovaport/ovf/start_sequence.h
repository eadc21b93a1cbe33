#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ovaport/base/concern.h"
#include "ovaport/ovf/envelope.h"

namespace ovaport::ovf {

/// Longest wait for a guest that reports ready, where the descriptor gives no delay.
inline constexpr int kGuestWaitLimit = 600;  // seconds

enum class StopAction { power_off, guest_shutdown, none };

/// "powerOff", "guestShutdown" or "none".
std::string_view to_string(StopAction action);

/// When one virtual system of an appliance starts, and what comes before the next.
struct StartStep {
  const Content* system = nullptr;  ///< Into the envelope.
  int stage = 1;                    ///< 1-based; systems of one stage start together.
  bool start = true;                ///< startAction is not "none".
  int start_delay = 0;              ///< seconds to wait before the next stage
  bool wait_for_guest = false;      ///< The wait ends early when the guest is ready.
  StopAction stop_action = StopAction::power_off;
  int stop_delay = 0;  ///< seconds to wait before the stage before is stopped
  /// InstallSection: the first boot ends by itself and is waited for, this many
  /// seconds; 0 means as long as it takes. Absent: no such boot.
  std::optional<int> install_boot;
};

struct StartSequence {
  /// Some StartupSection or InstallSection says something: to start all systems at
  /// once would be wrong.
  bool ordered = false;
  std::vector<StartStep> steps;  ///< Of all virtual systems, by stage.
};

/// The order that the StartupSections of all collections give (DSP0243 2.1.1 §9.7):
/// within a collection members start by ascending order, those without an item after
/// all others; members that are collections run through their own sequence, beside
/// members of the same order. Stopping is the reverse. Concerns: items for unknown
/// members, several items for one, unknown actions, members that are never stopped.
StartSequence start_sequence(const Envelope& envelope, Concerns& concerns);

}  // namespace ovaport::ovf
