#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ovaport::cli {

/// How packages are judged: what inspect and import have in common.
struct JudgingArguments {
  bool strict = false;
  std::string policy_file;
  std::vector<std::string> trust_stores;
};

/// `ovaport inspect`
struct InspectArguments {
  JudgingArguments judging;
  std::vector<std::string> packages;
  bool json = false;
  bool descriptor_only = false;
  bool guest = false;
  std::string option;
  std::string language;
};

/// `ovaport import`
struct ImportArguments {
  JudgingArguments judging;
  std::string package;
  std::string digest;
  std::string out;
  std::string option;
  std::vector<std::string> properties;  ///< KEY=VALUE
  std::vector<std::string> property_files;
  std::vector<std::string> ip_profiles;       ///< NETWORK=ADDRESS/PREFIX,… or NETWORK=dhcp
  std::vector<std::string> ip_profile_files;  ///< Files of such lines.
  std::string language;
  std::vector<std::string> networks;  ///< 'NAME=pod', 'NAME=multus:NS/NAME', 'NAME=none'
  std::string storage_class;
  std::string name;
  std::string name_space = "default";
  std::string guest = "convert";
  std::string guest_env_mode = "any";
  std::string virtio_win;
  std::vector<std::string> systems;
  std::vector<std::string> allowed_urls;
  bool accept_eula = false;
  bool require_manifest = false;
  bool override_constants = false;
  bool keep_macs = false;
  bool replace = false;
  bool start = false;
  bool quiet = false;
  bool json = false;
  unsigned workers = 0;
};

/// `ovaport properties schema`
struct PropertiesArguments {
  std::string package;
  std::string system;
  std::string option;
  std::string language;
  bool descriptor_only = false;
};

/// `ovaport guest inspect|convert|inject`
struct GuestArguments {
  std::string action;
  std::vector<std::string> disks;
  std::string bus = "scsi";
  std::string guest_env_mode = "any";
  std::string virtio_win;
  std::vector<std::string> macs;
  bool json = false;
};

/// `ovaport diff`
struct DiffArguments {
  std::string before;
  std::string after;
  std::string option;
  bool descriptor_only = false;
  bool deep = false;
  bool json = false;
};

/// `ovaport concerns`
struct ConcernsArguments {
  bool json = false;
  bool markdown = false;
  std::string code;
};

/// All that was said on the command line; `command` names the subcommand.
struct Arguments {
  std::string command;
  InspectArguments inspect;
  ImportArguments import_;
  PropertiesArguments properties;
  GuestArguments guest;
  DiffArguments diff;
  ConcernsArguments concerns;
  std::string completion_shell = "bash";
};

/// The parser, filling `arguments`, which must outlive it.
std::unique_ptr<CLI::App> make_parser(Arguments& arguments);

}  // namespace ovaport::cli
