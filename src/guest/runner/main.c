/* Runs one command as a Windows service. virt-v2v demands such a program, named
 * rhsrvany.exe, for the scripts of a guest's first boot, and calls it so:
 *
 *   runner -s NAME             the service itself, started by the service manager
 *   runner -s NAME install     registers it, to start at boot
 *   runner -s NAME uninstall   removes it
 *
 * The command comes from the registry: CommandLine and PWD (both text) of
 * HKLM\SYSTEM\CurrentControlSet\Services\NAME\Parameters. */
#include <windows.h>

#define NAME_SIZE 256
#define TEXT_SIZE 4096

static wchar_t service_name[NAME_SIZE];
static SERVICE_STATUS_HANDLE status_handle;
static HANDLE stop_event;

static void report(DWORD state, DWORD exit_code) {
  SERVICE_STATUS status = {0};
  status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
  status.dwCurrentState = state;
  status.dwControlsAccepted =
      state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
  status.dwWin32ExitCode = exit_code == 0 ? NO_ERROR : ERROR_SERVICE_SPECIFIC_ERROR;
  status.dwServiceSpecificExitCode = exit_code;
  SetServiceStatus(status_handle, &status);
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void* data, void* context) {
  (void)type;
  (void)data;
  (void)context;
  if (control == SERVICE_CONTROL_STOP || control == SERVICE_CONTROL_SHUTDOWN) SetEvent(stop_event);
  return control == SERVICE_CONTROL_INTERROGATE || control == SERVICE_CONTROL_STOP ||
                 control == SERVICE_CONTROL_SHUTDOWN
             ? NO_ERROR
             : ERROR_CALL_NOT_IMPLEMENTED;
}

/* Text of the Parameters key, terminated. Returns 0 when it is not there. */
static int read_parameter(const wchar_t* name, wchar_t* text) {
  wchar_t key[NAME_SIZE + 64];
  DWORD size = TEXT_SIZE * sizeof(wchar_t);
  lstrcpyW(key, L"SYSTEM\\CurrentControlSet\\Services\\");
  lstrcatW(key, service_name);
  lstrcatW(key, L"\\Parameters");
  /* The function terminates what it returns, and expands REG_EXPAND_SZ. */
  return RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, text, &size) ==
         ERROR_SUCCESS;
}

static DWORD run_command(void) {
  static wchar_t command[TEXT_SIZE];
  static wchar_t directory[TEXT_SIZE];
  STARTUPINFOW start = {0};
  PROCESS_INFORMATION process = {0};
  HANDLE waited[2];
  DWORD code = 1;
  if (!read_parameter(L"CommandLine", command)) return ERROR_FILE_NOT_FOUND;
  const int has_directory = read_parameter(L"PWD", directory);
  start.cb = sizeof start;
  if (!CreateProcessW(NULL, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL,
                      has_directory ? directory : NULL, &start, &process))
    return GetLastError();
  waited[0] = process.hProcess;
  waited[1] = stop_event;
  WaitForMultipleObjects(2, waited, FALSE, INFINITE);
  /* After a stop the scripts go on until Windows ends them: they may be what
   * asked for the restart. */
  if (!GetExitCodeProcess(process.hProcess, &code) || code == STILL_ACTIVE) code = 0;
  CloseHandle(process.hThread);
  CloseHandle(process.hProcess);
  return code;
}

static void WINAPI service_main(DWORD count, wchar_t** arguments) {
  (void)count;
  (void)arguments;
  stop_event = CreateEventW(NULL, TRUE, FALSE, NULL);
  status_handle = RegisterServiceCtrlHandlerExW(service_name, on_control, NULL);
  if (status_handle == NULL || stop_event == NULL) return;
  report(SERVICE_RUNNING, 0);
  report(SERVICE_STOPPED, run_command());
}

static int run_service(void) {
  const SERVICE_TABLE_ENTRYW table[] = {{service_name, service_main}, {NULL, NULL}};
  return StartServiceCtrlDispatcherW(table) ? 0 : 1;
}

static int install(void) {
  wchar_t image[MAX_PATH];
  wchar_t command[MAX_PATH + NAME_SIZE + 16];
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CREATE_SERVICE);
  SC_HANDLE service = NULL;
  if (manager == NULL) return 1;
  const DWORD size = GetModuleFileNameW(NULL, image, MAX_PATH);
  if (size > 0 && size < MAX_PATH) {
    lstrcpyW(command, L"\"");
    lstrcatW(command, image);
    lstrcatW(command, L"\" -s ");
    lstrcatW(command, service_name);
    service = CreateServiceW(manager, service_name, service_name, SERVICE_ALL_ACCESS,
                             SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                             command, NULL, NULL, NULL, NULL, NULL);
  }
  if (service != NULL) CloseServiceHandle(service);
  CloseServiceHandle(manager);
  return service != NULL ? 0 : 1;
}

static int uninstall(void) {
  SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
  int done = 0;
  if (manager == NULL) return 1;
  SC_HANDLE service = OpenServiceW(manager, service_name, DELETE);
  if (service != NULL) {
    done = DeleteService(service);
    CloseServiceHandle(service);
  }
  CloseServiceHandle(manager);
  return done ? 0 : 1;
}

int wmain(int count, wchar_t** arguments) {
  if (count < 3 || lstrcmpW(arguments[1], L"-s") != 0 || lstrlenW(arguments[2]) >= NAME_SIZE)
    return 2;
  lstrcpyW(service_name, arguments[2]);
  if (count == 3) return run_service();
  if (lstrcmpW(arguments[3], L"install") == 0) return install();
  if (lstrcmpW(arguments[3], L"uninstall") == 0) return uninstall();
  return 2;
}
