#ifndef OVT_XML_H
#define OVT_XML_H

#include "slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Just enough XML to look up values in an OVF environment document (DSP8027): tags,
 * attributes, the five entities, character references, comments and CDATA. No
 * DOCTYPE: such a document is refused. Reads only inside `document`, once, without
 * recursion, so damage costs nothing but the answer. */

/* Where a value may be. */
enum ovt_section {
  OVT_PROPERTIES, /* PropertySection/Property, directly below Environment. */
  OVT_GUESTINFO,  /* GuestInfoSection/Entry: vmw:ExtraConfig guestinfo.* entries. */
};

/* Is its root an Environment in the namespace of OVF environments? */
bool ovt_xml_is_environment(struct ovt_slice document);

/* Appends the decoded value of `key` to `value`. The first element of that key counts;
 * a key in other case is taken when there is none of the same. False: no such key,
 * or it did not fit. Properties of sibling systems (Entity) are never looked at. */
bool ovt_xml_find(struct ovt_slice document, enum ovt_section section, struct ovt_slice key,
                  struct ovt_buffer* value);

#ifdef __cplusplus
}
#endif
#endif
