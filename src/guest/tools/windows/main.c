#include <windows.h>

#include "../core/program.h"
#include "../core/state.h"
#include "../core/toolbox.h"
#include "disks.h"
#include "files.h"

enum {
  kStateCapacity = OVT_STATE_LIMIT + 1,
  kPauseMs = 200,
  kDefaultWait = 30,
  kArguments = 64,
  kArgumentBytes = 1 << 17,
};

static const wchar_t kGuestinfoName[] = L"guestinfo";

/* All memory of the program, reserved at its start (a static one would be megabytes of
 * zeros in the file); pages that are not touched cost nothing. */
struct memory {
  char document[OVT_DOCUMENT_LIMIT];
  char value[OVT_DOCUMENT_LIMIT];
  char state[kStateCapacity];
  char changed[kStateCapacity];
  char arguments[kArgumentBytes];
  char wait[16];
  char time[64];
};

struct place {
  struct memory* memory;
  struct ovt_buffer document;
};

static struct place* place_of(struct ovt_host* host) {
  return host->context;
}

static enum ovt_disk look(struct ovt_host* host) {
  struct ovt_buffer* document = &place_of(host)->document;
  return host->options.device ? ovt_read_image(host->options.device, document)
                              : ovt_search_disks(document);
}

/* Looks until there is a disk or waiting is over. */
static enum ovt_disk search(struct ovt_host* host) {
  unsigned long long started = GetTickCount64();
  for (;;) {
    enum ovt_disk result = look(host);
    unsigned long long now = GetTickCount64();
    if (result == OVT_DISK_FOUND || !ovt_keep_waiting(&host->options, now - started, now / 1000))
      return result;
    Sleep(kPauseMs);
  }
}

static struct ovt_slice environment(struct ovt_host* host) {
  struct ovt_buffer* document = &place_of(host)->document;
  if (document->size == 0) search(host);
  return ovt_filled(document);
}

/* Windows mounts the disk itself and lets every user read it: there is nothing to keep. */
static enum ovt_disk cache(struct ovt_host* host, bool* stored) {
  enum ovt_disk result = search(host);
  *stored = result == OVT_DISK_FOUND;
  return result;
}

static bool state_directory(const struct ovt_host* host, wchar_t out[OVT_PATH_SIZE]) {
  if (host->options.state) return ovt_widen(host->options.state, L"", out);
  wchar_t data[OVT_PATH_SIZE];
  DWORD size = GetEnvironmentVariableW(L"ProgramData", data, OVT_PATH_SIZE);
  if (size == 0 || size >= OVT_PATH_SIZE) lstrcpyW(data, L"C:\\ProgramData");
  return ovt_join(data, L"ovaport", out);
}

static struct ovt_slice state(struct ovt_host* host) {
  struct ovt_buffer text = {place_of(host)->memory->state, 0, kStateCapacity};
  wchar_t directory[OVT_PATH_SIZE];
  wchar_t path[OVT_PATH_SIZE];
  if (state_directory(host, directory) && ovt_join(directory, kGuestinfoName, path) &&
      ovt_is_trusted(directory))
    ovt_read_whole_file(path, &text);
  return ovt_filled(&text);
}

/* Holds the lock until it is closed; INVALID_HANDLE_VALUE: the caller may not write. */
static HANDLE lock_directory(const wchar_t* directory) {
  wchar_t path[OVT_PATH_SIZE];
  OVERLAPPED start = {0};
  if (!ovt_join(directory, L"lock", path)) return INVALID_HANDLE_VALUE;
  HANDLE lock = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            NULL, OPEN_ALWAYS, 0, NULL);
  if (lock == INVALID_HANDLE_VALUE) return lock;
  if (LockFileEx(lock, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &start)) return lock;
  CloseHandle(lock);
  return INVALID_HANDLE_VALUE;
}

