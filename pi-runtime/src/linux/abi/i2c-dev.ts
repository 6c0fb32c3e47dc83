/*
	I2C device files: include/uapi/linux/i2c-dev.h and i2c.h, on a 64-bit kernel.
	https://docs.kernel.org/i2c/dev-interface.html
*/
import type { KernelMemory } from "../linux-system.ts";

export const I2C_RDWR = 0x0707;
/** i2c_msg.flags: read, from the part to us. */
export const I2C_M_RD = 0x0001;
/** I2C_RDWR_IOCTL_MAX_MSGS */
export const messagesMaximum = 42;
/** i2cdev_ioctl_rdwr in drivers/i2c/i2c-dev.c answers EINVAL to longer messages. */
export const messageBytesMaximum = 8_192;

/** `struct i2c_msg` */
export const messageLayout = Object.freeze({ size: 16, addr: 0, flags: 2, len: 4, buf: 8 });
/** `struct i2c_rdwr_ioctl_data` */
export const transferLayout = Object.freeze({ size: 16, msgs: 0, nmsgs: 8 });

/** One message of a transaction. Each begins with a START; the last one ends with a STOP. */
export interface I2CMessage {
	readonly address: number;
	/** Bytes to send, or room for the bytes to come. */
	readonly bytes: Uint8Array;
	readonly read: boolean;
}

/** The argument of `I2C_RDWR`. */
export function encodeTransaction(messages: readonly I2CMessage[]): KernelMemory {
	const array = new Uint8Array(messages.length * messageLayout.size);
	const view = new DataView(array.buffer);
	const pointers = messages.map(({ address, bytes, read }, index) => {
		const at = index * messageLayout.size;
		view.setUint16(at + messageLayout.addr, address, true);
		view.setUint16(at + messageLayout.flags, read ? I2C_M_RD : 0, true);
		view.setUint16(at + messageLayout.len, bytes.length, true);
		return { offset: at + messageLayout.buf, target: { bytes } };
	});
	const transfer = new Uint8Array(transferLayout.size);
	new DataView(transfer.buffer).setUint32(transferLayout.nmsgs, messages.length, true);
	return { bytes: transfer, pointers: [{ offset: transferLayout.msgs, target: { bytes: array, pointers } }] };
}
