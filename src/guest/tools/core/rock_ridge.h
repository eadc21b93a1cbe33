#ifndef OVT_ROCK_RIDGE_H
#define OVT_ROCK_RIDGE_H

#include <stdint.h>

#include "iso.h"
#include "slice.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How to read the system use fields of a volume (IEEE P1281). */
struct ovt_susp {
  ovt_read_at read_at; /* For continuation areas. */
  void* context;
  uint32_t block_size;
  size_t skip; /* From ovt_rock_ridge_skip(). */
};

/* How many bytes of each system use field are not SUSP's, from the "." record. */
size_t ovt_rock_ridge_skip(const unsigned char* dot_record);

/* The POSIX name (IEEE P1282 "NM") of a checked directory record; empty without one. */
struct ovt_slice ovt_rock_ridge_name(const struct ovt_susp* susp, const unsigned char* record,
                                     char out[256]);

#ifdef __cplusplus
}
#endif
#endif
