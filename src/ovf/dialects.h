#pragma once

#include "reader.h"

namespace ovaport::ovf {

/// The dialect of an envelope by its namespaces. Kind unsupported, code
/// "ovf.namespace", for one that is none of OVF's.
Result<Dialect> dialect_of(const Element& root, const ReadContext& context);

/// oVirt and RHV describe processors, adapters and disks by elements of their own:
/// puts what they say where the standard has it.
void complete_ovirt_item(const Element& element, Item& item);
void complete_ovirt_disk(const Element& element, Disk& disk);
void resolve_ovirt_references(Envelope& envelope);

/// VirtualBox repeats the whole machine in its own format (vbox:Machine). It counts
/// for the firmware, which nothing else tells, and where the standard part is silent.
void complete_from_vbox_machine(const Element& machine, Content& content);

}  // namespace ovaport::ovf
