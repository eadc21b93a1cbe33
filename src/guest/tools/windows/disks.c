#include "disks.h"

#include <windows.h>

#include "../core/xml.h"
#include "files.h"

static bool read_at(void* context, uint64_t offset, void* out, size_t size) {
  HANDLE file = *(HANDLE*)context;
  OVERLAPPED place = {0};
  DWORD got = 0;
  place.Offset = (DWORD)offset;
  place.OffsetHigh = (DWORD)(offset >> 32);
  return ReadFile(file, out, (DWORD)size, &got, &place) && got == size;
}

enum ovt_disk ovt_read_image(const char* path, struct ovt_buffer* document) {
  wchar_t wide[OVT_PATH_SIZE];
  bool labelled;
  if (!ovt_widen(path, L"", wide)) return OVT_DISK_NONE;
  HANDLE file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                            OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return OVT_DISK_NONE;
  enum ovt_disk result = ovt_iso_environment(read_at, &file, document, &labelled);
  CloseHandle(file);
  return result;
}

static bool is_environment_label(const wchar_t* root) {
  static const wchar_t* const kLabels[] = {L"OVF ENV", L"OVF_ENV", L"OVFENV", L"OVF-TRANSPORT"};
  wchar_t label[64];
  if (!GetVolumeInformationW(root, label, 64, NULL, NULL, NULL, NULL, 0)) return false;
  for (size_t i = 0; i < sizeof kLabels / sizeof kLabels[0]; i++) {
    if (lstrcmpiW(label, kLabels[i]) == 0) return true;
  }
  return false;
}

static enum ovt_disk read_drive(wchar_t letter, struct ovt_buffer* document) {
  static const wchar_t* const kNames[] = {L"ovf-env.xml", L"ovf_env.xml"};
  wchar_t path[] = L"X:\\ovf-env.xml";
  path[0] = letter;
  for (size_t i = 0; i < sizeof kNames / sizeof kNames[0]; i++) {
    lstrcpyW(path + 3, kNames[i]);
    if (!ovt_read_whole_file(path, document)) continue;
    if (ovt_xml_is_environment(ovt_filled(document))) return OVT_DISK_FOUND;
  }
  document->size = 0;
  return OVT_DISK_FOREIGN;
}

enum ovt_disk ovt_search_disks(struct ovt_buffer* document) {
  wchar_t root[] = L"X:\\";
  wchar_t unlabelled = 0;
  enum ovt_disk failure = OVT_DISK_NONE;
  DWORD present = GetLogicalDrives();
  for (wchar_t letter = L'D'; letter <= L'Z'; letter++) {
    root[0] = letter;
    if ((present & (1u << (letter - L'A'))) == 0 || GetDriveTypeW(root) != DRIVE_CDROM) continue;
    failure = OVT_DISK_FOREIGN;
    if (read_drive(letter, document) != OVT_DISK_FOUND) continue;
    if (is_environment_label(root)) return OVT_DISK_FOUND;
    if (unlabelled == 0) unlabelled = letter;
  }
  if (unlabelled != 0) return read_drive(unlabelled, document);
  document->size = 0;
  return failure;
}
