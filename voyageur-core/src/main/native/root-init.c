/*
 * /init of an initrd that holds nothing but it and modules: loads them, mounts the filesystem that
 * root= names, which is ext2, ext3 or ext4, and starts the guest's init there.
 *
 * It leaves the guest as nash of el5's mkinitrd does: the root read-only, /proc and /sys mounted, a
 * tmpfs on /dev with the nodes that rc.sysinit needs before udev runs, and devpts.
 *
 * Built by rebuild.sh in this directory; MachineCodeTest compares the result.
 */
#include "loader.h"

enum { READ_ONLY = 1, MOVE = 8192 };                  /* MS_RDONLY, MS_MOVE */
enum { CHARACTER = 0020000, BLOCK = 0060000 };        /* S_IFCHR, S_IFBLK */
enum { TRIES = 100, EACH = 100 * 1000 * 1000 };       /* ten seconds for the disk to appear */
enum { LABEL_LENGTH = 16, UUID_LENGTH = 16 };

static char command_line[4096];
static char superblock[1024];                         /* of ext2 and its descendants, at byte 1024 */
static char device[80];                               /* the root's node, once it is found */
static const char *nodes = "/dev";                    /* where the nodes of disks are made */

static int same(const char *one, const char *other)
{
	while (*one && *one == *other) {
		one++;
		other++;
	}
	return *one == *other;
}

static int starts(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return !*start;
}

static void join(char *into, int size, const char *one, const char *two, const char *three)
{
	const char *parts[3] = {one, two, three};
	int at = 0;
	for (int i = 0; i < 3; i++)
		for (const char *from = parts[i]; *from && at < size - 1; from++)
			into[at++] = *from;
	into[at] = 0;
}

static long read_file(const char *path, char *into, long size)
{
	long fd = call(OPEN, (long)path, 0, 0, 0, 0, 0);
	if (FAILED(fd))
		return 0;
	long length = 0;
	while (length < size - 1) {
		long count = call(READ, fd, (long)into + length, size - 1 - length, 0, 0, 0);
		if (count <= 0)
			break;
		length += count;
	}
	call(CLOSE, fd, 0, 0, 0, 0, 0);
	into[length] = 0;
	return length;
}

/* The last word of the command line that starts so, behind that; each ends in NUL by then. */
static const char *told(const char *name, long length)
{
	const char *found = 0;
	for (long at = 0; at < length; at++)
		if ((at == 0 || !command_line[at - 1]) && starts(command_line + at, name))
			found = command_line + at;
	if (!found)
		return 0;
	while (*name++)
		found++;
	return found;
}

static long node(const char *directory, const char *name, int type, long major, long minor)
{
	char path[80];
	join(path, sizeof path, directory, "/", name);
	/* new_encode_dev of the kernel's include/linux/kdev_t.h */
	return call(MKNOD, (long)path, type | 0600, (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12), 0, 0, 0);
}

