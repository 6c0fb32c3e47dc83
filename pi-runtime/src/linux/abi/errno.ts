/** include/uapi/asm-generic/errno-base.h and errno.h: the same on x86-64 and arm64. Only those that this folder knows. */
export const errno = Object.freeze({
	EPERM: 1,
	ENOENT: 2,
	EINTR: 4,
	EIO: 5,
	ENXIO: 6,
	EBADF: 9,
	EAGAIN: 11,
	EACCES: 13,
	EFAULT: 14,
	EBUSY: 16,
	ENODEV: 19,
	EINVAL: 22,
	ENOTTY: 25,
	EMSGSIZE: 90,
	EOPNOTSUPP: 95,
	ETIMEDOUT: 110,
	EREMOTEIO: 121,
});

export type ErrnoName = keyof typeof errno;

/** `EACCES`, or `errno 7` for a number that is not in the table. */
export function errnoName(number: number): string {
	for (const [name, value] of Object.entries(errno)) if (value === number) return name;
	return `errno ${number}`;
}
