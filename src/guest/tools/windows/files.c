#include "files.h"

/* The order matters: windows.h first. */
#include <aclapi.h>
#include <sddl.h>
#include <windows.h>

bool ovt_widen(const char* path, const wchar_t* rest, wchar_t out[OVT_PATH_SIZE]) {
  int size = MultiByteToWideChar(CP_UTF8, 0, path, -1, out, OVT_PATH_SIZE);
  if (size <= 0 || size + lstrlenW(rest) > OVT_PATH_SIZE) return false;
  lstrcpyW(out + size - 1, rest);
  return true;
}

bool ovt_join(const wchar_t* directory, const wchar_t* name, wchar_t out[OVT_PATH_SIZE]) {
  if (lstrlenW(directory) + lstrlenW(name) + 2 > OVT_PATH_SIZE) return false;
  lstrcpyW(out, directory);
  lstrcatW(out, L"\\");
  lstrcatW(out, name);
  return true;
}

bool ovt_read_whole_file(const wchar_t* path, struct ovt_buffer* out) {
  DWORD got = 0;
  LARGE_INTEGER size;
  out->size = 0;
  HANDLE file =
      CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                  OPEN_EXISTING, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return false;
  bool good = GetFileType(file) == FILE_TYPE_DISK && GetFileSizeEx(file, &size) &&
              (unsigned long long)size.QuadPart <= out->capacity &&
              ReadFile(file, out->at, (DWORD)size.QuadPart, &got, NULL) &&
              got == (DWORD)size.QuadPart;
  CloseHandle(file);
  if (good) out->size = got;
  return good;
}

void ovt_make_directory(const wchar_t* path) {
  SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
  /* System and administrators: everything; users: read. Nothing inherited from above. */
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(
          L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FRFX;;;BU)", SDDL_REVISION_1,
          &attributes.lpSecurityDescriptor, NULL))
    return;
  CreateDirectoryW(path, &attributes);
  LocalFree(attributes.lpSecurityDescriptor);
}

static bool is_callers(PSID owner) {
  union {
    TOKEN_USER user;
    char space[256];
  } info;
  HANDLE token;
  DWORD size;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
  bool same = GetTokenInformation(token, TokenUser, &info, sizeof info, &size) &&
              EqualSid(owner, info.user.User.Sid);
  CloseHandle(token);
  return same;
}

bool ovt_is_trusted(const wchar_t* path) {
  PSID owner = NULL;
  PSECURITY_DESCRIPTOR descriptor = NULL;
  wchar_t copy[OVT_PATH_SIZE];
  if (lstrlenW(path) >= OVT_PATH_SIZE) return false;
  lstrcpyW(copy, path);
  if (GetNamedSecurityInfoW(copy, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL,
                            NULL, &descriptor) != ERROR_SUCCESS)
    return false;
  bool trusted = IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
                 IsWellKnownSid(owner, WinLocalSystemSid) || is_callers(owner);
  LocalFree(descriptor);
  return trusted;
}

static bool write_file(const wchar_t* path, struct ovt_slice text) {
  DWORD put = 0;
  HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
  if (file == INVALID_HANDLE_VALUE) return false;
  bool good = WriteFile(file, text.at, (DWORD)text.size, &put, NULL) && put == text.size;
  return CloseHandle(file) && good;
}

bool ovt_replace_file(const wchar_t* directory, const wchar_t* name, struct ovt_slice text) {
  wchar_t path[OVT_PATH_SIZE];
  wchar_t temporary[OVT_PATH_SIZE];
  /* One name is enough: the caller holds the lock. */
  if (!ovt_join(directory, name, path) || !ovt_join(directory, L"new", temporary)) return false;
  if (write_file(temporary, text) && MoveFileExW(temporary, path, MOVEFILE_REPLACE_EXISTING))
    return true;
  DeleteFileW(temporary);
  return false;
}