static enum ovt_stored set(struct ovt_host* host, struct ovt_slice key, struct ovt_slice value) {
  struct ovt_buffer changed = {place_of(host)->memory->changed, 0, kStateCapacity};
  wchar_t directory[OVT_PATH_SIZE];
  if (!state_directory(host, directory)) return OVT_STORE_DENIED;
  ovt_make_directory(directory);
  if (!ovt_is_trusted(directory)) return OVT_STORE_DENIED;
  HANDLE lock = lock_directory(directory);
  if (lock == INVALID_HANDLE_VALUE) return OVT_STORE_DENIED;
  enum ovt_stored result = OVT_STORE_FULL;
  if (ovt_state_set(state(host), key, value, &changed))
    result = ovt_replace_file(directory, kGuestinfoName, ovt_filled(&changed)) ? OVT_STORED
                                                                               : OVT_STORE_DENIED;
  CloseHandle(lock);
  return result;
}

static unsigned long long fact(struct ovt_host* host, enum ovt_fact which) {
  (void)host;
  if (which == OVT_FACT_MEMORY_MIB) {
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    return GlobalMemoryStatusEx(&status) ? status.ullTotalPhys >> 20 : 0;
  }
  DWORD mhz = 0;
  DWORD size = sizeof mhz;
  LSTATUS got =
      RegGetValueW(HKEY_LOCAL_MACHINE, L"HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                   L"~MHz", RRF_RT_REG_DWORD, NULL, &mhz, &size);
  return got == ERROR_SUCCESS ? mhz : 0;
}

static struct ovt_slice time_text(struct ovt_host* host) {
  struct ovt_buffer out = {place_of(host)->memory->time, 0, sizeof place_of(host)->memory->time};
  SYSTEMTIME now;
  GetLocalTime(&now);
  struct ovt_time time = {now.wYear, now.wMonth - 1, now.wDay, now.wHour, now.wMinute, now.wSecond};
  ovt_format_time(&time, &out);
  return ovt_filled(&out);
}

/* The bytes as they are: no CR before LF, as values may hold both. */
static void print(struct ovt_host* host, bool to_stderr, struct ovt_slice text) {
  (void)host;
  HANDLE out = GetStdHandle(to_stderr ? STD_ERROR_HANDLE : STD_OUTPUT_HANDLE);
  while (text.size > 0) {
    DWORD put = 0;
    if (!WriteFile(out, text.at, (DWORD)text.size, &put, NULL) || put == 0) return;
    text = ovt_skip(text, put);
  }
}

static struct ovt_options options_from_environment(struct memory* memory) {
  struct ovt_options options = {NULL, NULL, kDefaultWait, false, 0644};
  DWORD size = GetEnvironmentVariableA("OVAPORT_TOOLS_WAIT", memory->wait, sizeof memory->wait);
  if (size > 0 && size < sizeof memory->wait)
    options.wait_given = ovt_parse_number(ovt_text(memory->wait), 10, 600, &options.wait);
  return options;
}

/* Arguments in UTF-8; -1 when there are too many. */
static int convert_arguments(int argc, wchar_t** wide, char* space, char** argv) {
  int left = kArgumentBytes;
  if (argc >= kArguments) return -1;
  for (int i = 0; i < argc; i++) {
    int size = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, space, left, NULL, NULL);
    if (size <= 0) return -1;
    argv[i] = space;
    space += size;
    left -= size;
  }
  argv[argc] = NULL;
  return argc;
}

int wmain(int argc, wchar_t** wide) {
  char* argv[kArguments];
  struct memory* memory =
      VirtualAlloc(NULL, sizeof *memory, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  if (memory == NULL) return 1;
  struct place place = {memory, {memory->document, 0, sizeof memory->document}};
  struct ovt_host host = {
      .context = &place,
      .options = options_from_environment(memory),
      .environment = environment,
      .cache = cache,
      .state = state,
      .set = set,
      .fact = fact,
      .time_text = time_text,
      .print = print,
      .value = {memory->value, 0, sizeof memory->value},
  };
  /* An empty drive is an answer, not a dialog. */
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
  argc = convert_arguments(argc, wide, memory->arguments, argv);
  if (argc < 0) {
    print(&host, true, ovt_text("Too many or too long arguments.\n"));
    return 1;
  }
  return ovt_program(&host, argc, argv);
}
