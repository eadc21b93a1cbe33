#include "ovaport/base/text.h"
#include "reader.h"

namespace ovaport::ovf {

namespace {

Property read_property(const Element& element, const Message& category) {
  Property property;
  property.line = element.line();
  property.key = element.attribute_or("key", "");
  property.type = element.attribute_or("type", "");
  property.qualifiers = element.attribute_or("qualifiers", "");
  // Not the unprefixed one, which is OVF's.
  const std::string vmware = element.attribute_or("qualifiers", "", Family::vmw);
  if (vmware != property.qualifiers) property.vmw_qualifiers = vmware;
  property.user_configurable = is_true(element.attribute_or("userConfigurable", "false"));
  property.value = element.attribute("value");
  property.password = is_true(element.attribute_or("password", "false"));
  property.label = read_message(element.child("Label"));
  property.description = read_message(element.child("Description"));
  for (const Element& value : element.children("Value"))
    property.values.push_back(
        {value.attribute_or("value", ""), value.attribute_or("configuration", "")});
  const std::string configurations = element.attribute_or("configuration", "");
  for (const std::string_view id : split(configurations, " ,\t"))
    property.configurations.emplace_back(id);
  property.category = category;
  return property;
}

}  // namespace

ProductSection read_product(const Element& section, const ReadContext& context) {
  ProductSection product;
  product.line = section.line();
  product.product_class = section.attribute_or("class", "");
  product.instance = section.attribute_or("instance", "");
  product.info = read_message(section.child("Info"));
  product.product = read_message(section.child("Product"));
  product.vendor = read_message(section.child("Vendor"));
  product.version = section.child_text("Version");
  product.full_version = section.child_text("FullVersion");
  product.product_url = section.child_text("ProductUrl");
  product.vendor_url = section.child_text("VendorUrl");
  product.app_url = section.child_text("AppUrl");
  Message category;
  for (const Element& element : section.children()) {
    // Category is a sibling that groups what follows it.
    if (element.local() == "Category") category = read_message(element);
    if (element.local() != "Property") continue;
    product.properties.push_back(read_property(element, category));
    if (product.properties.back().key.empty()) {
      context.warn("ovf.property-key", "a property has no key", element, Severity::critical);
      product.properties.pop_back();
    }
  }
  return product;
}

}  // namespace ovaport::ovf
