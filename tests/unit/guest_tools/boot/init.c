/* The only process of a machine that the boot test starts: it calls the tools stand-in at
 * several moments of a system's start and prints what came back on the serial line:
 *
 *   CASE <name> rc=<code> [<output, line feeds as |>]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

struct call {
  const char* name;
  pid_t child;
  int output;
};

/* Starts the program as `user`, its output in a pipe. */
static struct call start(const char* name, unsigned user, char* const* argv) {
  struct call call = {name, -1, -1};
  int ends[2];
  if (pipe(ends) != 0) return call;
  call.child = fork();
  if (call.child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    if (user != 0 && (setgid(user) != 0 || setuid(user) != 0)) _exit(98);
    execv("/vmtoolsd", argv);
    _exit(99);
  }
  close(ends[1]);
  call.output = ends[0];
  return call;
}

static void report(struct call call) {
  char text[4096];
  size_t size = 0;
  ssize_t got;
  int status = 0;
  while ((got = read(call.output, text + size, sizeof text - 1 - size)) > 0)
    size += (size_t)got;
  close(call.output);
  waitpid(call.child, &status, 0);
  text[size] = 0;
  for (char* c = text; *c != 0; c++)
    if (*c == '\n') *c = '|';
  printf("CASE %s rc=%d [%s]\n", call.name, WEXITSTATUS(status), text);
  fflush(stdout);
}

static char* kGet[] = {"vmtoolsd", "--cmd", "info-get guestinfo.dns", NULL};
static char* kSet[] = {"vmtoolsd", "--cmd", "info-set guestinfo.dns x", NULL};
static char* kCache[] = {"vmtoolsd", "--ovaport-cache", NULL};
static char* kGetNow[] = {"vmtoolsd", "--ovaport-wait",         "0",
                          "--cmd",    "info-get guestinfo.dns", NULL};

/* The file /modules names those to load, in order. */
static void load_modules(void) {
  char path[256];
  FILE* list = fopen("/modules", "r");
  while (list != NULL && fgets(path, sizeof path, list) != NULL) {
    path[strcspn(path, "\n")] = 0;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) != 0) printf("MODULE %s failed\n", path);
    close(fd);
  }
}

/* Drives appear some time after their driver. */
static void wait_for_drives(void) {
  for (int i = 0; i < 600 && access("/sys/class/block/sr2", F_OK) != 0; i++)
    usleep(100000);
}

static void run_cases(void) {
  const unsigned nobody = 65534;
  report(start("no-drive", 0, kGetNow));
  struct call late = start("late", 0, kGet);
  usleep(500000); /* This is how late the drives are. */
  load_modules();
  report(late);
  wait_for_drives();
  report(start("without-device-nodes", 0, kGetNow));
  mount("dev", "/dev", "devtmpfs", 0, NULL);
  report(start("with-device-nodes", 0, kGetNow));
  report(start("user-before-cache", nobody, kGetNow));
  report(start("cache", 0, kCache));
  report(start("user-after-cache", nobody, kGetNow));
  report(start("user-sets", nobody, kSet));
  report(start("root-sets", 0, kSet));
  report(start("user-reads-set", nobody, kGetNow));
}

int main(void) {
  mkdir("/sys", 0755);
  mkdir("/dev", 0755);
  mkdir("/run", 0755);
  mount("sys", "/sys", "sysfs", 0, NULL);
  mknod("/console", S_IFCHR | 0600, makedev(4, 64)); /* ttyS0 */
  int console = open("/console", O_RDWR);
  dup2(console, 1);
  dup2(console, 2);
  run_cases();
  printf("DONE\n");
  fflush(stdout);
  sync();
  reboot(RB_AUTOBOOT);
  return 0;
}
