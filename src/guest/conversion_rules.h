#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ovaport/base/concern.h"
#include "ovaport/guest/guest.h"

namespace ovaport::guest {

/// What this host has for converting guests.
struct Means {
  std::string missing_program;  ///< Of those that conversion needs; "" when all are there.
  bool virtio_win = false;
  bool service_runner = false;
};

/// Why the guest is not converted, and what to do about it.
struct Refusal {
  std::string reason;
  std::string advice;
};

/// Whether virt-v2v would refuse this guest, or do it no good; nothing if it is for it.
std::optional<Refusal> reason_not_to_convert(const Inspection& guest, const Means& means);

/// A line of virt-v2v's output: "[  12.3] Doing something".
struct Message {
  enum class Kind { step, warning, error, other } kind = Kind::other;
  std::string text;  ///< escaped()
  int percent = 0;   ///< Of virt-v2v's work, for a step; an estimate.
};
Message parse_message(std::string_view line);

/// What of `before` is worth telling.
std::vector<std::string> describe_found(const Inspection& before);

/// Packages and programs of VMware Tools that are no longer there.
std::vector<std::string> describe_removed(const Inspection& before, const Inspection& after);

}  // namespace ovaport::guest
