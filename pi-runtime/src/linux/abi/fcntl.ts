/** include/uapi/asm-generic/fcntl.h: the same on x86-64 and arm64. */
export const openFlags = Object.freeze({
	O_RDONLY: 0,
	O_WRONLY: 0o1,
	O_RDWR: 0o2,
	O_NONBLOCK: 0o4000,
	O_CLOEXEC: 0o2000000,
});
