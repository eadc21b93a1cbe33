#include "arguments.h"

namespace ovaport::cli {

namespace {

constexpr const char* kExitCodes = R"(
Exit codes:
  0 done    1 bug in ovaport    2 wrong command line
  3 package malformed or not supported    4 digest mismatch or truncated data
  5 a choice is missing or wrong (property, EULA, network, deployment option)
  6 file missing, target exists, I/O error    7 no space    8 helper program failed
  130 interrupted)";

void add_judging(CLI::App& command, JudgingArguments& arguments) {
  command.add_flag("--strict", arguments.strict,
                   "Refuse every deviation from the OVF standard that is tolerated otherwise");
  command
      .add_option("--policy", arguments.policy_file,
                  "JSON file of rules that packages must keep (schemas/policy.schema.json)")
      ->type_name("FILE");
  command
      .add_option("--trust-store", arguments.trust_stores,
                  "PEM file or directory of them: who else may sign packages; repeat for more")
      ->type_name("PATH")
      ->expected(1)
      ->take_all();
}

void add_inspect(CLI::App& app, InspectArguments& arguments) {
  CLI::App* command =
      app.add_subcommand("inspect", "Show what a package holds and what to look out for");
  command
      ->add_option("PACKAGE", arguments.packages,
                   "OVA files, OVF directories or .ovf files; several are read in parallel")
      ->required()
      ->type_name("FILE");
  command->add_flag("--json", arguments.json,
                    "Print JSON instead of tables; of several packages one line each");
  command->add_flag("--descriptor-only", arguments.descriptor_only,
                    "Judge a bare .ovf whose disks are absent");
  command->add_flag("--guest", arguments.guest,
                    "Also decode the disks and look into the guest (slow, needs space in TMPDIR)");
  command->add_option("--option", arguments.option, "Deployment option to show")->type_name("ID");
  command
      ->add_option("--language", arguments.language,
                   "Languages of texts, e.g. de or 'de-AT, en' (default: of the environment)")
      ->type_name("LANG");
  add_judging(*command, arguments.judging);
  command->footer(R"(Examples:
  ovaport inspect appliance.ova
  ovaport inspect --strict --trust-store vendor.pem appliance.ova
  ovaport inspect --json appliance.ova | jq '.systems[0].properties'
  ovaport inspect --descriptor-only appliance.ovf
  ovaport inspect --json /share/*.ova | jq -r 'select(.error) | .file'

Of several packages the exit code is that of the first which has one.)");
}

void add_import_choices(CLI::App& command, ImportArguments& arguments) {
  command.add_option("--option", arguments.option, "Deployment option (see inspect)")
      ->type_name("ID");
  command
      .add_option("--prop", arguments.properties,
                  "Property of the OVF environment; repeat for more. ID:KEY=VALUE sets it for the "
                  "virtual system (or collection) of that id only")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command
      .add_option("--prop-file", arguments.property_files,
                  "File of KEY=VALUE lines or a JSON object; keeps passwords off the command line")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  command
      .add_option("--ip", arguments.ip_profiles,
                  "Addresses for a network of the package, from which properties for addresses, "
                  "netmask, gateway, DNS are filled: 'VM Network=10.0.0.5/24,gateway=10.0.0.1,"
                  "dns=10.0.0.2 10.0.0.3,search=example.org', or 'VM Network=dhcp'")
      ->type_name("NETWORK=ADDRESSES")
      ->expected(1)
      ->take_all();
  command.add_option("--ip-file", arguments.ip_profile_files, "File with one --ip a line")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  command
      .add_option("--language", arguments.language,
                  "Languages of texts, e.g. de or 'de-AT, en' (default: of the environment)")
      ->type_name("LANG");
  command
      .add_option("--network", arguments.networks,
                  "Where a network of the package leads: 'VM Network=pod', "
                  "'VM Network=multus:NAMESPACE/NAME' or 'VM Network=none'")
      ->type_name("NAME=TARGET")
      ->expected(1)
      ->take_all();
  command
      .add_option("--system", arguments.systems,
                  "Import only this virtual system of a package with several; repeat for more")
      ->type_name("ID")
      ->expected(1)
      ->take_all();
  command
      .add_option("--allow-url", arguments.allowed_urls,
                  "Fetch files that the descriptor references by URLs at or below this one; "
                  "without it such a package is refused. Repeat for more")
      ->type_name("URL")
      ->expected(1)
      ->take_all();
  command.add_flag("--accept-eula", arguments.accept_eula, "Accept the licences of the package");
  command.add_flag("--override-constants", arguments.override_constants,
                   "Let --prop change properties that the vendor made constant");
  command.add_flag("--keep-macs", arguments.keep_macs,
                   "Keep MAC addresses that the descriptor fixes");
}

void add_import_target(CLI::App& command, ImportArguments& arguments) {
  command.add_option("--out", arguments.out, "Directory for the result: OUT/<name>/")
      ->required()
      ->type_name("DIR");
  command.add_option("--name", arguments.name, "Name of the virtual machine")->type_name("NAME");
  command.add_option("--namespace", arguments.name_space, "Namespace in the manifests")
      ->capture_default_str();
  command.add_option("--storage-class", arguments.storage_class, "Storage class of the disks")
      ->type_name("NAME");
  command.add_flag("--start", arguments.start, "The virtual machine starts when it is applied");
  command.add_flag("--replace", arguments.replace, "Replace OUT/<name> if it exists");
  command.add_flag("--require-manifest", arguments.require_manifest,
                   "Refuse a package whose files are not all covered by a manifest");
}

void add_guest_choices(CLI::App& command, std::string& env_mode, std::string& virtio_win) {
  command
      .add_option("--guest-env-mode", env_mode,
                  "Who may read the OVF environment in the guest: any (as on VMware) or root")
      ->check(CLI::IsMember({"any", "root"}))
      ->capture_default_str();
  command
      .add_option("--virtio-win", virtio_win,
                  "Directory or ISO with the VirtIO drivers for Windows guests")
      ->type_name("PATH");
}

void add_import(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command = app.add_subcommand(
      "import", "Decode and verify the disks, convert the guest, write KubeVirt manifests");
  command
      ->add_option("PACKAGE", arguments.package,
                   "OVA file, OVF directory or .ovf file, or the URL of an OVA")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--digest", arguments.digest,
                   "Refuse the package unless the file has this digest (SHA-1, -256, -384, -512)")
      ->type_name("HEX");
  add_import_target(*command, arguments);
  add_import_choices(*command, arguments);
  add_judging(*command, arguments.judging);
  command
      ->add_option("--guest", arguments.guest,
                   "convert: VirtIO drivers and the tools stand-in; inject: the stand-in only; "
                   "none: leave the guest alone")
      ->check(CLI::IsMember({"convert", "inject", "none"}))
      ->capture_default_str();
  add_guest_choices(*command, arguments.guest_env_mode, arguments.virtio_win);
  command->add_option("--workers", arguments.workers, "Decoder threads (default: one a core)")
      ->type_name("N");
  command->add_flag("--json", arguments.json, "Print the result as JSON");
  command->add_flag("-q,--quiet", arguments.quiet, "No progress");
  command->footer(std::string(R"(Examples:
  ovaport import appliance.ova --out vms --accept-eula
  ovaport import https://files.example.com/appliance.ova --out vms --digest 9f86d0…
  ovaport import appliance.ova --out vms --option small \
      --prop hostname=app1 --prop-file secrets.env \
      --network 'VM Network=multus:apps/vlan100' --storage-class fast
  ovaport import vapp.ova --out vms --prop db:hostname=db1 --prop web:hostname=web1 \
      --ip 'VM Network=10.0.0.5/24,10.0.0.6/24,gateway=10.0.0.1'
  kubectl apply -f vms/appliance/manifests.yaml
)") + kExitCodes);
}

void add_properties(CLI::App& app, PropertiesArguments& arguments) {
  CLI::App* command = app.add_subcommand("properties", "The properties of an appliance");
  command->require_subcommand(1);
  CLI::App* schema = command->add_subcommand(
      "schema", "Print a JSON Schema (2020-12) that a --prop-file in JSON has to fit");
  schema->add_option("PACKAGE", arguments.package, "OVA file, OVF directory or .ovf file")
      ->required()
      ->type_name("FILE");
  schema->add_option("--system", arguments.system, "Of this virtual system only")->type_name("ID");
  schema->add_option("--option", arguments.option, "With this deployment option")->type_name("ID");
  schema
      ->add_option("--language", arguments.language,
                   "Languages of texts, e.g. de or 'de-AT, en' (default: of the environment)")
      ->type_name("LANG");
  schema->add_flag("--descriptor-only", arguments.descriptor_only,
                   "Read a bare .ovf whose disks are absent");
  schema->footer(R"(Examples:
  ovaport properties schema appliance.ova > schema.json
  ovaport properties schema --system db --option small vapp.ova
  jsonschema -i answers.json schema.json && ovaport import appliance.ova --prop-file answers.json …)");
}

void add_guest(CLI::App& app, Arguments& all) {
  CLI::App* command =
      app.add_subcommand("guest", "Look into, convert or equip a raw disk image by hand");
  command->require_subcommand(1);
  GuestArguments& arguments = all.guest;
  const auto add = [&](const char* name, const char* description) {
    CLI::App* action = command->add_subcommand(name, description);
    action->add_option("DISK", arguments.disks, "Raw images of one guest, boot disk first")
        ->required()
        ->type_name("FILE");
    action->add_option("--bus", arguments.bus, "Bus of the disks on the source")
        ->check(CLI::IsMember({"scsi", "sata", "ide", "nvme"}))
        ->capture_default_str();
    action->add_flag("--json", arguments.json, "Print the report as JSON");
    action->callback([&arguments, name] { arguments.action = name; });
    return action;
  };
  add("inspect", "Report operating system, VMware Tools, who reads the OVF environment");
  for (CLI::App* action :
       {add("convert", "Convert to VirtIO and inject the tools stand-in (changes the images)"),
        add("inject", "Inject the tools stand-in only (changes the images)")}) {
    add_guest_choices(*action, arguments.guest_env_mode, arguments.virtio_win);
    action
        ->add_option("--mac", arguments.macs,
                     "MAC address of an adapter, in order: keeps the guest's interface names")
        ->type_name("MAC")
        ->expected(1)
        ->take_all();
  }
  command->footer(R"(Examples:
  ovaport guest inspect disk.raw
  ovaport guest convert --bus scsi boot.raw data.raw)");
}

void add_diff(CLI::App& app, DiffArguments& arguments) {
  CLI::App* command = app.add_subcommand("diff", "Compare two versions of an appliance");
  command->add_option("A", arguments.before, "OVA file, OVF directory or .ovf file")
      ->required()
      ->type_name("FILE");
  command->add_option("B", arguments.after, "The newer one")->required()->type_name("FILE");
  command->add_option("--option", arguments.option, "Deployment option to compare")
      ->type_name("ID");
  command->add_flag("--descriptor-only", arguments.descriptor_only,
                    "Compare bare .ovf files whose disks are absent");
  command->add_flag("--deep", arguments.deep,
                    "Read disks whose manifests have no digests of one algorithm");
  command->add_flag("--json", arguments.json, "Print JSON");
  command->footer(R"(Examples:
  ovaport diff appliance-1.0.ova appliance-1.1.ova
  ovaport diff --json old.ova new.ova | jq -r '.differences[].subject'

Exit codes are those of diff:
  0 no difference    1 differences    2 and above: trouble, as for the other commands)");
}

void add_concerns(CLI::App& app, ConcernsArguments& arguments) {
  CLI::App* command = app.add_subcommand("concerns", "Explain the codes of findings and errors");
  command->add_option("CODE", arguments.code, "Only this one, e.g. ovf.no-info");
  command->add_flag("--json", arguments.json, "Print JSON");
  command->add_flag("--markdown", arguments.markdown, "Print docs/concerns.md");
  command->footer("Examples:\n  ovaport concerns\n  ovaport concerns ovf.no-info");
}

}  // namespace

std::unique_ptr<CLI::App> make_parser(Arguments& arguments) {
  auto app = std::make_unique<CLI::App>(
      "Brings virtual appliances (OVA, OVF) into KubeVirt and makes them work there.", "ovaport");
  app->require_subcommand(1);
  app->set_version_flag("--version", "ovaport " OVAPORT_VERSION);
  app->footer(std::string("'ovaport COMMAND --help' shows options and examples.\n") + kExitCodes);
  add_inspect(*app, arguments.inspect);
  add_import(*app, arguments.import_);
  add_properties(*app, arguments.properties);
  add_guest(*app, arguments);
  add_diff(*app, arguments.diff);
  add_concerns(*app, arguments.concerns);
  CLI::App* completion =
      app->add_subcommand("completion", "Print the completion script of a shell");
  completion->add_option("SHELL", arguments.completion_shell, "bash")
      ->check(CLI::IsMember({"bash"}));
  completion->footer("Example:\n  ovaport completion bash > /etc/bash_completion.d/ovaport");
  // What a supervised child of ovaport runs; not for people.
  app->add_subcommand("guest-worker")->group("");
  app->final_callback([&arguments, parser = app.get()] {
    arguments.command = parser->get_subcommands().front()->get_name();
  });
  return app;
}

}  // namespace ovaport::cli