static int hexadecimal(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0'
		: digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
		: digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Whether the superblock that was read is of the filesystem that root= names. */
static int is_named(const char *root, const char *name)
{
	if (starts(root, "/dev/"))
		return same(root + 5, name);
	if (starts(root, "LABEL=")) {
		const char *label = superblock + 120;
		root += 6;
		for (int i = 0; i < LABEL_LENGTH; i++) {
			if (label[i] != root[i])
				return 0;
			if (!root[i])
				return 1;
		}
		return !root[LABEL_LENGTH];
	}
	if (starts(root, "UUID=")) {
		root += 5;
		for (int i = 0; i < UUID_LENGTH; i++) {
			if (*root == '-')
				root++;
			if (!root[0] || !root[1])
				return 0;
			int byte = hexadecimal(root[0]) << 4 | hexadecimal(root[1]);
			if (byte != (unsigned char)superblock[104 + i])
				return 0;
			root += 2;
		}
		return !*root;
	}
	return 0;
}

/* Makes the node of a block device that /sys tells of, and sees whether it is the root. */
static int is_root(const char *root, const char *sysfs, const char *name)
{
	char path[160];
	char number[32];
	join(path, sizeof path, sysfs, "/dev", "");
	if (!read_file(path, number, sizeof number))
		return 0;
	long parts[2] = {0, 0};
	int part = 0;
	for (char *digit = number; *digit && *digit != '\n'; digit++) {
		if (*digit == ':' && part == 0)
			part = 1;
		else
			parts[part] = parts[part] * 10 + *digit - '0';
	}
	node(nodes, name, BLOCK, parts[0], parts[1]);
	join(path, sizeof path, nodes, "/", name);
	long fd = call(OPEN, (long)path, 0, 0, 0, 0, 0);
	if (FAILED(fd))
		return 0;
	call(LSEEK, fd, 1024, 0, 0, 0, 0);
	long count = call(READ, fd, (long)superblock, sizeof superblock, 0, 0, 0);
	call(CLOSE, fd, 0, 0, 0, 0, 0);
	if (count != sizeof superblock || superblock[56] != 0x53 || (unsigned char)superblock[57] != 0xEF)
		return 0;
	if (!is_named(root, name))
		return 0;
	join(device, sizeof device, path, "", "");
	return 1;
}

/* Looks at every disk, and at the partitions, which are directories in its own. */
static int find(const char *root, const char *directory, const char *parent)
{
	char entries[2048];
	long fd = call(OPEN, (long)directory, 0x10000 /* O_DIRECTORY */, 0, 0, 0, 0);
	if (FAILED(fd))
		return 0;
	int found = 0;
	long count;
	while (!found && (count = call(GETDENTS64, fd, (long)entries, sizeof entries, 0, 0, 0)) > 0) {
		/* struct linux_dirent64: the record's length at 16, the name at 19 */
		for (long at = 0; !found && at < count; at += *(unsigned short *)(entries + at + 16)) {
			const char *name = entries + at + 19;
			char path[160];
			if (*name == '.' || !starts(name, parent))
				continue;
			join(path, sizeof path, directory, "/", name);
			found = is_root(root, path, name);
			if (!found && !*parent)
				found = find(root, path, name);
		}
	}
	call(CLOSE, fd, 0, 0, 0, 0, 0);
	return found;
}

/* By its features, as a driver refuses what it does not know, and older kernels have no ext4. */
static long mount_root(void)
{
	unsigned compatible = *(unsigned *)(superblock + 92);
	unsigned incompatible = *(unsigned *)(superblock + 96);
	unsigned read_only = *(unsigned *)(superblock + 100);
	const char *types[3] = {"ext4", "ext3", "ext2"};
	/* HAS_JOURNAL; any but FILETYPE, RECOVER, META_BG; any but SPARSE_SUPER, LARGE_FILE, BTREE_DIR */
	int first = incompatible & ~0x16 || read_only & ~0x7 ? 0 : compatible & 0x4 ? 1 : 2;
	long result = 0;
	for (int i = 0; i < 3; i++) {
		const char *type = types[(first + 2 * i) % 3];
		result = call(MOUNT, (long)device, (long)"/sysroot", (long)type, READ_ONLY, 0, 0);
		if (!FAILED(result))
			break;
	}
	return result;
}

static void fill_dev(void)
{
	static const struct { const char *name; char major, minor; } characters[] = {
		{"console", 5, 1}, {"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9},
		{"tty", 5, 0}, {"ptmx", 5, 2}, {"systty", 4, 0},
	};
	char name[8];
	call(MOUNT, (long)"tmpfs", (long)"/sysroot/dev", (long)"tmpfs", 0, (long)"mode=0755", 0);
	for (unsigned i = 0; i < sizeof characters / sizeof *characters; i++)
		node("/sysroot/dev", characters[i].name, CHARACTER, characters[i].major, characters[i].minor);
	for (int i = 0; i <= 12; i++) {
		char digits[3] = {i < 10 ? '0' + i : '1', i < 10 ? 0 : '0' + i - 10, 0};
		join(name, sizeof name, "tty", digits, "");
		node("/sysroot/dev", name, CHARACTER, 4, i);
	}
	for (int i = 0; i < 4; i++) {
		char digit[2] = {'0' + i, 0};
		join(name, sizeof name, "ttyS", digit, "");
		node("/sysroot/dev", name, CHARACTER, 4, 64 + i);
	}
	call(MKDIR, (long)"/sysroot/dev/pts", 0755, 0, 0, 0, 0);
	call(MKDIR, (long)"/sysroot/dev/shm", 0755, 0, 0, 0, 0);
	call(MKDIR, (long)"/sysroot/dev/mapper", 0755, 0, 0, 0, 0);
	call(MOUNT, (long)"devpts", (long)"/sysroot/dev/pts", (long)"devpts", 0, (long)"gid=5,mode=620", 0);
}

static void stop(void)
{
	for (;;)
		call(PAUSE, 0, 0, 0, 0, 0, 0);
}

__attribute__((used)) void cmain(long *stack)
{
	char **arguments = (char **)(stack + 1);
	char **environment = arguments + stack[0] + 1;
	call(MKDIR, (long)"/proc", 0755, 0, 0, 0, 0);
	call(MKDIR, (long)"/sys", 0755, 0, 0, 0, 0);
	call(MKDIR, (long)"/dev", 0755, 0, 0, 0, 0);
	call(MKDIR, (long)"/sysroot", 0755, 0, 0, 0, 0);
	call(MOUNT, (long)"/proc", (long)"/proc", (long)"proc", 0, 0, 0);
	call(MOUNT, (long)"/sys", (long)"/sys", (long)"sysfs", 0, 0, 0);
	load_all("/voyageur/modules");

	long length = read_file("/proc/cmdline", command_line, sizeof command_line);
	for (long at = 0; at < length; at++)
		if (command_line[at] == ' ' || command_line[at] == '\n')
			command_line[at] = 0;
	const char *root = told("root=", length);
	if (!root)
		root = "";
	const long pause[2] = {0, EACH};
	int found = 0;
	for (int i = 0; i < TRIES && !found; i++) {
		found = find(root, "/sys/block", "");
		if (!found)
			call(NANOSLEEP, (long)pause, 0, 0, 0, 0, 0);
	}
	if (!found) {
		say("voyageur: could not find filesystem '");
		say(root);
		say("'\n");
		stop();
	}
	long error = mount_root();
	if (FAILED(error)) {
		complain("mount", device, error);
		stop();
	}
	fill_dev();
	nodes = "/sysroot/dev";
	find("", "/sys/block", "");
	call(MOUNT, (long)"/proc", (long)"/sysroot/proc", 0, MOVE, 0, 0);
	call(MOUNT, (long)"/sys", (long)"/sysroot/sys", 0, MOVE, 0, 0);
	call(CHDIR, (long)"/sysroot", 0, 0, 0, 0, 0);
	call(MOUNT, (long)".", (long)"/", 0, MOVE, 0, 0);
	call(CHROOT, (long)".", 0, 0, 0, 0, 0);
	call(CHDIR, (long)"/", 0, 0, 0, 0, 0);

	const char *told_init = told("init=", length);
	const char *programs[4] = {told_init ? told_init : "/sbin/init", "/etc/init", "/bin/init", "/bin/sh"};
	for (int i = 0; i < 4; i++) {
		arguments[0] = (char *)programs[i];
		error = call(EXECVE, (long)programs[i], (long)arguments, (long)environment, 0, 0, 0);
		complain("start", programs[i], error);
	}
	stop();
}
