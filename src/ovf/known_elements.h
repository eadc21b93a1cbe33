#pragma once

#include <string_view>

#include "reader.h"

namespace ovaport::ovf {

/// Reports children of a section of kind `kind` that neither the standard nor a known
/// producer puts there. ovf:required decides (DSP0243 2.1.1 §7.1): true refuses, false
/// is information, and absent, which means true but is forgotten by many, a warning.
void check_section_children(const Element& section, std::string_view kind,
                            const ReadContext& context);

/// The same for the settings of an Item, StorageItem or EthernetPortItem.
void check_item_children(const Element& item, const ReadContext& context);

/// Whether the element is in a namespace of a producer whose additions are known to
/// ask nothing of a reader: VMware, VirtualBox, Citrix, Oracle, IBM, Microsoft.
bool is_known_producer(const Element& element);

/// Takes a section that the model has no member for: what of the standard is not
/// carried over is reported, the rest added to `others`.
void take_other_section(const Element& section, const std::string& kind,
                        std::vector<OtherSection>& others, const ReadContext& context);

/// Reports a section that has no Info element (§7.1: every section has one).
void check_info(const Element& element, const ReadContext& context);

}  // namespace ovaport::ovf
