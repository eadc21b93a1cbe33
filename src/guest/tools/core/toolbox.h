#ifndef OVT_TOOLBOX_H
#define OVT_TOOLBOX_H

#include "host.h"

struct ovt_time {
  int year;
  int month; /* From 0. */
  int day;
  int hour;
  int minute;
  int second;
};

/* "23 Nov 2026 14:05:00" */
void ovt_format_time(const struct ovt_time* time, struct ovt_buffer* out);

/* vmware-toolbox-cmd and vmware-checkvm; `argv` holds the arguments after the name. */
int ovt_toolbox(struct ovt_host* host, int argc, char* const* argv);
int ovt_checkvm(struct ovt_host* host, int argc, char* const* argv);

#endif
