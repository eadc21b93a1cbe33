#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ovaport/guest/guest.h"

namespace ovaport::guest {

/// Which file a piece of network configuration comes from.
enum class NetworkSyntax { ifupdown, netplan, keyfile, ifcfg, networkd };

/// Names of physical-looking interfaces that a configuration file names; loopback,
/// wildcards, bridges, bonds, VLANs and the like are left out.
std::vector<std::string> interface_names(NetworkSyntax syntax, std::string_view file_name,
                                         std::string_view text);

/// The names in the order in which VMware numbers its slots. ens<slot> counts 160,
/// 192, 224, 256, 161, 193, … : each PCIe bridge's first function before any
/// bridge's second. ens33 and its like (PCI bridge) come before those; other names
/// follow by their trailing number.
std::vector<std::string> in_slot_order(std::vector<std::string> names);

/// Pairs of (MAC, name) that keep the names. A NIC whose PCI slot is known takes
/// the name that this slot makes, if the guest uses it; the others take the
/// remaining names in slot order. eth<N> goes to the N-th NIC.
std::vector<std::pair<std::string, std::string>> pair_names(
    const std::vector<ConfiguredInterface>& interfaces, const std::vector<GuestNic>& nics);

/// A udev rules file that gives each MAC its name. Udev rules and not .link files,
/// since they work for every udev, also when an initramfs has already named the
/// interface, and cannot catch a bridge that borrows the MAC (DRIVERS=="?*").
std::string render_udev_rules(const std::vector<std::pair<std::string, std::string>>& names);

}  // namespace ovaport::guest
