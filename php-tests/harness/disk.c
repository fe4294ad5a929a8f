/*
 * A disk that fails on command: preloaded into PHP, it stands between SQLite and libc for the files of one directory.
 *
 * Environment, read anew at each call, so that a forked PHP may set it with putenv():
 *   DISK_DIR    the directory; calls on other files go through untouched
 *   DISK_PLAN   "N kill-before", "N kill-after", "N kill-half" (of a write): SIGKILL at the N-th call of this process on those files;
 *               "N EIO": the N-th call fails; "N EIO+": it and all later ones do (EIO, ENOSPC, EROFS: those calls that can fail so; EIO-sync: fsync alone;
 *               "N short+": the N-th call's first half is written, and what comes after it finds the disk full)
 *   DISK_TRACE  a file to which every call is appended once it is done: "kind offset length name\n", and after a write what was written;
 *               of those that fail, "failed-sync" alone
 *   DISK_UNSYNCED  set: SIGKILL before the log is synced
 *   DISK_LAZY   set: nothing is really synced. What a killed process wrote is there all the same, and sooner
 *   DISK_OLD    set: a kernel without locks of the open file (F_OFD_SETLK)
 *   DISK_AHEAD  milliseconds by which the clock of the day is ahead, so that nobody need wait for a lease to end
 *
 * Memory that is mapped (SQLite's -shm) is not seen: after a power loss nothing of it counts, and a SIGKILL leaves it as it is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FILES 4096

/* What can be asked of a call: whether it changes the disk, and so finds it read-only, or full; whether it has nothing to do with the disk,
 * and so fails by itself at most; and whether it cannot fail at all. */
enum { CHANGES = 1, GROWS = 2, LOCKS = 4, UNLOCKS = 8, SYNCS = 16 };

struct plan {
	long at;
	char what[32];
	int onwards;
};

static char *names[FILES];
static long calls;
static int full;
static pid_t counted_in;

static void *real(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);
	if (!function)
		abort();
	return function;
}

#define REAL(type, name, ...) \
	static type (*next)(__VA_ARGS__); \
	if (!next) \
		next = real(name)

/* The part of a path behind the directory; "" for the directory itself, NULL for a stranger's. */
static const char *inside(const char *path)
{
	const char *dir = getenv("DISK_DIR");
	size_t length = dir ? strlen(dir) : 0;
	if (!length || strncmp(path, dir, length) || (path[length] && path[length] != '/'))
		return NULL;
	return path[length] ? path + length + 1 : "";
}

static const char *name_of(int fd)
{
	return fd >= 0 && fd < FILES ? names[fd] : NULL;
}

static struct plan plan(void)
{
	struct plan plan = { 0, "", 0 };
	const char *text = getenv("DISK_PLAN");
	if (text && sscanf(text, "%ld %31s", &plan.at, plan.what) == 2) {
		char *plus = strchr(plan.what, '+');
		if (plus) {
			plan.onwards = 1;
			*plus = 0;
		}
	}
	return plan;
}

