#include "ovaport/ovf/schema.h"

#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <climits>
#include <cstring>
#include <memory>
#include <string>

#include "ovaport/base/text.h"
#include "xml_guard.h"

namespace ovaport::ovf {

namespace {

#include "envelope_schemas.inc"

constexpr std::size_t kMostFindings = 50;

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Document = std::unique_ptr<xmlDoc, Deleter<xmlFreeDoc>>;
using SchemaParser = std::unique_ptr<xmlSchemaParserCtxt, Deleter<xmlSchemaFreeParserCtxt>>;
using Schema = std::unique_ptr<xmlSchema, Deleter<xmlSchemaFree>>;
using SchemaValidator = std::unique_ptr<xmlSchemaValidCtxt, Deleter<xmlSchemaFreeValidCtxt>>;

struct Report {
  std::string file;
  Concerns concerns;
};

Concern finding(std::string message, std::string_view file, int line) {
  Concern concern;
  concern.code = "ovf.schema";
  concern.severity = Severity::information;
  concern.message = std::move(message);
  concern.file = std::string(file);
  concern.line = line;
  return concern;
}

Concern no_schema(std::string_view file) {
  Concern concern =
      finding("there is no schema for this dialect; its structure was not checked", file, 0);
  concern.code = "ovf.no-schema";
  return concern;
}

// libxml2 names elements "{namespace}local"; the namespace is always the envelope's.
std::string without_namespaces(std::string_view message) {
  std::string text;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const bool opens = message.substr(i).starts_with("{http");
    if (opens) i = std::min(message.find('}', i), message.size() - 1);
    if (!opens) text += message[i];
  }
  return escaped(trimmed(text), 400);
}

#if LIBXML_VERSION >= 21200
using XmlErrorPointer = const xmlError*;
#else
using XmlErrorPointer = xmlErrorPtr;
#endif

void collect(void* context, XmlErrorPointer error) {
  Report& report = *static_cast<Report*>(context);
  if (report.concerns.size() >= kMostFindings || error->message == nullptr) return;
  report.concerns.push_back(finding(without_namespaces(error->message), report.file, error->line));
}

// The schema without a namespace is put where the other one includes it, so that no
// file needs to be found at run time.
std::string schema_text(const char* schema) {
  const std::string common = kEnvelopeSchemaCommon;
  const auto begin = common.find('>', common.find("<xs:schema")) + 1;
  const auto end = common.rfind("</xs:schema>");
  std::string text = schema;
  const auto include = text.find("<xs:include");
  text.replace(include, text.find("/>", include) + 2 - include, common, begin, end - begin);
  return text;
}

Schema compile(const char* schema) {
  const std::string text = schema_text(schema);
  const SchemaParser parser(xmlSchemaNewMemParserCtxt(text.data(), static_cast<int>(text.size())));
  return Schema(parser ? xmlSchemaParse(parser.get()) : nullptr);
}

void check(xmlDoc* document, const char* schema_source, Report& report) {
  const Schema schema = compile(schema_source);
  const SchemaValidator validator(schema ? xmlSchemaNewValidCtxt(schema.get()) : nullptr);
  if (!validator) {
    report.concerns.push_back(finding("the schema could not be loaded", report.file, 0));
    return;
  }
  xmlSchemaSetValidStructuredErrors(validator.get(), collect, &report);
  xmlSchemaValidateDoc(validator.get(), document);
}

}  // namespace

Concerns check_schema(std::string_view xml, std::string_view file, Dialect dialect) {
  if (dialect == Dialect::ovf_0_9 || dialect == Dialect::ovirt) return {no_schema(file)};
  Concerns known;
  const auto text = guard_xml(xml, file, known);
  if (!text.ok() || text->size() > INT_MAX) return {};
  // guard_xml() gives UTF-8 whatever the declaration says, and no document type.
  const Document document(xmlReadMemory(text->data(), static_cast<int>(text->size()), "descriptor",
                                        "UTF-8",
                                        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                            XML_PARSE_BIG_LINES | XML_PARSE_HUGE));
  Report report{std::string(file), {}};
  if (!document)
    return {finding("the descriptor is not well-formed in its use of namespaces", file, 0)};
  check(document.get(), dialect == Dialect::ovf_1 ? kEnvelopeSchema1 : kEnvelopeSchema2, report);
  return std::move(report.concerns);
}

}  // namespace ovaport::ovf
