/*
 * What the programs in initrds share: Linux's system calls without a libc, so that they run in any
 * initrd or in none, and the loading of modules. System calls and their numbers are as Linux has had
 * them since 2.6.18 and before.
 */
#ifdef __x86_64__
enum { READ = 0, WRITE = 1, OPEN = 2, CLOSE = 3, LSEEK = 8, MMAP = 9, MUNMAP = 11, PAUSE = 34, NANOSLEEP = 35, EXECVE = 59, CHDIR = 80, MKDIR = 83, UNLINK = 87, MKNOD = 133, CHROOT = 161, MOUNT = 165, INIT_MODULE = 175, GETDENTS64 = 217 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
	long result;
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}
__asm__(".globl _start\n_start: mov %rsp,%rdi\n and $-16,%rsp\n call cmain\n");
#else
enum { READ = 3, WRITE = 4, OPEN = 5, CLOSE = 6, LSEEK = 19, MMAP = 192 /* mmap2 */, MUNMAP = 91, PAUSE = 29, NANOSLEEP = 162, EXECVE = 11, CHDIR = 12, MKDIR = 39, UNLINK = 10, MKNOD = 14, CHROOT = 61, MOUNT = 21, INIT_MODULE = 128, GETDENTS64 = 220 };
static long call(long n, long a, long b, long c, long d, long e, long f)
{
	long result;
	(void)f; /* the sixth argument is 0 in every call here */
	__asm__ volatile("push %%ebp\n xor %%ebp,%%ebp\n int $0x80\n pop %%ebp" : "=a"(result) : "a"(n), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
	return result;
}
__asm__(".globl _start\n_start: mov %esp,%eax\n and $-16,%esp\n sub $12,%esp\n push %eax\n call cmain\n");
#endif

enum { EEXIST = 17, ENODEV = 19 };
#define FAILED(result) ((unsigned long)(result) >= (unsigned long)-4095)

static void say(const char *text)
{
	long length = 0;
	while (text[length])
		length++;
	call(WRITE, 2, (long)text, length, 0, 0, 0);
}

static void say_number(long value)
{
	char digits[24];
	int at = 23;
	int negative = value < 0;
	unsigned long left = negative ? -value : value;
	digits[at] = 0;
	do
		digits[--at] = '0' + left % 10;
	while (left /= 10);
	if (negative)
		digits[--at] = '-';
	say(digits + at);
}

static void complain(const char *what, const char *path, long error)
{
	say("voyageur: cannot ");
	say(what);
	say(" ");
	say(path);
	say(": error ");
	say_number(error);
	say("\n");
}

static void load(const char *path, const char *parameters)
{
	long fd = call(OPEN, (long)path, 0, 0, 0, 0, 0);
	if (FAILED(fd)) {
		complain("open", path, fd);
		return;
	}
	long size = call(LSEEK, fd, 0, 2, 0, 0, 0);
	call(LSEEK, fd, 0, 0, 0, 0, 0);
	long memory = call(MMAP, 0, size + 4096, 3, 0x22, -1, 0);
	if (FAILED(memory)) {
		complain("find memory for", path, memory);
		call(CLOSE, fd, 0, 0, 0, 0, 0);
		return;
	}
	long got = 0;
	while (got < size) {
		long count = call(READ, fd, memory + got, size - got, 0, 0, 0);
		if (count <= 0)
			break;
		got += count;
	}
	call(CLOSE, fd, 0, 0, 0, 0, 0);
	long result = call(INIT_MODULE, memory, got, (long)parameters, 0, 0, 0);
	/* An initrd for two hypervisors holds drivers that find the other one's devices missing. */
	if (result < 0 && result != -EEXIST && result != -ENODEV)
		complain("load", path, result);
	call(MUNMAP, memory, size + 4096, 0, 0, 0, 0);
}

static char list[16384];

/* Loads what a list in the initrd names. A line is "PATH [PARAMETERS]"; the order is the load order. */
static void load_all(const char *list_path)
{
	long fd = call(OPEN, (long)list_path, 0, 0, 0, 0, 0);
	if (FAILED(fd))
		return;
	long length = 0;
	while (length < (long)sizeof list - 1) {
		long count = call(READ, fd, (long)list + length, sizeof list - 1 - length, 0, 0, 0);
		if (count <= 0)
			break;
		length += count;
	}
	call(CLOSE, fd, 0, 0, 0, 0, 0);
	char *at = list;
	char *end = list + length;
	while (at < end) {
		char *line = at;
		while (at < end && *at != '\n')
			at++;
		*at++ = 0;
		char *parameters = line;
		while (*parameters && *parameters != ' ')
			parameters++;
		if (*parameters)
			*parameters++ = 0;
		if (*line)
			load(line, parameters);
	}
}