static void die(void)
{
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static int fails_with(const char *what, int onwards, int nature)
{
	if (nature & UNLOCKS || (nature & LOCKS && onwards))
		return 0;
	if (!strcmp(what, "EIO"))
		return EIO;
	if (!strcmp(what, "EIO-sync"))
		return nature & SYNCS ? EIO : 0;
	if (!strcmp(what, "ENOSPC") || (!strcmp(what, "short") && full))
		return nature & GROWS ? ENOSPC : 0;
	if (!strcmp(what, "EROFS"))
		return nature & CHANGES ? EROFS : 0;
	return 0;
}

/* What is to become of a call, before it is made. */
struct fate {
	int error;
	int half;
	int die_after;
};

static struct fate begin(int nature)
{
	struct fate fate = { 0, 0, 0 };
	struct plan planned = plan();
	if (counted_in != getpid()) {
		counted_in = getpid();
		calls = 0;
		full = 0;
	}
	calls++;
	if (calls == planned.at) {
		if (!strcmp(planned.what, "kill-before"))
			die();
		fate.die_after = !strncmp(planned.what, "kill", 4);
		fate.half = !strcmp(planned.what, "kill-half") || !strcmp(planned.what, "short");
	}
	if (planned.at && (calls == planned.at || (planned.onwards && calls > planned.at)))
		fate.error = fails_with(planned.what, planned.onwards, nature);
	if (calls == planned.at)
		full = 1;
	return fate;
}

/* One lock for all processes, held from before a call until it is written down: the trace has the sequence of the disk. */
static int trace = -1;

static void lock_trace(void)
{
	static pid_t opened_in;
	const char *path = getenv("DISK_TRACE");
	if (path && opened_in != getpid()) {
		/* A lock of flock(2) is shared with the parent that it was inherited from. */
		REAL(int, "open", const char *, int, ...);
		trace = next(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		opened_in = getpid();
	}
	if (path && trace >= 0)
		flock(trace, LOCK_EX);
}

static void tell(const char *kind, long long offset, long long length, const char *name, const void *data)
{
	char head[512];
	if (!getenv("DISK_TRACE") || trace < 0)
		return;
	int size = snprintf(head, sizeof head, "%s %lld %lld %s\n", kind, offset, length, name);
	struct iovec parts[] = { { head, size }, { (void *)data, data ? length : 0 } };
	if (writev(trace, parts, data ? 2 : 1) < 0)
		abort();
}

static void end(struct fate fate)
{
	int error = errno;
	if (getenv("DISK_TRACE") && trace >= 0)
		flock(trace, LOCK_UN);
	if (fate.die_after)
		die();
	errno = error;
}

/* A call that has no half: `CALL` is the expression that makes it. */
#define PASS(type, nature, kind, offset, length, name, CALL) \
	do { \
		struct fate fate = begin(nature); \
		type result = -1; \
		lock_trace(); \
		if (fate.error) { \
			if ((nature) & SYNCS) \
				tell("failed-sync", 0, 0, name, NULL); \
			errno = fate.error; \
		} else if ((result = (CALL)) >= 0) \
			tell(kind, offset, length, name, NULL); \
		end(fate); \
		return result; \
	} while (0)

static int opened(int (*next)(const char *, int, ...), const char *path, int flags, mode_t mode)
{
	const char *name = inside(path);
	if (!name)
		return next(path, flags, mode);
	int is_new = (flags & O_CREAT) && access(path, F_OK);
	struct fate fate = begin((flags & (O_WRONLY | O_RDWR) ? CHANGES : 0) | (is_new ? GROWS : 0));
	int fd = -1;
	lock_trace();
	if (fate.error)
		errno = fate.error;
	else if ((fd = next(path, flags, mode)) >= 0) {
		if (fd < FILES) {
			free(names[fd]);
			names[fd] = strdup(name);
		}
		tell(is_new ? "create" : "open", 0, 0, name, NULL);
	}
	end(fate);
	return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

#define OPEN(function) \
	int function(const char *path, int flags, ...) \
	{ \
		REAL(int, #function, const char *, int, ...); \
		va_list rest; \
		va_start(rest, flags); \
		mode_t mode = mode_of(flags, rest); \
		va_end(rest); \
		return opened(next, path, flags, mode); \
	}

OPEN(open)
OPEN(open64)

static ssize_t written(int fd, const void *data, size_t length, off64_t offset, const char *name)
{
	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	struct fate fate = begin(CHANGES | GROWS);
	ssize_t result = -1;
	lock_trace();
	if (fate.error)
		errno = fate.error;
	else if ((result = next(fd, data, fate.half ? (length + 1) / 2 : length, offset)) >= 0)
		tell("write", offset, result, name, data);
	end(fate);
	return result;
}

#define PWRITE(function, type) \
	ssize_t function(int fd, const void *data, size_t length, type offset) \
	{ \
		REAL(ssize_t, #function, int, const void *, size_t, type); \
		const char *name = name_of(fd); \
		return name ? written(fd, data, length, offset, name) : next(fd, data, length, offset); \
	}

PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length)
{
	REAL(ssize_t, "write", int, const void *, size_t);
	const char *name = name_of(fd);
	if (!name)
		return next(fd, data, length);
	off64_t offset = lseek64(fd, 0, SEEK_CUR);
	ssize_t result = written(fd, data, length, offset, name);
	if (result > 0)
		lseek64(fd, offset + result, SEEK_SET);
	return result;
}

#define PREAD(function, type) \
	ssize_t function(int fd, void *data, size_t length, type offset) \
	{ \
		REAL(ssize_t, #function, int, void *, size_t, type); \
		const char *name = name_of(fd); \
		if (!name) \
			return next(fd, data, length, offset); \
		PASS(ssize_t, 0, "read", offset, length, name, next(fd, data, length, offset)); \
	}

PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define TRUNCATE(function, type) \
	int function(int fd, type length) \
	{ \
		REAL(int, #function, int, type); \
		const char *name = name_of(fd); \
		if (!name) \
			return next(fd, length); \
		PASS(int, CHANGES | GROWS, "truncate", 0, length, name, next(fd, length)); \
	}

TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define SYNC(function) \
	int function(int fd) \
	{ \
		REAL(int, #function, int); \
		const char *name = name_of(fd); \
		if (!name) \
			return next(fd); \
		if (getenv("DISK_UNSYNCED") && strstr(name, "-wal")) \
			die(); \
		PASS(int, GROWS | SYNCS, "sync", 0, 0, name, getenv("DISK_LAZY") ? 0 : next(fd)); \
	}

SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path)
{
	REAL(int, "unlink", const char *);
	const char *name = inside(path);
	if (!name)
		return next(path);
	PASS(int, CHANGES, "unlink", 0, 0, name, next(path));
}

int close(int fd)
{
	REAL(int, "close", int);
	char *name = fd >= 0 && fd < FILES ? names[fd] : NULL;
	if (!name)
		return next(fd);
	struct fate fate = begin(0);
	lock_trace();
	names[fd] = NULL;
	int result = next(fd);
	if (fate.error) {
		/* The descriptor is gone all the same. */
		errno = fate.error;
		result = -1;
	} else {
		tell("close", 0, 0, name, NULL);
	}
	end(fate);
	free(name);
	return result;
}

#define LOCK(function) \
	int function(int fd, int command, ...) \
	{ \
		REAL(int, #function, int, int, ...); \
		va_list rest; \
		va_start(rest, command); \
		void *argument = va_arg(rest, void *); \
		va_end(rest); \
		const char *name = name_of(fd); \
		int is_ofd = command == F_OFD_GETLK || command == F_OFD_SETLK || command == F_OFD_SETLKW; \
		if (is_ofd && getenv("DISK_OLD")) { \
			errno = EINVAL; \
			return -1; \
		} \
		if (!name || (command != F_SETLK && command != F_SETLKW && command != F_OFD_SETLK && command != F_OFD_SETLKW)) \
			return next(fd, command, argument); \
		struct flock *lock = argument; \
		int is_end = lock->l_type == F_UNLCK; \
		PASS(int, is_end ? UNLOCKS : LOCKS, is_end ? "unlock" : "lock", lock->l_start, lock->l_len, name, next(fd, command, argument)); \
	}

LOCK(fcntl)
LOCK(fcntl64)

/* PHP loads extensions so that they find libc's functions first (RTLD_DEEPBIND), ours never. */
void *dlopen(const char *path, int mode)
{
	REAL(void *, "dlopen", const char *, int);
	return next(path, mode & ~RTLD_DEEPBIND);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	REAL(int, "clock_gettime", clockid_t, struct timespec *);
	int result = next(clock, time);
	const char *ahead = clock == CLOCK_REALTIME ? getenv("DISK_AHEAD") : NULL;
	if (ahead && result == 0)
		time->tv_sec += atol(ahead) / 1000;
	return result;
}
